-- Of triggers the trigger speaks (`t`). A foreign key to a partitioned table has a row for each partition of it, too.
SELECT 'constraint' AS kind, pg_catalog.quote_ident(o.conname) AS name, o.tableoid AS class, o.oid,
  CASE WHEN o.conrelid <> 0 THEN 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
    ELSE 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid END AS root_class,
  CASE WHEN o.conrelid <> 0 THEN o.conrelid ELSE o.contypid END AS root,
  o.connamespace AS namespace,
  CASE o.contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key' WHEN 'n' THEN 'not null' WHEN 'p' THEN 'primary key'
    WHEN 'u' THEN 'unique' WHEN 'x' THEN 'exclude' END AS type,
  CASE WHEN o.convalidated THEN pg_catalog.pg_get_constraintdef(o.oid)
    ELSE pg_catalog.regexp_replace(pg_catalog.pg_get_constraintdef(o.oid), ' NOT VALID$', '') END AS definition,
  o.convalidated AS valid,
  coalesce((pg_catalog.to_jsonb(o) ->> 'conenforced')::pg_catalog.bool, true) AS enforced,
  o.conislocal AS local,
  o.coninhcount AS inherited_from
FROM pg_catalog.pg_constraint AS o
WHERE o.oid >= 16384 AND o.contype <> 't'
  AND (o.conparentid = 0 OR o.conrelid <> (
    SELECT p.conrelid FROM pg_catalog.pg_constraint AS p WHERE p.oid = o.conparentid))
