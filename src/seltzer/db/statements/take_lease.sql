-- Takes the lease when it is free, or expired and nothing of its holder runs that its loss would not stop. Nobody is
-- waited for: a row that somebody locks before a commit is skipped. The lock, where it is asked for, keeps out runs with
-- a direct connection, which hold it for as long as they last.
UPDATE {lease} AS l
SET holder = {holder}, since = pg_catalog.clock_timestamp(), expires = pg_catalog.clock_timestamp() + {duration},
  client = {client}, application = {application}
FROM (
  SELECT o.one, o.holder
  FROM {lease} AS o
  WHERE CASE
    WHEN o.holder IS NULL THEN {alone}
    WHEN o.expires < pg_catalog.clock_timestamp() AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_stat_activity AS a
      WHERE a.state = 'active' AND a.pid <> pg_catalog.pg_backend_pid()
        AND pg_catalog.starts_with(a.query, pg_catalog.concat('/* seltzer lease ', o.holder, ' */'))
    ) THEN {alone}
    ELSE false
  END
  FOR UPDATE OF o SKIP LOCKED
) AS former
WHERE l.one = former.one
RETURNING former.holder
