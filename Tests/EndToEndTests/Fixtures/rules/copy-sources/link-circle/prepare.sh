ln -s a b; ln -s b a
