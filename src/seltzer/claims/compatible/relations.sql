-- Some relations, by name or OID, with what an application that writes to them has to know.
SELECT c.oid::pg_catalog.int8, c.relkind::pg_catalog.text, n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
  coalesce((
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(
      a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid::pg_catalog.int8,
      a.attnotnull OR (t.typtype = 'd' AND t.typnotnull),
      a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL,
      a.attidentity, a.attgenerated) ORDER BY a.attnum)
    FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]'),
  coalesce((
    -- The columns of an index are said by its dependencies: those of expressions and conditions are among them.
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(
      x.relname, i.indisunique, i.indexprs IS NULL AND i.indpred IS NULL AND i.indisunique,
      ARRAY (SELECT pg_catalog.pg_get_indexdef(x.oid, p.at, true) FROM pg_catalog.generate_series(1, i.indnkeyatts) AS p (at)
        ORDER BY p.at),
      coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), ''),
      i.indisunique AND i.indimmediate,
      coalesce((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::pg_catalog.bool, false), (
        SELECT coalesce(pg_catalog.jsonb_agg(DISTINCT a.attname), '[]')
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = c.oid AND (a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1]) OR EXISTS (
          SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = x.tableoid AND d.objid = x.oid
          AND d.refclassid = x.tableoid AND d.refobjid = c.oid AND d.refobjsubid = a.attnum
          AND NOT a.attnum = ANY (i.indkey))))) ORDER BY x.relname)
    FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
    WHERE i.indrelid = c.oid AND i.indislive AND (i.indisunique OR i.indisexclusion)), '[]'),
  coalesce((
    SELECT pg_catalog.jsonb_agg(o.conname ORDER BY o.conname) FROM pg_catalog.pg_constraint AS o
    WHERE o.conrelid = c.oid AND o.contype = 'f' AND o.conislocal), '[]'),
  coalesce((
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(g.role, g.rights) ORDER BY g.role) FROM (
      SELECT coalesce(r.rolname, ''), pg_catalog.string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)
      FROM pg_catalog.aclexplode(c.relacl) AS a LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
      WHERE a.grantee <> c.relowner AND r.rolsuper IS NOT TRUE
        AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
      GROUP BY 1) AS g (role, rights)), '[]')
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND (c.oid = ANY (%(oids)s::pg_catalog.oid[]) OR c.oid IN (
  SELECT pg_catalog.to_regclass(w.name) FROM pg_catalog.unnest(%(names)s::pg_catalog.text[]) AS w (name)))
