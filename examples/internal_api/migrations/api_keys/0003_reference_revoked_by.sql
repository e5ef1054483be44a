-- ADD CONSTRAINT has no IF NOT EXISTS: the block asks the catalog. NOT VALID leaves the scan to 0004.
-- seltzer: lock-timeout = 5s

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint
        WHERE conrelid = 'api_keys'::regclass AND conname = 'api_keys_revoked_by_fkey'
    ) THEN
        ALTER TABLE api_keys
            ADD CONSTRAINT api_keys_revoked_by_fkey FOREIGN KEY (revoked_by) REFERENCES users (id)
            ON DELETE SET NULL NOT VALID;
    END IF;
END;
$$;
