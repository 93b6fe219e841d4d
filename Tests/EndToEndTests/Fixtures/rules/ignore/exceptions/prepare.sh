mkdir -p a/b e; for f in a/one a/b/two a/b/three e/f top; do echo $f >$f; done
printf '%s\n' '*' '!a/b' 'a/b/three' '! top' >.dockerignore
