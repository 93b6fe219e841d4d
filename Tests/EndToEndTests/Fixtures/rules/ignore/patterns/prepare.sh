rm Dockerfile; printf 'FROM base\nCOPY . /all/\n' >Dockerfile
mkdir -p a/b c d/e; for f in x.txt a/x.txt a/b/x.txt keep a/keep c/x d/e/f .hidden m.o a/m.o; do echo $f >$f; done
cat >.dockerignore <<'I'
# comment
*.txt
c
**/*.o
d/*
Dockerfile
.dockerignore
I
