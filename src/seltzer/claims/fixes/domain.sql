-- What a domain comes to: its base type, and what all domains on the way there ask of a value.
WITH RECURSIVE types AS (
  SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod, t.typnotnull FROM pg_catalog.pg_type AS t
  WHERE t.oid = pg_catalog.to_regtype(%(name)s) AND t.typtype = 'd'
  UNION ALL
  SELECT b.oid, b.typtype, b.typbasetype, b.typtypmod, b.typnotnull FROM types
  JOIN pg_catalog.pg_type AS b ON b.oid = types.typbasetype AND b.typtype = 'd'
)
SELECT
  (SELECT pg_catalog.format_type(types.typbasetype, types.typtypmod) FROM types
    WHERE NOT EXISTS (SELECT FROM types AS t WHERE t.oid = types.typbasetype)),
  (SELECT pg_catalog.bool_or(types.typnotnull) FROM types),
  ARRAY (SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM types
    JOIN pg_catalog.pg_constraint AS k ON k.contypid = types.oid AND k.contype = 'c' ORDER BY k.oid)
WHERE EXISTS (SELECT FROM types)
