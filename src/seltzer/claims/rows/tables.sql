SELECT c.oid::pg_catalog.int8,
  n.nspname::pg_catalog.text,
  c.relname::pg_catalog.text,
  coalesce(pg_catalog.pg_partition_root(c.oid)::pg_catalog.oid, c.oid)::pg_catalog.int8,
  pg_catalog.pg_get_partition_constraintdef(c.oid),
  (SELECT pg_catalog.string_agg(p.prosrc, ' ')
   FROM pg_catalog.pg_trigger AS t
   JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
   WHERE t.tgrelid = c.oid AND NOT t.tgisinternal),
  c.relkind::pg_catalog.text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT n.nspname = ANY (%(without)s)
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS d
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname
