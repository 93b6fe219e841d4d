echo f >f; python3 -c 'import os; os.setxattr("f", "user.note", b"x"); os.setxattr("f", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))'
