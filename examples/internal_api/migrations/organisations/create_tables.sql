-- Organisations are the customers of the Soda Internal API; everything else belongs to one of them.

CREATE TABLE IF NOT EXISTS organisations (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT organisations_name_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT organisations_slug_format CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$')
);

CREATE UNIQUE INDEX IF NOT EXISTS idx_organisations_slug ON organisations (slug);

COMMENT ON TABLE organisations IS 'Customers. Every user belongs to exactly one.';
COMMENT ON COLUMN organisations.id IS 'Number of the organisation; never used again.';
COMMENT ON COLUMN organisations.name IS 'The name that people read.';
COMMENT ON COLUMN organisations.slug IS 'The name in addresses: lower case letters and digits in groups, joined by hyphens; unique.';
COMMENT ON COLUMN organisations.created_at IS 'When the organisation was created.';
COMMENT ON COLUMN organisations.updated_at IS 'When the row was last changed; kept by the trigger set_organisations_updated_at.';
