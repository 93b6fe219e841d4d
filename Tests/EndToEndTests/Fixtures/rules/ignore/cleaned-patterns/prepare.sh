mkdir -p a/b c; for f in a/b/f a/g c/h; do echo $f >$f; done
printf '%s\n' './a/../a/b/' '/c' Dockerfile .dockerignore >.dockerignore
