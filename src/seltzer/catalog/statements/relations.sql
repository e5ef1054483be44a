SELECT
  CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table'
    WHEN 'v' THEN 'view' ELSE 'materialized view' END AS kind,
  c.oid::pg_catalog.regclass::pg_catalog.text AS name, c.tableoid AS class, c.oid, c.relnamespace AS namespace,
  CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END AS definition,
  CASE c.relpersistence WHEN 'p' THEN 'logged' WHEN 'u' THEN 'unlogged' ELSE 'temporary' END AS persistence,
  (SELECT m.amname::pg_catalog.text FROM pg_catalog.pg_am AS m WHERE m.oid = c.relam) AS access_method,
  (SELECT s.spcname::pg_catalog.text FROM pg_catalog.pg_tablespace AS s WHERE s.oid = c.reltablespace) AS tablespace,
  (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o COLLATE "C") FROM pg_catalog.unnest(c.reloptions) AS o) AS options,
  CASE WHEN c.reltoastrelid <> 0 THEN (
    SELECT pg_catalog.string_agg(o, ', ' ORDER BY o COLLATE "C")
    FROM pg_catalog.pg_class AS t, pg_catalog.unnest(t.reloptions) AS o
    WHERE t.oid = c.reltoastrelid) END AS toast_options,
  (SELECT pg_catalog.string_agg(i.inhparent::pg_catalog.regclass::pg_catalog.text, ', ' ORDER BY i.inhseqno)
    FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid) AS inherits,
  coalesce((SELECT pg_catalog.bool_or(i.inhdetachpending)
    FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid), false) AS half_detached,
  CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_key,
  CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END AS partition_bound,
  CASE WHEN c.reloftype <> 0 THEN c.reloftype::pg_catalog.regtype::pg_catalog.text END AS of_type,
  c.relrowsecurity AS row_security,
  c.relforcerowsecurity AS forced_row_security,
  CASE c.relreplident WHEN 'd' THEN 'default' WHEN 'f' THEN 'full' WHEN 'i' THEN 'index' ELSE 'nothing' END
    AS replica_identity,
  c.relispopulated AS populated,
  CASE WHEN c.relkind = 'f' THEN (
    SELECT pg_catalog.quote_ident(s.srvname) FROM pg_catalog.pg_foreign_table AS f
    JOIN pg_catalog.pg_foreign_server AS s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid) END AS server,
  CASE WHEN c.relkind = 'f' THEN (
    SELECT pg_catalog.array_to_string(f.ftoptions, ', ')
    FROM pg_catalog.pg_foreign_table AS f WHERE f.ftrelid = c.oid) END AS foreign_options,
  c.relowner::pg_catalog.regrole::pg_catalog.text AS owner,
  (SELECT pg_catalog.string_agg(a::pg_catalog.text, ' ' ORDER BY a::pg_catalog.text COLLATE "C")
    FROM pg_catalog.unnest(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) AS a) AS privileges
FROM pg_catalog.pg_class AS c
WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
