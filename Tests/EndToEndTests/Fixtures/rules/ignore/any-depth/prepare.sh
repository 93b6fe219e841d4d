mkdir -p a/b/c d; for f in t a/t a/b/t a/b/c/t d/x; do echo $f >$f; done
printf '%s\n' '**/t' '!a/b/**' Dockerfile .dockerignore >.dockerignore
