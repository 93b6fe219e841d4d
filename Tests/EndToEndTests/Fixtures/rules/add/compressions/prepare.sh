echo f >f; tar -cf a.tar f; gzip -nk a.tar; bzip2 -k a.tar; xz -k a.tar; rm f a.tar
