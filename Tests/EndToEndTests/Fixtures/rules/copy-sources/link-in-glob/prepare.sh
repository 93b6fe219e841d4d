mkdir d; echo x >d/x; echo f >f; ln -s f l1; ln -s d l2
