SELECT 'operator family' AS kind,
  f.opfnamespace::pg_catalog.regnamespace || '.' || pg_catalog.quote_ident(f.opfname) || ' using ' || m.amname AS name,
  f.tableoid AS class, f.oid, f.opfnamespace AS namespace,
  f.opfowner::pg_catalog.regrole::pg_catalog.text AS owner
FROM pg_catalog.pg_opfamily AS f
JOIN pg_catalog.pg_am AS m ON m.oid = f.opfmethod
WHERE f.oid >= 16384
