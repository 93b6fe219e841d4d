printf 'FROM\tbase\nENV\ta=1\nLABEL\v\tb=2  \t\n' >Dockerfile
