SELECT 'operator class' AS kind,
  o.opcnamespace::pg_catalog.regnamespace || '.' || pg_catalog.quote_ident(o.opcname) || ' using ' || m.amname AS name,
  o.tableoid AS class, o.oid, o.opcnamespace AS namespace,
  f.opfnamespace::pg_catalog.regnamespace || '.' || pg_catalog.quote_ident(f.opfname) AS family,
  pg_catalog.format_type(o.opcintype, NULL) AS type,
  nullif(pg_catalog.format_type(o.opckeytype, NULL), '-') AS storage,
  o.opcdefault AS is_default,
  o.opcowner::pg_catalog.regrole::pg_catalog.text AS owner
FROM pg_catalog.pg_opclass AS o
JOIN pg_catalog.pg_opfamily AS f ON f.oid = o.opcfamily
JOIN pg_catalog.pg_am AS m ON m.oid = o.opcmethod
WHERE o.oid >= 16384
