-- Rows of tables, arrays and multiranges go with what they are made from.
SELECT CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END AS kind,
  t.oid::pg_catalog.regtype::pg_catalog.text AS name, t.tableoid AS class, t.oid, t.typnamespace AS namespace,
  CASE WHEN NOT t.typisdefined THEN 'shell' ELSE CASE t.typtype
    WHEN 'e' THEN 'enum' WHEN 'c' THEN 'composite' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' ELSE 'base' END END AS form,
  CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END AS type,
  CASE WHEN t.typtype = 'd' AND t.typcollation NOT IN (0, 100)
    THEN t.typcollation::pg_catalog.regcollation::pg_catalog.text END AS collation,
  t.typnotnull AS not_null,
  CASE WHEN t.typtype = 'd' THEN pg_catalog.pg_get_expr(t.typdefaultbin, 0) ELSE t.typdefault END AS default,
  CASE WHEN t.typtype = 'e' THEN (
    SELECT pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
    FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid) END AS labels,
  CASE WHEN t.typtype = 'r' THEN (
    SELECT pg_catalog.concat_ws(', ', pg_catalog.format_type(r.rngsubtype, NULL),
      nullif(r.rngcollation, 0)::pg_catalog.regcollation, 'multirange ' || pg_catalog.format_type(r.rngmultitypid, NULL),
      'canonical ' || r.rngcanonical, 'difference ' || r.rngsubdiff, 'operators ' || (
        SELECT o.opcnamespace::pg_catalog.regnamespace || '.' || pg_catalog.quote_ident(o.opcname)
        FROM pg_catalog.pg_opclass AS o WHERE o.oid = r.rngsubopc))
    FROM pg_catalog.pg_range AS r WHERE r.rngtypid = t.oid) END AS range,
  CASE WHEN t.typtype = 'b' THEN (
    SELECT pg_catalog.string_agg(b.key || '=' || b.value, ', ' ORDER BY b.key COLLATE "C")
    FROM pg_catalog.jsonb_each_text(pg_catalog.to_jsonb(t) - ARRAY['oid', 'typname', 'typnamespace', 'typowner', 'typarray',
      'typelem', 'typbasetype', 'typcollation', 'typrelid', 'typdefault', 'typdefaultbin', 'typacl']) AS b) END AS definition,
  CASE WHEN t.typtype = 'b' THEN nullif(pg_catalog.format_type(t.typelem, NULL), '-') END AS element,
  CASE WHEN t.typtype = 'b' THEN t.typcollation <> 0 END AS collatable,
  t.typowner::pg_catalog.regrole::pg_catalog.text AS owner,
  (SELECT pg_catalog.string_agg(a::pg_catalog.text, ' ' ORDER BY a::pg_catalog.text COLLATE "C")
    FROM pg_catalog.unnest(coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner))) AS a) AS privileges
FROM pg_catalog.pg_type AS t
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
WHERE t.oid >= 16384 AND t.typtype <> 'm' AND (t.typrelid = 0 OR c.relkind = 'c')
  AND NOT (t.typtype = 'b' AND t.typelem <> 0 AND t.typsubscript = 'pg_catalog.array_subscript_handler'::pg_catalog.regproc)
