echo odd >--chown=1:2
