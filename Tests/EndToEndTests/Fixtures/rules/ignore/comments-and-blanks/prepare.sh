for f in a b '#c' d '!e' ' f'; do echo "$f" >"$f"; done
printf '%s\n' '# a' '   ' '  b  ' ' #c' '\!e' 'Dockerfile' '.dockerignore' >.dockerignore
