mkdir d; echo x >d/x; ln -s x d/rel; ln -s /etc/passwd d/abs; ln -s nowhere d/dangling; ln -s .. d/up; ln -s /d d/folder
