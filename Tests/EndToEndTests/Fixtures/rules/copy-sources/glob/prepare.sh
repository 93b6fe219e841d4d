for f in a b .h ab; do echo $f >$f.txt; done
