INSERT INTO {history} (run, id, generation, kind, state, checksum, token_checksum, statements, started_at, finished_at,
  duration_ms, "current_user", client, application, application_version, seltzer_version, sqlstate, message, provides)
SELECT {run}::pg_catalog.uuid, {id}, {generation}::pg_catalog.int4, {kind}, {state}, {checksum}, {token_checksum},
  {statements}::pg_catalog.jsonb, b.started, b.finished,
  (extract(epoch FROM b.finished - b.started) * 1000)::pg_catalog.int8,
  {current_user}, {client}, {application}, {application_version}, {seltzer_version}, {sqlstate}, {message}, {provides}::pg_catalog.jsonb
FROM (SELECT {started} AS started, pg_catalog.clock_timestamp() AS finished) AS b
