mkdir d; echo f >d/hidden; ln -s d/hidden l1; echo f >l2
