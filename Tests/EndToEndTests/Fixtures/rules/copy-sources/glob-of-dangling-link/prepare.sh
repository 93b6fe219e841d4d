ln -s nowhere l1; echo f >l2
