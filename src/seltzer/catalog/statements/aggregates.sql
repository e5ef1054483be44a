SELECT 'aggregate' AS kind, p.oid::pg_catalog.regprocedure::pg_catalog.text AS name, p.tableoid AS class, p.oid,
  p.pronamespace AS namespace,
  pg_catalog.pg_get_function_arguments(p.oid) AS arguments,
  pg_catalog.pg_get_function_result(p.oid) AS result,
  (SELECT pg_catalog.string_agg(e.key || '=' || e.value, ', ' ORDER BY e.key COLLATE "C")
    -- Those that are a reg* print as names; those that are OIDs of others are said below.
    FROM pg_catalog.jsonb_each_text(pg_catalog.to_jsonb(g) - ARRAY['aggfnoid', 'aggtranstype', 'aggmtranstype', 'aggsortop'])
      AS e) AS definition,
  pg_catalog.format_type(g.aggtranstype, NULL) AS state_type,
  CASE WHEN g.aggmtranstype <> 0 THEN pg_catalog.format_type(g.aggmtranstype, NULL) END AS moving_state_type,
  CASE WHEN g.aggsortop <> 0 THEN g.aggsortop::pg_catalog.regoperator::pg_catalog.text END AS sort_operator,
  p.proparallel::pg_catalog.text AS parallel,
  p.proowner::pg_catalog.regrole::pg_catalog.text AS owner,
  (SELECT pg_catalog.string_agg(a::pg_catalog.text, ' ' ORDER BY a::pg_catalog.text COLLATE "C")
    FROM pg_catalog.unnest(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) AS a) AS privileges
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_aggregate AS g ON g.aggfnoid = p.oid
WHERE p.oid >= 16384
