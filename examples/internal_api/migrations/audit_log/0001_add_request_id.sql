-- seltzer: lock-timeout = 5s

ALTER TABLE audit_log ADD COLUMN IF NOT EXISTS request_id TEXT;

COMMENT ON COLUMN audit_log.request_id IS 'X-Request-ID of the request that made the change; NULL for changes from elsewhere.';
