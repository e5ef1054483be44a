--- defect: CREATE INDEX
CREATE INDEX idx_loans_reader_id ON loans (reader_id);
--- defect: guarded
CREATE INDEX IF NOT EXISTS idx_loans_reader_id ON loans (reader_id);
--- defect: unique
CREATE UNIQUE INDEX idx_loans_code ON loans (code);
--- defect: without a name
CREATE INDEX ON loans (due);
--- defect: an expression
CREATE INDEX idx_readers_lower_email ON readers (lower(email));
--- defect: partial
CREATE INDEX idx_loans_fine ON loans (fine) WHERE fine > 0;
--- defect: another method
CREATE INDEX idx_loans_day ON loans USING brin (lent);
--- defect: all partitions
CREATE INDEX idx_visits_reader_id ON visits (reader_id);
--- defect: behind a new table
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
CREATE INDEX IF NOT EXISTS idx_loans_reader_id ON loans (reader_id);
--- defect: the name of a new table in another schema
CREATE SCHEMA IF NOT EXISTS archive;
CREATE TABLE IF NOT EXISTS archive.loans (id bigint PRIMARY KEY, code text);
CREATE INDEX IF NOT EXISTS idx_loans_code ON public.loans (code);
--- defect: a table that is there already is not made
CREATE TABLE IF NOT EXISTS loans (id integer NOT NULL, code text);
CREATE INDEX IF NOT EXISTS idx_loans_code ON loans (code);
--- twin: CONCURRENTLY
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_loans_reader_id ON loans (reader_id);
--- twin: unique, CONCURRENTLY
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_loans_code ON loans (code);
--- twin: on a table of the same file
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY, badge text);
CREATE INDEX IF NOT EXISTS idx_clerks_badge ON clerks (badge);
--- twin: on a table of the same file, under its full name
CREATE TABLE clerks (id bigint PRIMARY KEY, badge text);
CREATE INDEX idx_clerks_badge ON public.clerks (badge);
--- twin: on a table made of a query
CREATE TABLE IF NOT EXISTS late AS SELECT id, due FROM loans WHERE fine > 0;
CREATE INDEX IF NOT EXISTS idx_late_due ON late (due);
--- twin: on a materialized view of the same file
CREATE MATERIALIZED VIEW IF NOT EXISTS busy AS SELECT reader_id, count(*) AS loans FROM loans GROUP BY reader_id;
CREATE UNIQUE INDEX IF NOT EXISTS idx_busy_reader_id ON busy (reader_id);
--- twin: on a partitioned table alone, whose partitions come one by one
CREATE INDEX IF NOT EXISTS idx_visits_gate ON ONLY visits (gate);
--- twin: a temporary table
CREATE TEMPORARY TABLE picked (id bigint);
CREATE INDEX idx_picked_id ON picked (id);
--- twin: an index that is there already is not built
CREATE INDEX IF NOT EXISTS idx_loans_lent ON loans (lent);
--- twin: a table that was made in the same file and renamed
CREATE TABLE clerks_new (id bigint PRIMARY KEY, badge text);
ALTER TABLE clerks_new RENAME TO clerks;
CREATE INDEX idx_clerks_badge ON clerks (badge);
