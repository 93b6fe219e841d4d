mknod null c 1 3; tar -cf null.tar null; rm null
