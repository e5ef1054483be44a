--- defect: DROP TABLE
DROP TABLE holidays;
--- defect: guarded
DROP TABLE IF EXISTS answers;
--- defect: CASCADE
DROP TABLE IF EXISTS readers CASCADE;
--- defect: two at once, one of which was there
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
DROP TABLE IF EXISTS clerks, holidays;
--- defect: under its full name
DROP TABLE IF EXISTS public.holidays;
--- defect: in a block
DO $$ BEGIN
  EXECUTE 'DROP TABLE IF EXISTS holidays';
END $$;
--- defect: a partition, whose rows are asked for by its own name
DROP TABLE IF EXISTS visits_2024;
--- twin: not there
DROP TABLE IF EXISTS clerks;
--- twin: of the same file
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
DROP TABLE IF EXISTS clerks;
--- twin: temporary
CREATE TEMPORARY TABLE picked AS SELECT id FROM loans;
DROP TABLE picked;
--- debatable: dropped and made again as it was, without its rows
DROP TABLE IF EXISTS holidays;
CREATE TABLE IF NOT EXISTS holidays (day date PRIMARY KEY, name text);
--- twin: an index
DROP INDEX IF EXISTS idx_loans_lent;
--- twin: a view takes its place
ALTER TABLE holidays RENAME TO closed_days;
CREATE VIEW holidays AS SELECT day, name FROM closed_days;
--- twin: a working copy under another name
CREATE TABLE IF NOT EXISTS holidays_copy AS SELECT * FROM holidays;
DROP TABLE IF EXISTS holidays_copy;
