printf 'FROM base\r\nENV a=1\r\nRUN printf "%%s." one \\\r\n  two >/seen\r\n' >Dockerfile
