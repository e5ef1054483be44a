SELECT 'rule' AS kind, r.ev_class::pg_catalog.regclass::pg_catalog.text AS of, pg_catalog.quote_ident(r.rulename) AS name,
  r.tableoid AS class, r.oid, c.tableoid AS root_class, c.oid AS root, c.relnamespace AS namespace,
  pg_catalog.pg_get_ruledef(r.oid) AS definition,
  CASE r.ev_enabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' ELSE 'always' END AS enabled
FROM pg_catalog.pg_rewrite AS r
JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
WHERE r.oid >= 16384 AND r.rulename <> '_RETURN'
