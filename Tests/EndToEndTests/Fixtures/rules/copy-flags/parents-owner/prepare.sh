mkdir -p a/b; echo f >a/b/f; chmod 0700 a
