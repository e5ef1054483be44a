SELECT 'text search configuration' AS kind, c.oid::pg_catalog.regconfig::pg_catalog.text AS name, c.tableoid AS class, c.oid,
  c.cfgnamespace AS namespace,
  (SELECT pg_catalog.quote_ident(p.prsname) FROM pg_catalog.pg_ts_parser AS p WHERE p.oid = c.cfgparser)
    || ': ' || coalesce((
    SELECT pg_catalog.string_agg(m.maptokentype || '=' || m.mapdict::pg_catalog.regdictionary, ', '
      ORDER BY m.maptokentype, m.mapseqno)
    FROM pg_catalog.pg_ts_config_map AS m WHERE m.mapcfg = c.oid), '') AS definition,
  c.cfgowner::pg_catalog.regrole::pg_catalog.text AS owner
FROM pg_catalog.pg_ts_config AS c WHERE c.oid >= 16384
UNION ALL
SELECT 'text search dictionary', d.oid::pg_catalog.regdictionary::pg_catalog.text, d.tableoid, d.oid, d.dictnamespace,
  (SELECT t.tmplnamespace::pg_catalog.regnamespace || '.' || pg_catalog.quote_ident(t.tmplname)
    FROM pg_catalog.pg_ts_template AS t WHERE t.oid = d.dicttemplate) || ': ' || coalesce(d.dictinitoption, ''),
  d.dictowner::pg_catalog.regrole::pg_catalog.text
FROM pg_catalog.pg_ts_dict AS d WHERE d.oid >= 16384
UNION ALL
SELECT 'text search parser', p.prsnamespace::pg_catalog.regnamespace || '.' || pg_catalog.quote_ident(p.prsname),
  p.tableoid, p.oid, p.prsnamespace,
  pg_catalog.concat_ws(', ', p.prsstart, p.prstoken, p.prsend, p.prsheadline, p.prslextype), NULL
FROM pg_catalog.pg_ts_parser AS p WHERE p.oid >= 16384
UNION ALL
SELECT 'text search template', t.tmplnamespace::pg_catalog.regnamespace || '.' || pg_catalog.quote_ident(t.tmplname),
  t.tableoid, t.oid, t.tmplnamespace, pg_catalog.concat_ws(', ', t.tmplinit, t.tmpllexize), NULL
FROM pg_catalog.pg_ts_template AS t WHERE t.oid >= 16384
