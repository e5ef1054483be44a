-- Without its name: a clone has another one.
WITH here AS (SELECT d.tableoid AS class, d.* FROM pg_catalog.pg_database AS d
  WHERE d.datname = pg_catalog.current_database())
SELECT 'database' AS kind, 'itself' AS name, h.class, h.oid,
  pg_catalog.shobj_description(h.oid, 'pg_database') AS remark,
  h.datconnlimit AS connection_limit,
  h.datdba::pg_catalog.regrole::pg_catalog.text AS owner,
  (SELECT pg_catalog.string_agg(a::pg_catalog.text, ' ' ORDER BY a::pg_catalog.text COLLATE "C")
    FROM pg_catalog.unnest(coalesce(h.datacl, pg_catalog.acldefault('d', h.datdba))) AS a) AS privileges, NULL AS settings
FROM here AS h
UNION ALL
SELECT 'settings', CASE s.setrole WHEN 0 THEN 'of the database' ELSE 'of role ' || s.setrole::pg_catalog.regrole END,
  s.tableoid, s.setrole, NULL, NULL, NULL, NULL, (
    SELECT pg_catalog.string_agg(c, ', ' ORDER BY c COLLATE "C") FROM pg_catalog.unnest(s.setconfig) AS c)
FROM pg_catalog.pg_db_role_setting AS s
JOIN here AS h ON h.oid = s.setdatabase
