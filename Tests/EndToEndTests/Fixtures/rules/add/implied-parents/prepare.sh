mkdir -p s/a/b; echo f >s/a/b/f; chmod 0700 s/a; tar -C s -cf a.tar a/b/f; rm -r s
