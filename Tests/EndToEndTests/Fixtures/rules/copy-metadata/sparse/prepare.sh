truncate -s 300000 sparse; printf end >>sparse
