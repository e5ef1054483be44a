SELECT 'trigger' AS kind, t.tgrelid::pg_catalog.regclass::pg_catalog.text AS of, pg_catalog.quote_ident(t.tgname) AS name,
  t.tableoid AS class, t.oid, c.tableoid AS root_class, c.oid AS root, c.relnamespace AS namespace,
  pg_catalog.pg_get_triggerdef(t.oid) AS definition,
  CASE t.tgenabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' ELSE 'always' END AS enabled,
  t.tgparentid <> 0 AS of_the_parent
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
WHERE t.oid >= 16384 AND NOT t.tgisinternal
UNION ALL
-- A foreign key is enforced by triggers whose own names are random; here only where they do not stand as they were made.
SELECT 'trigger', t.tgrelid::pg_catalog.regclass::pg_catalog.text,
  pg_catalog.quote_ident(o.conname) || ' (' || t.tgfoid::pg_catalog.regproc || ')',
  t.tableoid, t.oid, c.tableoid, c.oid, c.relnamespace, '',
  CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' ELSE 'always' END, t.tgparentid <> 0
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_constraint AS o ON o.oid = t.tgconstraint
WHERE t.oid >= 16384 AND t.tgisinternal AND t.tgenabled <> 'O'
