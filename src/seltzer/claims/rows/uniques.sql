SELECT i.indrelid::pg_catalog.int8,
  coalesce((SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY k.n)
   FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k (attnum, n)
   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
   WHERE k.n <= i.indnkeyatts), '{}'),
  pg_catalog.pg_get_expr(i.indexprs, i.indrelid)
FROM pg_catalog.pg_index AS i
WHERE (i.indisunique OR i.indisexclusion) AND i.indrelid = ANY (%(tables)s::pg_catalog.oid[])
ORDER BY i.indrelid, i.indexrelid
