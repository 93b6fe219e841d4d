mkdir d1 d2 d1/sub; echo 1 >d1/a; echo 2 >d2/b; echo both1 >d1/both; echo both2 >d2/both; echo s >d1/sub/s; echo f >d3
