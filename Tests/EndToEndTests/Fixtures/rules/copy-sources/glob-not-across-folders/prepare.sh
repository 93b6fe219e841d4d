mkdir -p d/sub e; echo x >d/x; echo y >d/sub/y; echo ex >e/x; mkdir d/sub2; echo y2 >d/sub2/z
