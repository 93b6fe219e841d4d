for f in b c a; do echo $f >x-$f; done; rm Dockerfile; printf 'FROM base\nCOPY x-* /last\n' >Dockerfile
