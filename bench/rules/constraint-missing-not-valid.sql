--- defect: a check
ALTER TABLE loans ADD CONSTRAINT loans_fine_positive CHECK (fine >= 0);
--- defect: a check without a name
ALTER TABLE readers ADD CHECK (visits >= 0);
--- defect: a column with a check, which reads all rows
ALTER TABLE readers ADD COLUMN debt integer DEFAULT 0 CHECK (debt >= 0);
--- defect: two in one command
ALTER TABLE books ADD CONSTRAINT books_price CHECK (price >= 0), ADD CONSTRAINT books_pages CHECK (pages > 0) NOT VALID;
--- defect: added again in the same file, now proven
ALTER TABLE loans DROP CONSTRAINT IF EXISTS loans_fine;
ALTER TABLE loans ADD CONSTRAINT loans_fine CHECK (fine IS NOT NULL);
--- defect: validated in the transaction that adds it
ALTER TABLE books ADD CONSTRAINT books_price CHECK (price >= 0) NOT VALID;
ALTER TABLE books VALIDATE CONSTRAINT books_price;
--- defect: all partitions
ALTER TABLE visits ADD CONSTRAINT visits_gate CHECK (gate > 0);
--- twin: NOT VALID
ALTER TABLE loans ADD CONSTRAINT loans_fine_positive CHECK (fine >= 0) NOT VALID;
--- twin: NOT ENFORCED, of 18
ALTER TABLE loans ADD CONSTRAINT loans_fine_positive CHECK (fine >= 0) NOT ENFORCED;
--- twin: in CREATE TABLE
CREATE TABLE IF NOT EXISTS fines (id bigint PRIMARY KEY, amount numeric CHECK (amount > 0));
--- twin: on a table of the same file
CREATE TABLE IF NOT EXISTS fines (id bigint PRIMARY KEY, amount numeric);
ALTER TABLE fines ADD CONSTRAINT fines_amount CHECK (amount > 0);
--- twin: a key from an index that is there
ALTER TABLE loans ADD CONSTRAINT loans_pkey PRIMARY KEY USING INDEX idx_loans_id;
--- twin: dropped
ALTER TABLE loans DROP CONSTRAINT loans_fine;
--- twin: renamed
ALTER TABLE loans RENAME CONSTRAINT loans_due TO loans_has_due;
--- twin: validated alone
ALTER TABLE loans VALIDATE CONSTRAINT loans_fine;
--- twin: NOT NULL without a proof, of 18
ALTER TABLE readers ADD CONSTRAINT readers_email_not_null NOT NULL email NOT VALID;
