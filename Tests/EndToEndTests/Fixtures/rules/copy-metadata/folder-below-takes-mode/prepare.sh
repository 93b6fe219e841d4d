mkdir -p tree/sub; chmod 0750 tree/sub
