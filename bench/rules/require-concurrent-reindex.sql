--- defect: a table
REINDEX TABLE loans;
--- defect: an index
REINDEX INDEX idx_loans_lent;
--- defect: options, of which none is CONCURRENTLY
REINDEX (VERBOSE) TABLE books;
--- defect: CONCURRENTLY is off
REINDEX (CONCURRENTLY false) TABLE books;
--- defect: a schema
REINDEX SCHEMA public;
--- twin: a table, CONCURRENTLY
REINDEX TABLE CONCURRENTLY loans;
--- twin: an index, CONCURRENTLY
REINDEX INDEX CONCURRENTLY idx_loans_lent;
--- twin: an option
REINDEX (CONCURRENTLY, VERBOSE) TABLE books;
--- twin: a table of the same file
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY, badge text UNIQUE);
REINDEX TABLE clerks;
