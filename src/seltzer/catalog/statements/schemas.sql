-- Schemas of the server's own are below the first OID that users get; `public` is one that everybody has.
SELECT 'schema' AS kind, pg_catalog.quote_ident(n.nspname) AS name, n.tableoid AS class, n.oid, n.oid AS namespace,
  n.nspowner::pg_catalog.regrole::pg_catalog.text AS owner,
  (SELECT pg_catalog.string_agg(a::pg_catalog.text, ' ' ORDER BY a::pg_catalog.text COLLATE "C")
    FROM pg_catalog.unnest(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) AS a) AS privileges
FROM pg_catalog.pg_namespace AS n
WHERE n.oid >= 16384 OR n.nspname = 'public'
