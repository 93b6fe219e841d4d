echo f >f; tar -P --transform 's,^,/abs/,' -cf a.tar f; rm f
