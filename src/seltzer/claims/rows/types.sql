SELECT t.oid::pg_catalog.int8,
  t.typname::pg_catalog.text,
  n.nspname = 'pg_catalog',
  t.typtype::pg_catalog.text,
  t.typcategory::pg_catalog.text,
  CASE WHEN t.typcategory = 'A' THEN t.typelem::pg_catalog.int8 ELSE 0 END,
  t.typbasetype::pg_catalog.int8,
  t.typtypmod,
  t.typnotnull,
  coalesce(r.rngsubtype, m.rngsubtype, 0)::pg_catalog.int8,
  (SELECT pg_catalog.array_agg(e.enumlabel::pg_catalog.text ORDER BY e.enumsortorder)
   FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid),
  (SELECT pg_catalog.string_agg(pg_catalog.pg_get_constraintdef(o.oid), ' ')
   FROM pg_catalog.pg_constraint AS o WHERE o.contypid = t.oid AND o.contype = 'c'),
  (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(a.atttypid::pg_catalog.int8, a.atttypmod) ORDER BY a.attnum)
   FROM pg_catalog.pg_attribute AS a
   WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_range AS r ON r.rngtypid = t.oid
LEFT JOIN pg_catalog.pg_range AS m ON m.rngmultitypid = t.oid
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
WHERE t.typtype <> 'p' AND (t.typrelid = 0 OR c.relkind = 'c' OR n.nspname NOT IN ('pg_catalog', 'information_schema'))
