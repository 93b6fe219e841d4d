echo f >f; tar --mtime=@0 --owner=0 --group=0 --numeric-owner --format=ustar -cf a.tar f; rm f; echo text >text
