--- defect: a COMMIT in the middle
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
COMMIT;
CREATE TABLE IF NOT EXISTS shifts (id bigint PRIMARY KEY);
--- defect: around everything
BEGIN;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
COMMIT;
--- defect: START TRANSACTION and END
START TRANSACTION;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
END;
--- defect: two blocks
BEGIN;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
COMMIT;
BEGIN;
CREATE TABLE IF NOT EXISTS shifts (id bigint PRIMARY KEY);
COMMIT;
--- defect: COMMIT AND CHAIN
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
COMMIT AND CHAIN;
CREATE TABLE IF NOT EXISTS shifts (id bigint PRIMARY KEY);
--- defect: BEGIN twice
BEGIN;
BEGIN;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
COMMIT;
--- defect: BEGIN WORK
BEGIN WORK READ WRITE;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
COMMIT WORK;
--- defect: a ROLLBACK that takes back what was done
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
ROLLBACK;
CREATE TABLE IF NOT EXISTS shifts (id bigint PRIMARY KEY);
--- defect: ABORT
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
ABORT;
--- defect: END at the end
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
END TRANSACTION;
--- twin: none
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
CREATE TABLE IF NOT EXISTS shifts (id bigint PRIMARY KEY);
--- twin: BEGIN and END of a function
CREATE OR REPLACE FUNCTION one() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  RETURN 1;
END;
$$;
--- twin: BEGIN ATOMIC
CREATE OR REPLACE FUNCTION one() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
--- twin: a savepoint
SAVEPOINT before;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
RELEASE SAVEPOINT before;
--- twin: back to a savepoint
SAVEPOINT before;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
ROLLBACK TO SAVEPOINT before;
--- twin: in a comment and a text
-- COMMIT;
/* BEGIN; */
COMMENT ON TABLE books IS 'BEGIN; COMMIT;';
--- twin: a block
DO $$ BEGIN
  PERFORM 1;
END $$;
--- twin: the words as names
CREATE TABLE IF NOT EXISTS steps (id bigint PRIMARY KEY, "begin" timestamptz, "commit" text);
--- debatable: the other tool's commit, in a file that PostgreSQL refuses in a transaction
BEGIN;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
COMMIT;
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_loans_code ON loans (code);
