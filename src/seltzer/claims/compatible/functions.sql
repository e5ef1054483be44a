-- Some functions and procedures, by their signature, as they are called.
SELECT p.oid::pg_catalog.regprocedure::pg_catalog.text, p.oid::pg_catalog.int8, p.prokind::pg_catalog.text,
  n.nspname::pg_catalog.text, p.proname::pg_catalog.text,
  ARRAY (SELECT pg_catalog.format_type(t.oid, NULL)
    FROM pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) WITH ORDINALITY AS t (oid, at) ORDER BY t.at)::pg_catalog.text[],
  p.pronargdefaults::pg_catalog.int4, p.provariadic <> 0, p.proretset,
  ARRAY (SELECT a.name FROM pg_catalog.unnest(p.proargnames) WITH ORDINALITY AS a (name, at)
    WHERE p.proargmodes IS NULL OR p.proargmodes[a.at] IN ('i', 'b', 'v') ORDER BY a.at)::pg_catalog.text[]
FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.prokind <> 'a' AND p.prorettype NOT IN ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype)
  AND (p.oid = ANY (%(oids)s::pg_catalog.oid[]) OR p.oid IN (
    SELECT pg_catalog.to_regprocedure(w.name) FROM pg_catalog.unnest(%(names)s::pg_catalog.text[]) AS w (name)))
