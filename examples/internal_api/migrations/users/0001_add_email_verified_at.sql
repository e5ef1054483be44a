-- seltzer: lock-timeout = 5s

ALTER TABLE users ADD COLUMN IF NOT EXISTS email_verified_at TIMESTAMPTZ;

COMMENT ON COLUMN users.email_verified_at IS 'When the user proved to own the address; NULL until then.';
