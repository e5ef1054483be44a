CREATE TABLE IF NOT EXISTS {history} (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run uuid NOT NULL,
  id text NOT NULL,
  generation integer,
  kind text NOT NULL,
  state text NOT NULL CHECK (state IN ('applied', 'reverted', 'stamped', 'failed')),
  checksum text NOT NULL,
  token_checksum text,
  statements jsonb,
  started_at timestamptz NOT NULL,
  finished_at timestamptz NOT NULL,
  duration_ms bigint NOT NULL,
  "current_user" text NOT NULL DEFAULT CURRENT_USER,
  "session_user" text NOT NULL DEFAULT SESSION_USER,
  client text,
  application text,
  application_version text,
  seltzer_version text NOT NULL,
  sqlstate text,
  message text,
  provides jsonb,
  UNIQUE (id, generation)
);
CREATE TABLE IF NOT EXISTS {progress} (
  id text NOT NULL,
  step integer NOT NULL,
  fingerprint text NOT NULL,
  run uuid NOT NULL,
  started timestamptz NOT NULL,
  done timestamptz,
  before jsonb,
  PRIMARY KEY (id, step)
);
COMMENT ON TABLE {history} IS {note};
COMMENT ON COLUMN {history}.position IS 'The order of the rows; the newest row of an id that is not failed is its state';
COMMENT ON COLUMN {history}.run IS 'The run that wrote the row';
COMMENT ON COLUMN {history}.id IS 'module/name of the migration';
COMMENT ON COLUMN {history}.generation IS 'Counts the rows of an id from 1, failures left out';
COMMENT ON COLUMN {history}.kind IS 'repeatable, versioned or runner';
COMMENT ON COLUMN {history}.state IS 'applied, reverted, stamped, or failed (a note that changes nothing)';
COMMENT ON COLUMN {history}.checksum IS 'SHA-256 of the normalised file';
COMMENT ON COLUMN {history}.token_checksum IS 'The same over its tokens: comments and white space do not change it';
COMMENT ON COLUMN {history}.statements IS 'A fingerprint of each statement';
COMMENT ON COLUMN {history}.started_at IS 'When the migration began, by the server''s clock';
COMMENT ON COLUMN {history}.finished_at IS 'When it ended, by the server''s clock';
COMMENT ON COLUMN {history}.duration_ms IS 'Milliseconds between the two';
COMMENT ON COLUMN {history}."current_user" IS 'The role whose privileges counted';
COMMENT ON COLUMN {history}."session_user" IS 'The role that connected';
COMMENT ON COLUMN {history}.client IS 'Where the connection came from: user@host of the client';
COMMENT ON COLUMN {history}.application IS 'The application that ran it';
COMMENT ON COLUMN {history}.application_version IS 'The version of that application';
COMMENT ON COLUMN {history}.seltzer_version IS 'The version of Seltzer';
COMMENT ON COLUMN {history}.sqlstate IS 'PostgreSQL''s code of a failure';
COMMENT ON COLUMN {history}.message IS 'What a failure said, without row values';
COMMENT ON COLUMN {history}.provides IS 'What a module''s first day provided: the next plan knows what is new in it';
COMMENT ON TABLE {progress} IS 'Steps of migrations that run outside a transaction and are not finished';
COMMENT ON COLUMN {progress}.id IS 'module/name of the migration';
COMMENT ON COLUMN {progress}.step IS 'Which unit of the file, counted from 0';
COMMENT ON COLUMN {progress}.fingerprint IS 'Digest of the unit''s statements';
COMMENT ON COLUMN {progress}.run IS 'The run that started it';
COMMENT ON COLUMN {progress}.started IS 'When it was started, by the server''s clock';
COMMENT ON COLUMN {progress}.done IS 'When it was done; empty while it runs or after it failed';
COMMENT ON COLUMN {progress}.before IS 'The session that started it and how things stood then, if no transaction protects it';
