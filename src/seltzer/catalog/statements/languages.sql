SELECT 'collation' AS kind, c.oid::pg_catalog.regcollation::pg_catalog.text AS name, c.tableoid AS class, c.oid,
  c.collnamespace AS namespace,
  -- Which columns there are is a matter of the version; the version of the library is none of the schema.
  (SELECT pg_catalog.string_agg(e.key || '=' || e.value, ', ' ORDER BY e.key COLLATE "C")
    FROM pg_catalog.jsonb_each_text(pg_catalog.to_jsonb(c)
      - ARRAY['oid', 'collname', 'collnamespace', 'collowner', 'collversion']) AS e) AS definition,
  c.collowner::pg_catalog.regrole::pg_catalog.text AS owner, NULL AS privileges
FROM pg_catalog.pg_collation AS c WHERE c.oid >= 16384
UNION ALL
SELECT 'conversion', c.connamespace::pg_catalog.regnamespace || '.' || pg_catalog.quote_ident(c.conname), c.tableoid, c.oid,
  c.connamespace, pg_catalog.pg_encoding_to_char(c.conforencoding) || ' to ' || pg_catalog.pg_encoding_to_char(c.contoencoding)
    || ' by ' || c.conproc || CASE WHEN c.condefault THEN ', default' ELSE '' END,
  c.conowner::pg_catalog.regrole::pg_catalog.text, NULL
FROM pg_catalog.pg_conversion AS c WHERE c.oid >= 16384
UNION ALL
SELECT 'language', pg_catalog.quote_ident(l.lanname), l.tableoid, l.oid, 0,
  pg_catalog.concat_ws(', ', CASE WHEN l.lanpltrusted THEN 'trusted' END, l.lanplcallfoid::pg_catalog.regprocedure,
    l.laninline::pg_catalog.regprocedure, l.lanvalidator::pg_catalog.regprocedure),
  l.lanowner::pg_catalog.regrole::pg_catalog.text,
  (SELECT pg_catalog.string_agg(a::pg_catalog.text, ' ' ORDER BY a::pg_catalog.text COLLATE "C")
    FROM pg_catalog.unnest(coalesce(l.lanacl, pg_catalog.acldefault('l', l.lanowner))) AS a)
FROM pg_catalog.pg_language AS l WHERE l.oid >= 16384
UNION ALL
SELECT 'transform', pg_catalog.format_type(t.trftype, NULL) || ' for ' || (
    SELECT pg_catalog.quote_ident(l.lanname) FROM pg_catalog.pg_language AS l WHERE l.oid = t.trflang), t.tableoid, t.oid, 0,
  t.trffromsql::pg_catalog.regprocedure || ', ' || t.trftosql::pg_catalog.regprocedure, NULL, NULL
FROM pg_catalog.pg_transform AS t WHERE t.oid >= 16384
UNION ALL
SELECT 'access method', pg_catalog.quote_ident(m.amname), m.tableoid, m.oid, 0,
  pg_catalog.concat_ws(' ', m.amtype, m.amhandler), NULL, NULL
FROM pg_catalog.pg_am AS m WHERE m.oid >= 16384
