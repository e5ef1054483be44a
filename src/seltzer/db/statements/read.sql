-- What a start asks, in one statement that is no error whatever it meets: no table, no privilege, or the rows.
-- A plain SELECT on the table would be an error in the first two cases; ts_stat runs the text that it is given only
-- when the CASE gets there, and returns the words of its documents as rows.
SELECT s.status, s.recovery, s.readonly, s.note, w.word
FROM (
  SELECT
    CASE
      WHEN n.oid IS NULL THEN 'absent'
      WHEN NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE') THEN 'no usage'
      WHEN c.oid IS NULL THEN 'absent'
      WHEN NOT pg_catalog.has_table_privilege(c.oid, 'SELECT') THEN 'no select'
      ELSE 'present'
    END AS status,
    pg_catalog.pg_is_in_recovery() AS recovery,
    pg_catalog.current_setting('transaction_read_only') AS readonly,
    pg_catalog.obj_description(c.oid, 'pg_class') AS note
  FROM (VALUES (1)) AS one (one)
  LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = {schema}
  LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = {table}
) AS s
LEFT JOIN LATERAL pg_catalog.ts_stat(
  CASE s.status WHEN 'present' THEN {rows} ELSE 'SELECT NULL::pg_catalog.tsvector WHERE false' END
) AS w ON true
