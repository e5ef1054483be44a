-- What somebody may do with the server's own objects, where that is no longer what it was at the beginning. 11 is `pg_catalog`.
WITH object AS (
  SELECT c.tableoid AS class, c.oid, c.relacl AS acl, 'r'::pg_catalog."char" AS kind, c.relowner AS owner
  FROM pg_catalog.pg_class AS c WHERE c.oid < 16384 AND c.relnamespace = 11 AND c.relkind IN ('r', 'v')
  UNION ALL
  SELECT p.tableoid, p.oid, p.proacl, 'f', p.proowner FROM pg_catalog.pg_proc AS p WHERE p.oid < 16384 AND p.pronamespace = 11 AND p.proacl IS NOT NULL
  UNION ALL
  SELECT t.tableoid, t.oid, t.typacl, 'T', t.typowner FROM pg_catalog.pg_type AS t WHERE t.oid < 16384 AND t.typnamespace = 11 AND t.typacl IS NOT NULL
  UNION ALL
  SELECT l.tableoid, l.oid, l.lanacl, 'l', l.lanowner FROM pg_catalog.pg_language AS l WHERE l.oid < 16384
  UNION ALL
  SELECT n.tableoid, n.oid, n.nspacl, 'n', n.nspowner FROM pg_catalog.pg_namespace AS n
  WHERE n.oid = 11
), changed AS (
  SELECT o.* FROM object AS o
  LEFT JOIN pg_catalog.pg_init_privs AS i ON i.classoid = o.class AND i.objoid = o.oid AND i.objsubid = 0
  WHERE o.acl IS DISTINCT FROM i.initprivs
    AND coalesce(o.acl, pg_catalog.acldefault(o.kind, o.owner))
      IS DISTINCT FROM coalesce(i.initprivs, pg_catalog.acldefault(o.kind, o.owner))
)
SELECT 'privileges' AS kind, pg_catalog.pg_describe_object(c.class, c.oid, 0) AS name, 0::pg_catalog.oid AS class, c.oid,
  (SELECT pg_catalog.string_agg(a::pg_catalog.text, ' ' ORDER BY a::pg_catalog.text COLLATE "C")
    FROM pg_catalog.unnest(coalesce(c.acl, pg_catalog.acldefault(c.kind, c.owner))) AS a) AS privileges
FROM changed AS c
