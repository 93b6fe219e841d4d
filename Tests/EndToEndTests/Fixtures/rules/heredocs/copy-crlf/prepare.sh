printf 'FROM base\r\nCOPY <<EOF /f\r\none\r\ntwo\r\nEOF\r\nENV a=1\r\n' >Dockerfile
