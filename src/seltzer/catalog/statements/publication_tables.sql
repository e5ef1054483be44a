SELECT 'publication table' AS kind, pg_catalog.quote_ident(p.pubname) AS of,
  r.prrelid::pg_catalog.regclass::pg_catalog.text AS name, r.tableoid AS class, r.oid, c.relnamespace AS namespace,
  pg_catalog.pg_get_expr(r.prqual, r.prrelid) AS where,
  (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attname COLLATE "C")
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::pg_catalog.int2[])) AS columns
FROM pg_catalog.pg_publication_rel AS r
JOIN pg_catalog.pg_publication AS p ON p.oid = r.prpubid
JOIN pg_catalog.pg_class AS c ON c.oid = r.prrelid
UNION ALL
SELECT 'publication schema', pg_catalog.quote_ident(p.pubname), n.pnnspid::pg_catalog.regnamespace::pg_catalog.text,
  n.tableoid, n.oid, n.pnnspid, NULL, NULL
FROM pg_catalog.pg_publication_namespace AS n
JOIN pg_catalog.pg_publication AS p ON p.oid = n.pnpubid
