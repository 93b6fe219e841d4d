printf 'FROM base\nENV a=1' >Dockerfile
