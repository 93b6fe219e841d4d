mkdir t; cd t; echo c >capable; echo n >note; chmod 755 capable
python3 -c 'import os; os.setxattr("note", "user.note", b"x"); os.setxattr("capable", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))'
tar --xattrs --xattrs-include='*' --format=pax -cf ../t.tar .; cd ..; rm -r t
