SELECT 'statistics' AS kind, s.stxnamespace::pg_catalog.regnamespace || '.' || pg_catalog.quote_ident(s.stxname) AS name,
  s.tableoid AS class, s.oid, s.stxnamespace AS namespace,
  pg_catalog.pg_get_statisticsobjdef(s.oid) AS definition,
  nullif(s.stxstattarget, -1) AS statistics_target,
  s.stxowner::pg_catalog.regrole::pg_catalog.text AS owner
FROM pg_catalog.pg_statistic_ext AS s
