CREATE OR REPLACE FUNCTION pg_temp.seltzer_undone(statements pg_catalog.text[], firsts pg_catalog.text[])
RETURNS TABLE (state pg_catalog.text, broken pg_catalog.text, part pg_catalog.text, said pg_catalog.text, rows pg_catalog.int8)
LANGUAGE plpgsql AS $$
DECLARE
  at pg_catalog.int4;
BEGIN
  FOR at IN 1 .. pg_catalog.cardinality(statements) LOOP
    state := ''; broken := ''; part := ''; said := ''; rows := 0;
    BEGIN
      IF firsts[at] <> '' THEN
        EXECUTE firsts[at];
      END IF;
      EXECUTE statements[at];
      GET DIAGNOSTICS rows = ROW_COUNT;
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
