echo f >f; ln -s f link
