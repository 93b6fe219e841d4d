mkdir d; echo f >d/f; ln -s d link; printf '%s\n' 'link/f' 'd' Dockerfile .dockerignore >.dockerignore
