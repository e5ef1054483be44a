SELECT 'event trigger' AS kind, pg_catalog.quote_ident(e.evtname) AS name, e.tableoid AS class, e.oid,
  e.evtevent::pg_catalog.text AS event,
  e.evtfoid::pg_catalog.regprocedure::pg_catalog.text AS function,
  (SELECT pg_catalog.string_agg(t, ', ' ORDER BY t COLLATE "C") FROM pg_catalog.unnest(e.evttags) AS t) AS tags,
  CASE e.evtenabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' ELSE 'always' END AS enabled,
  e.evtowner::pg_catalog.regrole::pg_catalog.text AS owner
FROM pg_catalog.pg_event_trigger AS e
