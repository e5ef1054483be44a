--- defect: SET NOT NULL
ALTER TABLE readers ALTER COLUMN email SET NOT NULL;
--- defect: without the word COLUMN
ALTER TABLE loans ALTER reader_id SET NOT NULL;
--- defect: two columns, one of them proven
ALTER TABLE loans ALTER COLUMN due SET NOT NULL, ALTER COLUMN code SET NOT NULL;
--- defect: a check that nobody proved
ALTER TABLE loans ALTER COLUMN fine SET NOT NULL;
--- defect: a constraint of 18
ALTER TABLE readers ADD CONSTRAINT readers_email_not_null NOT NULL email;
--- defect: all partitions
ALTER TABLE visits ALTER COLUMN gate SET NOT NULL;
--- twin: a check proves it
ALTER TABLE loans ALTER COLUMN due SET NOT NULL;
--- twin: NOT NULL already
ALTER TABLE readers ALTER COLUMN name SET NOT NULL;
--- twin: on a table of the same file
CREATE TABLE IF NOT EXISTS fines (id bigint PRIMARY KEY, amount numeric);
ALTER TABLE fines ALTER COLUMN amount SET NOT NULL;
--- twin: DROP NOT NULL
ALTER TABLE readers ALTER COLUMN joined DROP NOT NULL;
--- twin: a new column with a default
ALTER TABLE readers ADD COLUMN level integer NOT NULL DEFAULT 1;
--- twin: a default only
ALTER TABLE readers ALTER COLUMN email SET DEFAULT '';
--- twin: the check comes first, unproven
ALTER TABLE readers ADD CONSTRAINT readers_email CHECK (email IS NOT NULL) NOT VALID;
