rm -f Dockerfile.dockerignore; echo Dockerfile >.dockerignore
