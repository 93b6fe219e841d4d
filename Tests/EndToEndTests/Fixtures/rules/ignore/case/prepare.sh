echo a >ab; echo A >AB; echo 'a*' >.dockerignore
