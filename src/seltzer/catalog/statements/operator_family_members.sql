-- A family of the server's own can be given members, too.
WITH member AS (
  SELECT o.tableoid AS class, o.oid, o.amopfamily AS family, 'operator ' || o.amopstrategy || ' ('
    || pg_catalog.format_type(o.amoplefttype, NULL) || ', ' || pg_catalog.format_type(o.amoprighttype, NULL) || ')' AS name,
    o.amopopr::pg_catalog.regoperator::pg_catalog.text AS definition, o.amoppurpose = 'o' AS for_ordering,
    nullif(o.amopsortfamily, 0) AS sort_family
  FROM pg_catalog.pg_amop AS o WHERE o.oid >= 16384
  UNION ALL
  SELECT p.tableoid, p.oid, p.amprocfamily, 'function ' || p.amprocnum || ' ('
    || pg_catalog.format_type(p.amproclefttype, NULL) || ', ' || pg_catalog.format_type(p.amprocrighttype, NULL) || ')',
    p.amproc::pg_catalog.regprocedure::pg_catalog.text, false, NULL
  FROM pg_catalog.pg_amproc AS p WHERE p.oid >= 16384
)
SELECT 'operator family member' AS kind,
  f.opfnamespace::pg_catalog.regnamespace || '.' || pg_catalog.quote_ident(f.opfname) || ' using ' || a.amname AS of,
  m.name, m.class, m.oid, f.tableoid AS root_class, f.oid AS root, f.opfnamespace AS namespace,
  m.definition, m.for_ordering,
  (SELECT s.opfnamespace::pg_catalog.regnamespace || '.' || pg_catalog.quote_ident(s.opfname)
    FROM pg_catalog.pg_opfamily AS s WHERE s.oid = m.sort_family) AS sort_family
FROM member AS m
JOIN pg_catalog.pg_opfamily AS f ON f.oid = m.family
JOIN pg_catalog.pg_am AS a ON a.oid = f.opfmethod
