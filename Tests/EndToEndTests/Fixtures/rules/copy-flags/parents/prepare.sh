mkdir -p a/b; echo f >a/b/f; echo g >a/g; chmod 0711 a/b
