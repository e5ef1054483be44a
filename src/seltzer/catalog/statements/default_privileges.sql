SELECT 'default privileges' AS kind, d.defaclrole::pg_catalog.regrole || CASE d.defaclnamespace
    WHEN 0 THEN '' ELSE ' in schema ' || d.defaclnamespace::pg_catalog.regnamespace END || ' on '
    || CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types'
      WHEN 'n' THEN 'schemas' ELSE 'large objects' END AS name,
  d.tableoid AS class, d.oid, d.defaclnamespace AS namespace,
  (SELECT pg_catalog.string_agg(a::pg_catalog.text, ' ' ORDER BY a::pg_catalog.text COLLATE "C")
    FROM pg_catalog.unnest(d.defaclacl) AS a) AS privileges
FROM pg_catalog.pg_default_acl AS d
