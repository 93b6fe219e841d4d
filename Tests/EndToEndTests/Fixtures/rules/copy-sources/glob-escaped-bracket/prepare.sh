echo bracket >'[x]'; echo x >x
