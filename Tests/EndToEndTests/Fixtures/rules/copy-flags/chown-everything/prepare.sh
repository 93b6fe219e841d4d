mkdir -p tree/sub; echo f >tree/f; ln -s f tree/link; mkfifo tree/pipe; echo s >tree/sub/s; chmod 4755 tree/f
