for f in a b; do echo $f >$f; done
printf 'a\n' >.dockerignore; printf '%s\n' b Dockerfile Dockerfile.dockerignore .dockerignore >Dockerfile.dockerignore
