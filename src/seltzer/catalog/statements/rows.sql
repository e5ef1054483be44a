-- Values in the order of the columns' names, not of the columns. Partitioned and foreign tables have no rows of their own;
-- a materialized view that was never filled cannot be read. What is generated virtually is computed of the rest.
-- Large objects are rows of the server's own; what is in them only a superuser reads.
-- `ts_stat` runs a text that another query has made, on every server; it gives back the one word that the text makes.
SELECT c.oid::pg_catalog.regclass::pg_catalog.text, w.word
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL pg_catalog.ts_stat(pg_catalog.format(
  'SELECT pg_catalog.array_to_tsvector(ARRAY[pg_catalog.count(*) || '' '' || coalesce(pg_catalog.sum('
  'pg_catalog.hashtextextended((ROW(%s)::pg_catalog.text) COLLATE "C", 0)::pg_catalog.numeric), 0)]) FROM ONLY %s',
  (SELECT pg_catalog.string_agg('t.' || pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attname COLLATE "C")
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> 'v'),
  c.oid::pg_catalog.regclass || ' AS t')) AS w
WHERE c.oid >= 16384 AND c.relkind IN ('r', 'm') AND c.relispopulated
  AND n.nspname !~ '^pg_(temp|toast)' AND n.nspname <> ALL (%(without)s)
UNION ALL
SELECT 'pg_largeobject_metadata', pg_catalog.count(*) || ' ' || pg_catalog.sum(o.oid::pg_catalog.int8)
FROM pg_catalog.pg_largeobject_metadata AS o HAVING pg_catalog.count(*) > 0
