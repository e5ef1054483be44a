--- defect: ADD CONSTRAINT
ALTER TABLE loans ADD CONSTRAINT loans_code_key UNIQUE (code);
--- defect: without a name, two columns
ALTER TABLE loans ADD UNIQUE (id, code);
--- defect: a new column that is unique
ALTER TABLE books ADD COLUMN barcode text UNIQUE;
--- defect: a new column with a named constraint
ALTER TABLE books ADD COLUMN barcode text CONSTRAINT books_barcode_key UNIQUE;
--- defect: NULLs are equal
ALTER TABLE readers ADD CONSTRAINT readers_email_key UNIQUE NULLS NOT DISTINCT (email);
--- defect: an exclusion constraint
ALTER TABLE holidays ADD CONSTRAINT holidays_name EXCLUDE (name WITH =);
--- defect: all partitions
ALTER TABLE visits ADD CONSTRAINT visits_once UNIQUE (day, reader_id);
--- twin: from an index that is there
ALTER TABLE readers ADD CONSTRAINT readers_card_key UNIQUE USING INDEX idx_readers_card;
--- twin: in CREATE TABLE
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY, badge text UNIQUE);
--- twin: on a table of the same file
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY, badge text);
ALTER TABLE clerks ADD CONSTRAINT clerks_badge_key UNIQUE (badge);
--- twin: on a table of the same file, made without IF NOT EXISTS and with its schema
CREATE TABLE public.clerks (id bigint PRIMARY KEY, badge text);
ALTER TABLE ONLY clerks ADD CONSTRAINT clerks_badge_key UNIQUE (badge);
--- twin: a new column on a table of the same file
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
ALTER TABLE clerks ADD COLUMN IF NOT EXISTS badge text UNIQUE;
--- twin: a column without a constraint
ALTER TABLE books ADD COLUMN barcode text;
