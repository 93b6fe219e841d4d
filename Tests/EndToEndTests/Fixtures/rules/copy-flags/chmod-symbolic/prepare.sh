mkdir -p tree/sub; echo f >tree/f; echo x >tree/x; chmod 600 tree/f; chmod 711 tree/x; chmod 700 tree/sub
