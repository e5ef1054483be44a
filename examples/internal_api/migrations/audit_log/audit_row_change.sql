-- The service introduces itself with set_config('soda.…', …, true); a change made elsewhere has no actor.
-- seltzer: lock-timeout = 500ms

CREATE OR REPLACE FUNCTION audit_row_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    changed TEXT [] := '{}';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        changed := ARRAY(
            SELECT new_value.key
            FROM jsonb_each(to_jsonb(NEW)) AS new_value
            WHERE new_value.key <> 'updated_at'
                AND new_value.value IS DISTINCT FROM to_jsonb(OLD) -> new_value.key
            ORDER BY new_value.key
        );
        IF changed = '{}' THEN
            RETURN NULL;
        END IF;
    END IF;

    -- The actor is looked up, because the row just deleted may be the actor's own.
    INSERT INTO audit_log (table_name, row_id, action, changed_columns, actor_user_id, api_key_id, request_id)
    VALUES (
        TG_TABLE_NAME,
        CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END,
        TG_OP,
        changed,
        (SELECT id FROM users WHERE id = nullif(current_setting('soda.actor_user_id', true), '')::BIGINT),
        (SELECT id FROM api_keys WHERE id = nullif(current_setting('soda.api_key_id', true), '')::BIGINT),
        nullif(current_setting('soda.request_id', true), '')
    );
    RETURN NULL;
END;
$$;

COMMENT ON FUNCTION audit_row_change() IS 'Trigger function: writes the change of a row, of a table with the key id, into audit_log.';

CREATE OR REPLACE TRIGGER audit_users
AFTER INSERT OR UPDATE OR DELETE ON users
FOR EACH ROW EXECUTE FUNCTION audit_row_change();

CREATE OR REPLACE TRIGGER audit_api_keys
AFTER INSERT OR UPDATE OR DELETE ON api_keys
FOR EACH ROW EXECUTE FUNCTION audit_row_change();
