-- Alone in its file: PostgreSQL builds an index beside running writes only outside a transaction.

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_api_keys_revoked_by ON api_keys (revoked_by);
