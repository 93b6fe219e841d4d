mkdir d e; echo x >d/x; echo y >e/y; echo f >f
