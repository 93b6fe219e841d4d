{ echo FROM base; echo 'RUN echo start \'; for n in 1 2; do head -c 40000 /dev/zero | tr '\0' "$n"; echo ' \'; done; echo '| wc -c >/length'; } >Dockerfile
