echo f >f; touch -d '2001-01-01Z' f
