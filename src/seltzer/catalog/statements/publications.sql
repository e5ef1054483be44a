SELECT 'publication' AS kind, pg_catalog.quote_ident(p.pubname) AS name, p.tableoid AS class, p.oid,
  (SELECT pg_catalog.string_agg(e.key || '=' || e.value, ', ' ORDER BY e.key COLLATE "C")
    FROM pg_catalog.jsonb_each_text(pg_catalog.to_jsonb(p) - ARRAY['oid', 'pubname', 'pubowner']) AS e) AS definition,
  p.pubowner::pg_catalog.regrole::pg_catalog.text AS owner
FROM pg_catalog.pg_publication AS p
