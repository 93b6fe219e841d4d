echo f >f; tar --mtime=@1000000000 -cf a.tar f; zstd -q a.tar; rm f a.tar
