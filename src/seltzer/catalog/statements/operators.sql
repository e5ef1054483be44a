SELECT 'operator' AS kind, o.oid::pg_catalog.regoperator::pg_catalog.text AS name, o.tableoid AS class, o.oid,
  o.oprnamespace AS namespace,
  o.oprcode::pg_catalog.regprocedure::pg_catalog.text AS function,
  o.oprcom::pg_catalog.regoperator::pg_catalog.text AS commutator,
  o.oprnegate::pg_catalog.regoperator::pg_catalog.text AS negator,
  o.oprrest::pg_catalog.text AS restrict, o.oprjoin::pg_catalog.text AS join,
  o.oprcanmerge AS merges, o.oprcanhash AS hashes,
  o.oprowner::pg_catalog.regrole::pg_catalog.text AS owner
FROM pg_catalog.pg_operator AS o
WHERE o.oid >= 16384
