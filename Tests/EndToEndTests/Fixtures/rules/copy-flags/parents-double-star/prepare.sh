mkdir -p src/one/two; for f in top.c src/a.c src/one/b.c src/one/b.h src/x src/one/two/x; do echo $f >$f; done
