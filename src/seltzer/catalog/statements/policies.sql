SELECT 'policy' AS kind, p.polrelid::pg_catalog.regclass::pg_catalog.text AS of, pg_catalog.quote_ident(p.polname) AS name,
  p.tableoid AS class, p.oid, c.tableoid AS root_class, c.oid AS root, c.relnamespace AS namespace,
  CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete'
    ELSE 'all' END AS command,
  p.polpermissive AS permissive,
  (SELECT pg_catalog.string_agg(CASE r WHEN 0 THEN 'public' ELSE r::pg_catalog.regrole::pg_catalog.text END, ', '
      ORDER BY r::pg_catalog.regrole::pg_catalog.text COLLATE "C")
    FROM pg_catalog.unnest(p.polroles) AS r) AS roles,
  pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS using,
  pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS with_check
FROM pg_catalog.pg_policy AS p
JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
