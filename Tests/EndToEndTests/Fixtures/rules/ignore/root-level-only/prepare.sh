mkdir a; echo x >x.txt; echo x >a/x.txt; echo '*.txt' >.dockerignore; printf 'Dockerfile\n.dockerignore\n' >>.dockerignore
