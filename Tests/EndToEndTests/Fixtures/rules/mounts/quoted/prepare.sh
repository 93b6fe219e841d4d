echo comma >a,b
