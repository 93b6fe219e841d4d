mkdir -p a/empty a/kept b; echo f >a/kept/f; printf '%s\n' a '!a/kept/f' '!b' Dockerfile .dockerignore >.dockerignore
