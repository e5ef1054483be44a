-- API keys let a program act as a user. The key itself is shown once and stored nowhere.

CREATE TABLE IF NOT EXISTS api_keys (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    key_sha256 BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    expires_at TIMESTAMPTZ,
    CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT api_keys_key_sha256_length CHECK (octet_length(key_sha256) = 32)
);

CREATE INDEX IF NOT EXISTS idx_api_keys_user_id ON api_keys (user_id);

CREATE UNIQUE INDEX IF NOT EXISTS idx_api_keys_key_sha256 ON api_keys (key_sha256);

COMMENT ON TABLE api_keys IS 'Keys with which programs act as a user.';
COMMENT ON COLUMN api_keys.id IS 'Number of the key; never used again.';
COMMENT ON COLUMN api_keys.user_id IS 'The user that the key acts as.';
COMMENT ON COLUMN api_keys.name IS 'What the user calls the key.';
COMMENT ON COLUMN api_keys.prefix IS 'The first characters of the key, for people to tell keys apart.';
COMMENT ON COLUMN api_keys.key_sha256 IS 'SHA-256 digest of the key: 32 bytes. A key has 256 random bits, so no salt is needed.';
COMMENT ON COLUMN api_keys.created_at IS 'When the key was issued.';
COMMENT ON COLUMN api_keys.expires_at IS 'When the key stops working; NULL for never.';
