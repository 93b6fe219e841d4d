mkdir d; echo f >f; tar --mtime=@0 --owner=0 --group=0 --numeric-owner --format=ustar -cf d/a.tar f
