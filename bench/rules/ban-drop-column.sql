--- defect: DROP COLUMN
ALTER TABLE readers DROP COLUMN email;
--- defect: guarded
ALTER TABLE readers DROP COLUMN IF EXISTS email;
--- defect: without the word COLUMN
ALTER TABLE loans DROP fine;
--- defect: CASCADE
ALTER TABLE books DROP COLUMN IF EXISTS shelf CASCADE;
--- defect: in a block
DO $$ BEGIN
  ALTER TABLE readers DROP COLUMN IF EXISTS email;
END $$;
--- defect: dropped and made again with another type
ALTER TABLE readers DROP COLUMN IF EXISTS card;
ALTER TABLE readers ADD COLUMN card bigint;
--- twin: a column that is not there
ALTER TABLE readers DROP COLUMN IF EXISTS nickname;
--- twin: a table that is not there
ALTER TABLE IF EXISTS clerks DROP COLUMN IF EXISTS name;
--- twin: a column of the same file
ALTER TABLE readers ADD COLUMN IF NOT EXISTS draft text;
ALTER TABLE readers DROP COLUMN IF EXISTS draft;
--- twin: a table of the same file
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY, name text);
ALTER TABLE clerks DROP COLUMN IF EXISTS name;
--- twin: a default is dropped
ALTER TABLE readers ALTER COLUMN email DROP DEFAULT;
--- twin: a constraint is dropped
ALTER TABLE loans DROP CONSTRAINT IF EXISTS loans_due;
--- twin: the word in a comment
-- ALTER TABLE readers DROP COLUMN email;
COMMENT ON COLUMN readers.email IS 'ALTER TABLE readers DROP COLUMN email, one day';
