mkdir tree; mkfifo -m 0640 tree/pipe pipe
