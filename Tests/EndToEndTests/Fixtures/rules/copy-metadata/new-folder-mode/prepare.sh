mkdir -p tree/sub; echo f >tree/sub/f; chmod 0700 tree tree/sub
