echo blank >'a b'
