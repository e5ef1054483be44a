SELECT 'index' AS kind, i.indexrelid::pg_catalog.regclass::pg_catalog.text AS name, c.tableoid AS class, c.oid,
  c.tableoid AS root_class, i.indrelid AS root, c.relnamespace AS namespace,
  i.indrelid::pg_catalog.regclass::pg_catalog.text AS table,
  pg_catalog.pg_get_indexdef(i.indexrelid) AS definition,
  i.indisvalid AS valid,
  i.indisready AS ready,
  i.indislive AS live,
  i.indisunique AS unique,
  i.indisprimary AS primary,
  i.indisclustered AS clustered,
  i.indisreplident AS replica_identity,
  CASE WHEN c.relispartition THEN (
    SELECT h.inhparent::pg_catalog.regclass::pg_catalog.text
    FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = c.oid) END AS part_of,
  (SELECT s.spcname::pg_catalog.text FROM pg_catalog.pg_tablespace AS s WHERE s.oid = c.reltablespace) AS tablespace,
  -- Only expressions can be given a target of their own.
  CASE WHEN i.indexprs IS NOT NULL THEN (
    SELECT pg_catalog.string_agg(a.attnum || ': ' || a.attstattarget, ', ' ORDER BY a.attnum)
    FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attstattarget >= 0) END AS statistics_targets
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
WHERE i.indexrelid >= 16384
