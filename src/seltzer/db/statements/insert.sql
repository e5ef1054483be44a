INSERT INTO {history} (run, id, generation, kind, state, checksum, token_checksum, statements, started_at, finished_at,
  duration_ms, "current_user", client, application, application_version, seltzer_version, sqlstate, message, provides)
VALUES ({run}, {id}, {generation}, {kind}, {state}, {checksum}, {token_checksum}, {statements}, {started},
  pg_catalog.clock_timestamp(), (extract(epoch FROM pg_catalog.clock_timestamp() - {started}) * 1000)::pg_catalog.int8,
  {current_user}, {client}, {application}, {application_version}, {seltzer_version}, {sqlstate}, {message}, {provides})
