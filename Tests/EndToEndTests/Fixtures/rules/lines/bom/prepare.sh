printf '\357\273\277FROM base\nENV a=1\n' >Dockerfile
