mkdir -p tree/sub; for f in a keep sub/b; do echo $f >tree/$f; done
