-- Users are the people of an organisation.

CREATE TABLE IF NOT EXISTS users (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id BIGINT NOT NULL,
    email TEXT NOT NULL,
    full_name TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    deactivated_at TIMESTAMPTZ,
    CONSTRAINT users_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations (id),
    CONSTRAINT users_email_format CHECK (email LIKE '%_@_%')
);

CREATE INDEX IF NOT EXISTS idx_users_organisation_id ON users (organisation_id);

-- Two spellings of one address are one user.
CREATE UNIQUE INDEX IF NOT EXISTS idx_users_email ON users (lower(email));

COMMENT ON TABLE users IS 'People, each in exactly one organisation. Rows are deactivated rather than deleted.';
COMMENT ON COLUMN users.id IS 'Number of the user; never used again.';
COMMENT ON COLUMN users.organisation_id IS 'The organisation that the user belongs to.';
COMMENT ON COLUMN users.email IS 'E-mail address; unique in any spelling of upper and lower case.';
COMMENT ON COLUMN users.full_name IS 'The name that other people see.';
COMMENT ON COLUMN users.created_at IS 'When the user was created.';
COMMENT ON COLUMN users.updated_at IS 'When the row was last changed; kept by the trigger set_users_updated_at.';
COMMENT ON COLUMN users.deactivated_at IS 'When the user was deactivated; NULL while active.';
