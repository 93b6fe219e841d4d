mkdir s; echo f >s/f; chmod 640 s/f; tar -C s -cf a.tar f; mv s/f f; rmdir s
