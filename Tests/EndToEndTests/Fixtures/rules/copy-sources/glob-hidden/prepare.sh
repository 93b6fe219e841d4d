rm Dockerfile; printf 'FROM base\nCOPY f* .f* *den /all/\nCOPY *a* /found/\n' >Dockerfile
echo 1 >f1; echo 2 >.f2; echo 3 >.hidden; echo 4 >.a
