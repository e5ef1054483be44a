--- defect: BEGIN
BEGIN;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
--- defect: START TRANSACTION
START TRANSACTION;
ALTER TABLE readers ADD COLUMN IF NOT EXISTS phone text;
--- defect: the second one
BEGIN;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
COMMIT;
BEGIN;
CREATE TABLE IF NOT EXISTS shifts (id bigint PRIMARY KEY);
--- defect: the chain goes on
BEGIN;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
COMMIT AND CHAIN;
CREATE TABLE IF NOT EXISTS shifts (id bigint PRIMARY KEY);
--- defect: only a savepoint is released
BEGIN;
SAVEPOINT one;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
RELEASE SAVEPOINT one;
--- defect: only back to a savepoint
BEGIN;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
SAVEPOINT one;
CREATE TABLE IF NOT EXISTS shifts (id bigint PRIMARY KEY);
ROLLBACK TO one;
--- twin: COMMIT
BEGIN;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
COMMIT;
--- twin: END
BEGIN;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
END;
--- twin: none
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
--- twin: two blocks
BEGIN;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
COMMIT;
START TRANSACTION;
CREATE TABLE IF NOT EXISTS shifts (id bigint PRIMARY KEY);
END TRANSACTION;
--- twin: a block is no transaction
DO $$ BEGIN
  PERFORM 1;
END $$;
