--- defect: a time of its own for each row
ALTER TABLE loans ADD COLUMN seen timestamptz DEFAULT clock_timestamp();
--- defect: a random identifier
ALTER TABLE books ADD COLUMN public_id uuid NOT NULL DEFAULT gen_random_uuid();
--- defect: a random number in an expression
ALTER TABLE readers ADD COLUMN lot integer DEFAULT (random() * 100)::integer;
--- defect: a volatile function of the schema's own
ALTER TABLE loans ADD COLUMN ticket integer DEFAULT ticket();
--- defect: a number from a sequence
ALTER TABLE loans ADD COLUMN number bigint DEFAULT nextval('tickets');
--- defect: serial
ALTER TABLE loans ADD COLUMN number bigserial;
--- defect: identity
ALTER TABLE loans ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY;
--- defect: a stored generated column
ALTER TABLE readers ADD COLUMN twice integer GENERATED ALWAYS AS (visits * 2) STORED;
--- defect: volatile, behind a harmless column in the same command
ALTER TABLE books ADD COLUMN copies integer DEFAULT 1, ADD COLUMN stamped timestamptz DEFAULT statement_timestamp() + random() * interval '1 day';
--- defect: a default of a domain with a check, which is proven row by row up to 18
ALTER TABLE books ADD COLUMN second_number isbn DEFAULT '0';
--- defect: a random identifier of 18
ALTER TABLE loans ADD COLUMN public_id uuid DEFAULT uuidv7();
--- twin: a constant
ALTER TABLE loans ADD COLUMN extended boolean NOT NULL DEFAULT false;
--- twin: a constant text
ALTER TABLE books ADD COLUMN language text DEFAULT 'en';
--- twin: the time of the transaction
ALTER TABLE loans ADD COLUMN noted timestamptz NOT NULL DEFAULT now();
--- twin: CURRENT_TIMESTAMP
ALTER TABLE loans ADD COLUMN noted timestamptz DEFAULT CURRENT_TIMESTAMP;
--- twin: CURRENT_DATE
ALTER TABLE loans ADD COLUMN day date DEFAULT CURRENT_DATE;
--- twin: arithmetic of stable functions
ALTER TABLE loans ADD COLUMN until timestamptz DEFAULT now() + interval '14 days';
--- twin: an empty array
ALTER TABLE books ADD COLUMN tags text[] NOT NULL DEFAULT '{}';
--- twin: an array constructor
ALTER TABLE books ADD COLUMN tags text[] NOT NULL DEFAULT ARRAY[]::text[];
--- twin: a JSON constant
ALTER TABLE books ADD COLUMN extra jsonb NOT NULL DEFAULT '{}'::jsonb;
--- twin: an immutable function of the schema's own
ALTER TABLE readers ADD COLUMN quota integer DEFAULT doubled(5);
--- twin: a stable function of the schema's own
ALTER TABLE loans ADD COLUMN noted timestamptz DEFAULT opened();
--- twin: the role
ALTER TABLE loans ADD COLUMN clerk text DEFAULT CURRENT_USER;
--- twin: a cast of a constant
ALTER TABLE loans ADD COLUMN weight numeric(4, 1) DEFAULT '0.5'::numeric;
--- twin: an immutable built-in function
ALTER TABLE loans ADD COLUMN label text DEFAULT lower('NEW') || '-' || upper('x');
--- twin: a negative number
ALTER TABLE loans ADD COLUMN balance integer DEFAULT -1;
--- twin: volatile, on a table of the same file
CREATE TABLE IF NOT EXISTS clerks (id bigint PRIMARY KEY);
ALTER TABLE clerks ADD COLUMN IF NOT EXISTS public_id uuid DEFAULT gen_random_uuid();
--- twin: the default comes after the column
ALTER TABLE books ADD COLUMN public_id uuid;
ALTER TABLE books ALTER COLUMN public_id SET DEFAULT gen_random_uuid();
--- twin: a virtual generated column of 18
ALTER TABLE readers ADD COLUMN twice integer GENERATED ALWAYS AS (visits * 2) VIRTUAL;
--- twin: a column that is there already is passed over
ALTER TABLE loans ADD COLUMN IF NOT EXISTS code text DEFAULT gen_random_uuid()::text;
