SELECT o.conrelid::pg_catalog.int8,
  o.contype::pg_catalog.text,
  o.conname::pg_catalog.text,
  coalesce((SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY k.n)
   FROM pg_catalog.unnest(o.conkey) WITH ORDINALITY AS k (attnum, n)
   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = o.conrelid AND a.attnum = k.attnum), '{}'),
  pg_catalog.pg_get_expr(o.conbin, o.conrelid),
  o.confrelid::pg_catalog.int8,
  coalesce((SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY k.n)
   FROM pg_catalog.unnest(o.confkey) WITH ORDINALITY AS k (attnum, n)
   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = o.confrelid AND a.attnum = k.attnum), '{}'),
  o.confmatchtype::pg_catalog.text,
  o.confdeltype IN ('c', 'n', 'd') OR o.confupdtype IN ('c', 'n', 'd'),
  o.convalidated,
  pg_catalog.pg_get_constraintdef(o.oid)
FROM pg_catalog.pg_constraint AS o
LEFT JOIN pg_catalog.pg_constraint AS up ON up.oid = o.conparentid
WHERE o.contype IN ('c', 'f')
  AND o.conrelid = ANY (%(tables)s::pg_catalog.oid[])
  -- A key to a partitioned table has a row for each of its partitions besides: they say nothing of their own.
  AND up.conrelid IS DISTINCT FROM o.conrelid
ORDER BY o.conrelid, o.conname
