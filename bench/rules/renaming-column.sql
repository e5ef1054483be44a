--- defect: RENAME COLUMN
ALTER TABLE readers RENAME COLUMN email TO mail;
--- defect: without the word COLUMN
ALTER TABLE loans RENAME fine TO penalty;
--- defect: of a view
ALTER VIEW shelved_books RENAME COLUMN shelf TO place;
--- defect: with its schema
ALTER TABLE IF EXISTS public.books RENAME COLUMN pages TO page_count;
--- defect: two change places
ALTER TABLE books RENAME COLUMN title TO words_before;
ALTER TABLE books RENAME COLUMN shelf TO title;
ALTER TABLE books RENAME COLUMN words_before TO shelf;
--- twin: of a table of the same file
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY, name text);
ALTER TABLE clerks RENAME COLUMN name TO full_name;
--- twin: of a column of the same file
ALTER TABLE readers ADD COLUMN draft text;
ALTER TABLE readers RENAME COLUMN draft TO note;
--- twin: a table that is not there
ALTER TABLE IF EXISTS clerks RENAME COLUMN name TO full_name;
--- twin: a constraint
ALTER TABLE loans RENAME CONSTRAINT loans_due TO loans_due_known;
--- twin: a value of an enum that nobody writes is another thing, an index has no clients
ALTER INDEX idx_loans_lent RENAME TO idx_loans_by_lent;
--- twin: there and back
ALTER TABLE readers RENAME COLUMN email TO mail;
ALTER TABLE readers RENAME COLUMN mail TO email;
