mkdir d; echo f >f; echo x >d/x; chown -R 33:34 f d
