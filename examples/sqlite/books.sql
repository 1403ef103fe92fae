-- A small database to look at.
CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born INTEGER);
CREATE TABLE book (id INTEGER PRIMARY KEY, author INTEGER REFERENCES author, title TEXT NOT NULL, year INTEGER);
INSERT INTO author VALUES (1, 'Mary Shelley', 1797), (2, 'Jules Verne', 1828), (3, 'Stanisław Lem', 1921), (4, 'Murasaki Shikibu', NULL);
INSERT INTO book (author, title, year) VALUES
	(1, 'Frankenstein', 1818), (1, 'The Last Man', 1826),
	(2, 'Vingt mille lieues sous les mers', 1870), (2, 'L''Île mystérieuse', 1875),
	(3, 'Solaris', 1961), (3, 'Cyberiada', 1965), (4, 'Genji monogatari', 1008);
CREATE VIEW shelf AS SELECT title, name AS author, year FROM book JOIN author ON author.id = book.author ORDER BY year;
