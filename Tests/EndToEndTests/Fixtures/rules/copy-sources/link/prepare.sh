mkdir d up; echo f >f; echo x >d/x; ln -s f link; ln -s d links; ln -s /d/x absolute; ln -s ../../../f up/out
