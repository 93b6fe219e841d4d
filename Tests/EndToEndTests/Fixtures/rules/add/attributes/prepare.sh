mkdir s; cd s; echo c >capable; python3 -c 'import os; os.setxattr("capable", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000")); os.setxattr("capable", "user.note", b"a\x00b")'
tar --xattrs --xattrs-include='*' --format=pax -cf ../a.tar capable; cd ..; rm -r s
