echo f >f; tar -cf a.tar f; zstd -q a.tar; rm f a.tar
