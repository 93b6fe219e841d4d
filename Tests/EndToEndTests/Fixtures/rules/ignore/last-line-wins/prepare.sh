for f in a.md b.md c.md; do echo $f >$f; done
printf '%s\n' '*.md' '!b.md' '!c.md' 'c.*' Dockerfile .dockerignore >.dockerignore
