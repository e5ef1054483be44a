CREATE OR REPLACE FUNCTION pg_temp.seltzer_undone(statements pg_catalog.text[])
RETURNS TABLE (state pg_catalog.text, broken pg_catalog.text, part pg_catalog.text, said pg_catalog.text)
LANGUAGE plpgsql AS $$
DECLARE
  statement pg_catalog.text;
BEGIN
  FOREACH statement IN ARRAY statements LOOP
    state := ''; broken := ''; part := ''; said := '';
    BEGIN
      EXECUTE statement;
      SET CONSTRAINTS ALL IMMEDIATE;
      RAISE EXCEPTION USING ERRCODE = 'SZ000';
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, broken = CONSTRAINT_NAME, part = COLUMN_NAME, said = MESSAGE_TEXT;
      IF state = 'SZ000' THEN
        state := ''; said := '';
      END IF;
    END;
    RETURN NEXT;
  END LOOP;
END $$
