mkdir s; cd s; mknod null c 1 3; mknod disk b 7 200; mkfifo pipe; ln null null2; tar -cf ../a.tar .; cd ..; rm -r s
