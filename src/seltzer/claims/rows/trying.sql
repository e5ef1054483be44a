CREATE OR REPLACE FUNCTION pg_temp.seltzer_try(statements pg_catalog.text[])
RETURNS TABLE (made pg_catalog.int8, state pg_catalog.text, broken pg_catalog.text, said pg_catalog.text)
LANGUAGE plpgsql AS $$
DECLARE
  statement pg_catalog.text;
BEGIN
  FOREACH statement IN ARRAY statements LOOP
    made := 0; state := ''; broken := ''; said := '';
    BEGIN
      EXECUTE statement;
      GET DIAGNOSTICS made = ROW_COUNT;
      SET CONSTRAINTS ALL IMMEDIATE;
    EXCEPTION WHEN OTHERS THEN
      made := 0;
      GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, broken = CONSTRAINT_NAME, said = MESSAGE_TEXT;
    END;
    RETURN NEXT;
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION pg_temp.seltzer_ask(queries pg_catalog.text[])
RETURNS TABLE (answer pg_catalog.jsonb) LANGUAGE plpgsql AS $$
DECLARE
  query pg_catalog.text;
BEGIN
  FOREACH query IN ARRAY queries LOOP
    answer := NULL;
    BEGIN
      EXECUTE query INTO answer;
    EXCEPTION WHEN OTHERS THEN
      answer := NULL;
    END;
    RETURN NEXT;
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION pg_temp.seltzer_valid(of_type pg_catalog.text, candidates pg_catalog.text[])
RETURNS pg_catalog.jsonb LANGUAGE plpgsql AS $$
DECLARE
  candidate pg_catalog.text;
  kept pg_catalog.text[] := '{}';
BEGIN
  FOREACH candidate IN ARRAY candidates LOOP
    BEGIN
      EXECUTE pg_catalog.format('SELECT %L::%s', candidate, of_type);
      kept := kept || candidate;
    EXCEPTION WHEN OTHERS THEN
      NULL;
    END;
  END LOOP;
  RETURN pg_catalog.to_jsonb(kept);
END $$;
