for f in '!x' '#y' 'a*b' 'a-b' '\z' kept; do echo f >"$f"; done
printf '%s\n' '\!x' '\#y' 'a\*b' Dockerfile .dockerignore >.dockerignore
