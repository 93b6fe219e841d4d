mkdir -p d/sub; echo x >d/x; echo y >d/sub/y; mkdir e; echo ey >e/y; echo top >y
