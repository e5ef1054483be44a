SELECT pg_catalog.json_build_object(
  'schema', n.nspname,
  'name', c.relname,
  'kind', c.relkind,
  'columns', (
    SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull,
      'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'identity', a.attidentity, 'generated', a.attgenerated,
      'sequence', (
        SELECT s.oid::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_depend AS o
        JOIN pg_catalog.pg_class AS s ON s.oid = o.objid AND s.relkind = 'S'
        WHERE o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.refobjid = c.oid
          AND o.refobjsubid = a.attnum AND o.deptype IN ('a', 'i') LIMIT 1),
      -- Foreign keys of this column alone, its own and those that refer to it.
      'keys', (
        SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
          'name', f.conname, 'definition', pg_catalog.pg_get_constraintdef(f.oid)) ORDER BY f.conname), '[]')
        FROM pg_catalog.pg_constraint AS f
        WHERE f.contype = 'f' AND f.conrelid = c.oid AND f.conkey = ARRAY[a.attnum] AND f.conparentid = 0),
      'referring', (
        SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
          'name', f.conname, 'definition', pg_catalog.pg_get_constraintdef(f.oid), 'schema', fn.nspname,
          'table', fc.relname, 'column', fa.attname) ORDER BY fn.nspname, fc.relname, f.conname), '[]')
        FROM pg_catalog.pg_constraint AS f
        JOIN pg_catalog.pg_class AS fc ON fc.oid = f.conrelid
        JOIN pg_catalog.pg_namespace AS fn ON fn.oid = fc.relnamespace
        JOIN pg_catalog.pg_attribute AS fa ON fa.attrelid = fc.oid AND fa.attnum = f.conkey[1]
        WHERE f.contype = 'f' AND f.confrelid = c.oid AND f.confkey = ARRAY[a.attnum] AND f.conparentid = 0),
      -- What else speaks of it: views, policies, triggers, checks, other foreign keys, extended statistics.
      'used', EXISTS (
        SELECT FROM pg_catalog.pg_depend AS u
        LEFT JOIN pg_catalog.pg_constraint AS k ON u.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
          AND k.oid = u.objid
        LEFT JOIN pg_catalog.pg_class AS i ON u.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.oid = u.objid
        WHERE u.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND u.refobjid = c.oid
          AND u.refobjsubid = a.attnum AND coalesce(k.contype, '') NOT IN ('p', 'u', 'n')
          AND NOT coalesce(k.contype = 'f' AND (k.conrelid = c.oid AND k.conkey = ARRAY[a.attnum]
            OR k.confrelid = c.oid AND k.confkey = ARRAY[a.attnum]), false)
          AND coalesce(i.relkind, '') NOT IN ('i', 'S')
          AND u.classid <> 'pg_catalog.pg_attrdef'::pg_catalog.regclass)
    ) ORDER BY a.attnum), '[]')
    FROM pg_catalog.pg_attribute AS a
    LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  'indexes', (
    SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', r.relname, 'unique', i.indisunique, 'definition', pg_catalog.pg_get_indexdef(i.indexrelid),
      'kind', k.contype, 'columns', (
        SELECT coalesce(pg_catalog.json_agg(a.attname ORDER BY p.place), '[]')
        FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS p (attnum, place)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = p.attnum)
    ) ORDER BY r.relname), '[]')
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS r ON r.oid = i.indexrelid
    LEFT JOIN pg_catalog.pg_constraint AS k ON k.conindid = i.indexrelid AND k.conrelid = c.oid
    WHERE i.indrelid = c.oid),
  'partitions', (
    SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'schema', pn.nspname, 'name', p.relname, 'kind', p.relkind, 'default', pt.partdefid IS NOT NULL
    ) ORDER BY pn.nspname, p.relname), '[]')
    FROM pg_catalog.pg_inherits AS h
    JOIN pg_catalog.pg_class AS p ON p.oid = h.inhrelid
    JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
    LEFT JOIN pg_catalog.pg_partitioned_table AS pt ON pt.partrelid = c.oid AND pt.partdefid = p.oid
    WHERE h.inhparent = c.oid AND c.relkind = 'p')
)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass(%(name)s)
