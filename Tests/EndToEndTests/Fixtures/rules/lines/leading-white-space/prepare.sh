printf '  \tFROM base\n\302\240\343\200\200ENV a=1\n' >Dockerfile
