\connect library
INSERT INTO book (title, author, published) VALUES
    ('The C Programming Language', 'Kernighan and Ritchie', 1978),
    ('Structure and Interpretation of Computer Programs', 'Abelson and Sussman', 1985),
    ('The Art of Computer Programming', 'Knuth', 1968);
