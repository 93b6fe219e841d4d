printf 'FROM base\nENV a=1 \\ \t \n b=2\n' >Dockerfile
