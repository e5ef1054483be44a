--- defect: UPDATE
UPDATE readers SET email = 'a', email = 'b' WHERE id = 1;
--- defect: one of them in a row
UPDATE readers SET (email, card) = ('a', 'b'), card = 'c' WHERE id = 1;
--- defect: INSERT
INSERT INTO holidays (day, name, name) VALUES ('2030-01-01', 'a', 'b');
--- defect: ON CONFLICT
INSERT INTO holidays (day, name) VALUES ('2030-01-01', 'a') ON CONFLICT (day) DO UPDATE SET name = 'b', name = 'c';
--- defect: in quotes and without
UPDATE readers SET email = 'a', "email" = 'b' WHERE id = 1;
--- defect: in capitals
UPDATE readers SET email = 'a', EMAIL = 'b' WHERE id = 1;
--- twin: two columns
UPDATE readers SET email = 'a', card = 'b' WHERE id = 1;
--- twin: the same column on the right
UPDATE readers SET email = card, card = email WHERE id = 1;
--- twin: one column of two tables
UPDATE readers SET email = 'a' FROM loans WHERE loans.reader_id = readers.id AND loans.id = 1;
--- twin: INSERT
INSERT INTO holidays (day, name) VALUES ('2030-01-01', 'a') ON CONFLICT (day) DO UPDATE SET name = excluded.name;
