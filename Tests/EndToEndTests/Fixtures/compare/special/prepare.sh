mkdir s; cd s
echo capable > capable; echo keeps > keeps; echo mode > mode
for f in capable keeps; do python3 -c 'import os,sys; os.setxattr(sys.argv[1], "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))' $f; done
python3 -c 'import os; os.setxattr("mode", "user.note", b"a \x00 note")'
mknod null c 1 3; mknod loop b 7 0; mkfifo pipe; ln pipe pipe2; ln null null2
tar --xattrs --xattrs-include='*' --format=pax --sort=name -cf ../special.tar .
cd ..; rm -rf s
