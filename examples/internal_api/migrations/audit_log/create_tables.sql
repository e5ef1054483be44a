-- The audit log says who changed what and when. It holds names of columns and never their values: no address and no
-- digest outlives its row here.

CREATE TABLE IF NOT EXISTS audit_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    occurred_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    table_name TEXT NOT NULL,
    row_id BIGINT NOT NULL,
    action TEXT NOT NULL,
    changed_columns TEXT [] NOT NULL DEFAULT '{}',
    actor_user_id BIGINT,
    api_key_id BIGINT,
    CONSTRAINT audit_log_action_known CHECK (action IN ('INSERT', 'UPDATE', 'DELETE')),
    CONSTRAINT audit_log_actor_user_id_fkey FOREIGN KEY (actor_user_id) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT audit_log_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_keys (id) ON DELETE SET NULL
);

CREATE INDEX IF NOT EXISTS idx_audit_log_table_name_row_id ON audit_log (table_name, row_id);

CREATE INDEX IF NOT EXISTS idx_audit_log_actor_user_id ON audit_log (actor_user_id);

CREATE INDEX IF NOT EXISTS idx_audit_log_api_key_id ON audit_log (api_key_id);

COMMENT ON TABLE audit_log IS 'One row for each row of users and api_keys that was written; the trigger function audit_row_change fills it.';
COMMENT ON COLUMN audit_log.id IS 'Number of the entry; grows with time.';
COMMENT ON COLUMN audit_log.occurred_at IS 'When the transaction of the change began.';
COMMENT ON COLUMN audit_log.table_name IS 'The table that was written.';
COMMENT ON COLUMN audit_log.row_id IS 'The id of the row that was written; the row may be gone.';
COMMENT ON COLUMN audit_log.action IS 'INSERT, UPDATE or DELETE.';
COMMENT ON COLUMN audit_log.changed_columns IS 'The columns that an UPDATE changed, in alphabetical order; empty otherwise.';
COMMENT ON COLUMN audit_log.actor_user_id IS 'The user who made the change; NULL where nobody is known, or the user was deleted.';
COMMENT ON COLUMN audit_log.api_key_id IS 'The API key that the change was made with; NULL for none, or the key was deleted.';
