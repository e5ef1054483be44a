SELECT 'publication table' AS kind, pg_catalog.quote_ident(p.pubname) AS of,
  r.prrelid::pg_catalog.regclass::pg_catalog.text AS name, r.tableoid AS class, r.oid, c.relnamespace AS namespace
FROM pg_catalog.pg_publication_rel AS r
JOIN pg_catalog.pg_publication AS p ON p.oid = r.prpubid
JOIN pg_catalog.pg_class AS c ON c.oid = r.prrelid
