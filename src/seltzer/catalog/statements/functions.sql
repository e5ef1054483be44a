-- Members of an extension, and what a range type brings along (`i`), are left out here: their definitions take time.
SELECT CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind,
  p.oid::pg_catalog.regprocedure::pg_catalog.text AS name, p.tableoid AS class, p.oid, p.pronamespace AS namespace,
  pg_catalog.pg_get_functiondef(p.oid) AS definition,
  p.proowner::pg_catalog.regrole::pg_catalog.text AS owner,
  (SELECT pg_catalog.string_agg(a::pg_catalog.text, ' ' ORDER BY a::pg_catalog.text COLLATE "C")
    FROM pg_catalog.unnest(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) AS a) AS privileges
FROM pg_catalog.pg_proc AS p
WHERE p.oid >= 16384 AND p.prokind <> 'a' AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_depend AS d
  WHERE d.classid = p.tableoid AND d.objid = p.oid AND d.objsubid = 0 AND d.deptype IN ('e', 'i'))
