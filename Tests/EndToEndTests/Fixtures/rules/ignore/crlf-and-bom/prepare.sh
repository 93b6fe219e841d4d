for f in a b c; do echo $f >$f; done
printf '\357\273\277a\r\nb\r\nDockerfile\r\n.dockerignore\r\n' >.dockerignore
