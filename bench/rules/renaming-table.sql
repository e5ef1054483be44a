--- defect: RENAME TO
ALTER TABLE holidays RENAME TO closed_days;
--- defect: IF EXISTS, with its schema
ALTER TABLE IF EXISTS public.readers RENAME TO members;
--- defect: another takes its name
ALTER TABLE holidays RENAME TO closed_days;
CREATE TABLE holidays (id bigint PRIMARY KEY);
--- defect: another schema
CREATE SCHEMA IF NOT EXISTS archive;
ALTER TABLE holidays SET SCHEMA archive;
--- defect: a view
ALTER VIEW shelved_books RENAME TO books_on_shelves;
--- twin: a view takes its place
ALTER TABLE holidays RENAME TO closed_days;
CREATE VIEW holidays AS SELECT day, name FROM closed_days;
--- twin: a table of the same file
CREATE TABLE IF NOT EXISTS clerks_new (id bigint PRIMARY KEY);
ALTER TABLE clerks_new RENAME TO clerks;
--- twin: not there
ALTER TABLE IF EXISTS clerks RENAME TO people;
--- twin: an index
ALTER INDEX IF EXISTS idx_loans_lent RENAME TO idx_loans_by_lent;
--- twin: a sequence that no client calls
ALTER SEQUENCE books_id_seq RENAME TO books_numbers;
--- twin: there and back
ALTER TABLE holidays RENAME TO closed_days;
ALTER TABLE closed_days RENAME TO holidays;
