--- defect: VACUUM FULL
VACUUM FULL loans;
--- defect: VACUUM FULL among options
VACUUM (ANALYZE, FULL) books;
--- defect: CLUSTER
CLUSTER loans USING idx_loans_lent;
--- defect: all tables
VACUUM FULL;
--- twin: VACUUM
VACUUM loans;
--- twin: VACUUM ANALYZE
VACUUM (ANALYZE) books;
--- twin: FULL is off
VACUUM (FULL off) books;
--- twin: the order is only noted
ALTER TABLE loans CLUSTER ON idx_loans_lent;
--- twin: a table of the same file
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
CLUSTER clerks USING clerks_pkey;
