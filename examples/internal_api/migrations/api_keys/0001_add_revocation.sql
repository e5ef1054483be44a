-- The foreign key of revoked_by comes in three steps, so that none of them scans the table under a strong lock:
-- its index (0002), the constraint for new rows (0003), the proof for old ones (0004).
-- seltzer: lock-timeout = 5s

ALTER TABLE api_keys
    ADD COLUMN IF NOT EXISTS revoked_at TIMESTAMPTZ,
    ADD COLUMN IF NOT EXISTS revoked_by BIGINT;

COMMENT ON COLUMN api_keys.revoked_at IS 'When the key was revoked; NULL while it works.';
COMMENT ON COLUMN api_keys.revoked_by IS 'The user who revoked the key; NULL while it works, or where nobody is known.';
