mkdir -p s/d; echo f >s/f; ln s/f s/hard; ln -s f s/link; tar -C s --owner=11 --group=22 -cf a.tar d f hard link; rm -r s
