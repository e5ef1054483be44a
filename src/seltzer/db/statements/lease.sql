CREATE TABLE IF NOT EXISTS {lease} (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  holder uuid UNIQUE,
  since timestamptz,
  expires timestamptz,
  client text,
  application text
);
COMMENT ON TABLE {lease} IS 'Behind a pooler, where sessions cannot hold a lock: which run may apply migrations';
COMMENT ON COLUMN {lease}.one IS 'There is one row';
COMMENT ON COLUMN {lease}.holder IS 'The run that holds the lease; empty when nobody does';
COMMENT ON COLUMN {lease}.since IS 'When it took it, by the server''s clock';
COMMENT ON COLUMN {lease}.expires IS 'When another run may take it over, unless its holder renews it, by the server''s clock';
COMMENT ON COLUMN {lease}.client IS 'Where the holder runs: user@host';
COMMENT ON COLUMN {lease}.application IS 'The application that it applies migrations for';
INSERT INTO {lease} DEFAULT VALUES ON CONFLICT DO NOTHING
