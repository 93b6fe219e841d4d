CREATE DATABASE library;
\connect library
CREATE TABLE book (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title text NOT NULL,
    author text NOT NULL,
    published integer NOT NULL CHECK (published > 0)
);
CREATE INDEX book_search ON book USING gin (to_tsvector('english', title));
