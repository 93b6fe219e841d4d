mkdir tree
echo link > tree/link; echo pipe > tree/pipe; ln -s file tree/over; echo dangling > tree/dangling
