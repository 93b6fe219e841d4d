{ echo FROM base; printf 'ENV a='; head -c 65600 /dev/zero | tr '\0' x; echo; } >Dockerfile
