SELECT 'cast' AS kind,
  pg_catalog.format_type(c.castsource, NULL) || ' as ' || pg_catalog.format_type(c.casttarget, NULL) AS name,
  c.tableoid AS class, c.oid,
  c.castfunc::pg_catalog.regprocedure::pg_catalog.text AS function,
  CASE c.castcontext WHEN 'e' THEN 'explicit' WHEN 'a' THEN 'assignment' ELSE 'implicit' END AS context,
  CASE c.castmethod WHEN 'f' THEN 'function' WHEN 'i' THEN 'input and output' ELSE 'binary' END AS method
FROM pg_catalog.pg_cast AS c
WHERE c.oid >= 16384
