printf 'FROM base\nENV a=1\nENV b=2\nENV c=3\nENV d=4\nWRONG x' >Dockerfile
