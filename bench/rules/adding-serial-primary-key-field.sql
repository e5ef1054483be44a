--- defect: a key of columns that are NOT NULL
ALTER TABLE loans ADD PRIMARY KEY (id);
--- defect: with a name, on columns that may be NULL
ALTER TABLE loans ADD CONSTRAINT loans_pkey PRIMARY KEY (reader_id, code);
--- defect: a new column that is the key
ALTER TABLE loans ADD COLUMN key bigserial PRIMARY KEY;
--- defect: an identity column that is the key
ALTER TABLE loans ADD COLUMN key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;
--- defect: the key of another column
ALTER TABLE readers DROP CONSTRAINT readers_pkey CASCADE, ADD CONSTRAINT readers_pkey PRIMARY KEY (card);
--- twin: from an index that is there
ALTER TABLE loans ADD CONSTRAINT loans_pkey PRIMARY KEY USING INDEX idx_loans_id;
--- twin: in CREATE TABLE
CREATE TABLE IF NOT EXISTS clerks (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
--- twin: on a table of the same file
CREATE TABLE IF NOT EXISTS clerks (id bigint NOT NULL);
ALTER TABLE clerks ADD CONSTRAINT clerks_pkey PRIMARY KEY (id);
--- twin: a full name
CREATE TABLE IF NOT EXISTS public.clerks (id bigint NOT NULL);
ALTER TABLE ONLY public.clerks ADD CONSTRAINT clerks_pkey PRIMARY KEY (id);
--- twin: renamed
ALTER INDEX readers_pkey RENAME TO readers_key;
