-- What definitions read like depends on the session. `true`: until the end of the message.
SELECT pg_catalog.set_config(s.name, s.value, true)
FROM (VALUES ('search_path', ''), ('DateStyle', 'ISO, YMD'), ('IntervalStyle', 'postgres'), ('TimeZone', 'UTC'),
  ('extra_float_digits', '1'), ('bytea_output', 'hex'), ('xmlbinary', 'base64'), ('lc_monetary', 'C'),
  ('quote_all_identifiers', 'off'), ('row_security', 'off'), ('jit', 'off')) AS s (name, value)
