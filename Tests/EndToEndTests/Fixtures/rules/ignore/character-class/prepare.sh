for f in a1 a2 b1; do echo $f >$f; done; printf '%s\n' 'a[0-1]' 'b?' Dockerfile .dockerignore >.dockerignore
