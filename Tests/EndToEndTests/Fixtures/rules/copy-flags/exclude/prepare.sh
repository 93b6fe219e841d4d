mkdir -p tree/sub; for f in a.txt a.log sub/b.log sub/drop sub/keep; do echo $f >tree/$f; done
