-- In the order in which they are read: `snapshot.py` numbers them, for attnum counts dropped ones, too.
SELECT 'column' AS kind, pg_catalog.quote_ident(a.attname) AS name,
  c.tableoid AS class, c.oid, a.attnum AS sub,
  CASE WHEN c.relkind = 'c' THEN 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid ELSE c.tableoid END AS root_class,
  CASE WHEN c.relkind = 'c' THEN c.reltype ELSE c.oid END AS root,
  c.relnamespace AS namespace,
  pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
  a.attnotnull AS not_null,
  CASE WHEN a.atthasdef THEN (
    SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    FROM pg_catalog.pg_attrdef AS d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) END AS default,
  CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END AS identity,
  CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END AS generated,
  -- The default collation is what a column has when nothing is said.
  CASE WHEN a.attcollation NOT IN (0, 100) THEN a.attcollation::pg_catalog.regcollation::pg_catalog.text END AS collation,
  CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END AS storage,
  CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
  nullif(a.attstattarget, -1) AS statistics_target,
  pg_catalog.array_to_string(a.attoptions, ', ') AS options,
  pg_catalog.array_to_string(a.attfdwoptions, ', ') AS foreign_options,
  a.attislocal AS local,
  a.attinhcount AS inherited_from,
  CASE WHEN a.attacl IS NOT NULL THEN (
    SELECT pg_catalog.string_agg(i::pg_catalog.text, ' ' ORDER BY i::pg_catalog.text COLLATE "C")
    FROM pg_catalog.unnest(a.attacl) AS i) END AS privileges
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
