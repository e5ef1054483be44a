-- Create example table
CREATE TABLE IF NOT EXISTS example_table (
    id SERIAL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- Create indexes
CREATE INDEX IF NOT EXISTS idx_example_table_name ON example_table(name);

-- Document the table and its columns
COMMENT ON TABLE example_table IS 'The smallest possible module; nothing in the service reads it.';
COMMENT ON COLUMN example_table.id IS 'Number of the example.';
COMMENT ON COLUMN example_table.name IS 'What the example is called.';
COMMENT ON COLUMN example_table.created_at IS 'When the row was written, in the time zone of the session that wrote it.';
