echo f >f; tar -cf a1.tar f; echo text >a2; rm f
