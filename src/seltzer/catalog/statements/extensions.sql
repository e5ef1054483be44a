SELECT 'extension' AS kind, pg_catalog.quote_ident(e.extname) AS name, e.tableoid AS class, e.oid,
  e.extversion AS version, e.extnamespace::pg_catalog.regnamespace::pg_catalog.text AS schema,
  e.extowner::pg_catalog.regrole::pg_catalog.text AS owner
FROM pg_catalog.pg_extension AS e
