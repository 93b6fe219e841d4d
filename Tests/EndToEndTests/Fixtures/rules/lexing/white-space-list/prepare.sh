printf 'FROM base\nCOPY  f \t g\v /to/\nEXPOSE 1  2\t3\n' >Dockerfile
echo f >f; echo g >g
