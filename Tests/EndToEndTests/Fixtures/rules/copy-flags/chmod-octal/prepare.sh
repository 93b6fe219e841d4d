mkdir -p tree/sub; echo f >f; echo f >tree/f; echo s >tree/sub/s; ln -s f tree/link
