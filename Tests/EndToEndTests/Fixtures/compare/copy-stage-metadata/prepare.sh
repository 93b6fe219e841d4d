mkdir s; cd s
echo capable > capable; echo one > linked; ln linked linked2; ln -s linked link; mkfifo pipe; mknod null c 1 3; mknod disk b 7 0
chown 3000:4000 linked; chmod 2750 capable
python3 -c 'import os; os.setxattr("capable", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))'
mkdir -m 1777 sticky; mkdir -m 0 closed
tar --xattrs --xattrs-include='*' --format=pax -cf ../special.tar .
cd ..; rm -rf s
