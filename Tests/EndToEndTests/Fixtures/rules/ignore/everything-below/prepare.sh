mkdir -p x/y z; echo 1 >x/f; echo 2 >x/y/f; echo 3 >z/f
printf '%s\n' 'x/**' Dockerfile .dockerignore >.dockerignore
