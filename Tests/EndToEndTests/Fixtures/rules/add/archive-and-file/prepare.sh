echo f >f; tar -cf a.tar f; echo text >text; rm f
