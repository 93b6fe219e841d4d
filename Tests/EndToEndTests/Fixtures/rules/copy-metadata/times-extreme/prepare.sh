mkdir tree; for t in 1969-12-31T23:59:50Z 1970-01-01T00:00:00Z 2040-01-02T03:04:05Z; do echo $t >tree/$t; touch -d $t tree/$t; done
