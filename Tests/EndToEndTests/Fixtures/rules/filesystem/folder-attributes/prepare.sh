mkdir -p t/d; python3 -c 'import os; os.setxattr("t/d", "user.note", b"on a folder")'; tar -C t --xattrs --xattrs-include='*' --format=pax -cf t.tar d; rm -r t
