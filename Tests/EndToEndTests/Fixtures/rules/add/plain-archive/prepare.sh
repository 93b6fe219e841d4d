mkdir s; echo f >s/f; ln -s f s/l; tar -C s -cf a.tar .; rm -r s
