-- The function serves every table that has updated_at; the trigger here is the one of organisations.
-- seltzer: lock-timeout = 5s

CREATE OR REPLACE FUNCTION set_updated_at() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.updated_at := CURRENT_TIMESTAMP;
    RETURN NEW;
END;
$$;

COMMENT ON FUNCTION set_updated_at() IS 'Trigger function: puts the time of the transaction into updated_at.';

CREATE OR REPLACE TRIGGER set_organisations_updated_at
BEFORE UPDATE ON organisations
FOR EACH ROW EXECUTE FUNCTION set_updated_at();
