-- What a user mapping holds is for the most part a password: only its digest leaves the server.
SELECT 'foreign-data wrapper' AS kind, pg_catalog.quote_ident(w.fdwname) AS name, w.tableoid AS class, w.oid,
  pg_catalog.array_to_string(w.fdwoptions, ', ') AS foreign_options,
  pg_catalog.concat_ws(', ', nullif(w.fdwhandler, 0)::pg_catalog.regprocedure,
    nullif(w.fdwvalidator, 0)::pg_catalog.regprocedure) AS definition,
  w.fdwowner::pg_catalog.regrole::pg_catalog.text AS owner,
  (SELECT pg_catalog.string_agg(a::pg_catalog.text, ' ' ORDER BY a::pg_catalog.text COLLATE "C")
    FROM pg_catalog.unnest(coalesce(w.fdwacl, pg_catalog.acldefault('F', w.fdwowner))) AS a) AS privileges
FROM pg_catalog.pg_foreign_data_wrapper AS w
UNION ALL
SELECT 'server', pg_catalog.quote_ident(s.srvname), s.tableoid, s.oid, pg_catalog.array_to_string(s.srvoptions, ', '),
  pg_catalog.concat_ws(', ', (SELECT pg_catalog.quote_ident(w.fdwname)
    FROM pg_catalog.pg_foreign_data_wrapper AS w WHERE w.oid = s.srvfdw),
    'type ' || s.srvtype, 'version ' || s.srvversion),
  s.srvowner::pg_catalog.regrole::pg_catalog.text,
  (SELECT pg_catalog.string_agg(a::pg_catalog.text, ' ' ORDER BY a::pg_catalog.text COLLATE "C")
    FROM pg_catalog.unnest(coalesce(s.srvacl, pg_catalog.acldefault('S', s.srvowner))) AS a)
FROM pg_catalog.pg_foreign_server AS s
UNION ALL
SELECT 'user mapping', pg_catalog.quote_ident(u.srvname) || ' for ' || u.usename,
  'pg_catalog.pg_user_mapping'::pg_catalog.regclass, u.umid, NULL,
  'digest ' || pg_catalog.md5(pg_catalog.array_to_string(u.umoptions, ', ')), NULL, NULL
FROM pg_catalog.pg_user_mappings AS u
