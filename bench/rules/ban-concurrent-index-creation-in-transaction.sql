--- defect: between BEGIN and COMMIT
BEGIN;
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_loans_code ON loans (code);
COMMIT;
--- defect: unique, behind another statement
BEGIN;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_loans_code ON loans (code);
COMMIT;
--- defect: START TRANSACTION
START TRANSACTION;
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_loans_code ON loans (code);
END;
--- defect: behind COMMIT AND CHAIN
BEGIN;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
COMMIT AND CHAIN;
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_loans_code ON loans (code);
COMMIT;
--- twin: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_loans_code ON loans (code);
--- twin: behind the COMMIT
BEGIN;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
COMMIT;
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_loans_code ON loans (code);
--- twin: before the BEGIN
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_loans_code ON loans (code);
BEGIN;
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
COMMIT;
--- twin: two of them
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_loans_code ON loans (code);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_loans_due ON loans (due);
--- twin: not CONCURRENTLY
BEGIN;
CREATE INDEX IF NOT EXISTS idx_loans_code ON loans (code);
COMMIT;
