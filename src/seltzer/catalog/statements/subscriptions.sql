-- How it connects is a secret, and only a superuser can read it.
SELECT 'subscription' AS kind, pg_catalog.quote_ident(s.subname) AS name, s.tableoid AS class, s.oid,
  s.subenabled AS enabled, s.subbinary AS binary, s.substream::pg_catalog.text AS streaming,
  s.subslotname::pg_catalog.text AS slot, s.subsynccommit AS synchronous_commit,
  pg_catalog.array_to_string(s.subpublications, ', ') AS publications,
  s.subowner::pg_catalog.regrole::pg_catalog.text AS owner
FROM pg_catalog.pg_subscription AS s
WHERE s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
