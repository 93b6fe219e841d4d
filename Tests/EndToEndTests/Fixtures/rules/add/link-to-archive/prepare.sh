echo f >f; tar -cf a.tar f; rm f; ln -s a.tar link
