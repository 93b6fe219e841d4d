mkdir -p s/d; for m in 0000 4755 2711 1777; do echo f >s/$m; chmod $m s/$m; touch -d '2001-02-03Z' s/$m; done; touch -h -d '1969-06-07Z' s/4755; chmod 1770 s/d; touch -d '2040-01-01Z' s/d
tar -C s --format=pax -cf a.tar d 0000 4755 2711 1777; rm -r s
