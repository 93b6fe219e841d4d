head -c 3000 /dev/zero >f; tar -cf a.tar f; truncate -s 2000 a.tar; rm f
