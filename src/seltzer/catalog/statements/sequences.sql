SELECT 'sequence' AS kind, s.seqrelid::pg_catalog.regclass::pg_catalog.text AS name, c.tableoid AS class, c.oid,
  c.relnamespace AS namespace,
  s.seqtypid::pg_catalog.regtype::pg_catalog.text AS type,
  s.seqstart AS start, s.seqincrement AS increment, s.seqmin AS minimum, s.seqmax AS maximum, s.seqcache AS cache,
  s.seqcycle AS cycles,
  CASE c.relpersistence WHEN 'p' THEN 'logged' WHEN 'u' THEN 'unlogged' ELSE 'temporary' END AS persistence,
  (SELECT d.refobjid::pg_catalog.regclass || '.' || pg_catalog.quote_ident(a.attname)
    FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = c.tableoid AND d.objid = c.oid AND d.objsubid = 0
      AND d.refclassid = c.tableoid AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')) AS owned_by,
  c.relowner::pg_catalog.regrole::pg_catalog.text AS owner,
  (SELECT pg_catalog.string_agg(a::pg_catalog.text, ' ' ORDER BY a::pg_catalog.text COLLATE "C")
    FROM pg_catalog.unnest(coalesce(c.relacl, pg_catalog.acldefault('s', c.relowner))) AS a) AS privileges
FROM pg_catalog.pg_sequence AS s
JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid
WHERE s.seqrelid >= 16384
