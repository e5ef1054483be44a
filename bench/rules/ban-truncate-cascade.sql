--- defect: rows of tables that the statement does not name
TRUNCATE books CASCADE;
--- defect: TRUNCATE TABLE
TRUNCATE TABLE reviews CASCADE;
--- defect: numbers begin anew
TRUNCATE reviews RESTART IDENTITY CASCADE;
--- twin: all of them are named
TRUNCATE reviews, answers;
--- twin: nobody refers to it
TRUNCATE TABLE holidays;
--- twin: CASCADE, and nobody refers to it
TRUNCATE answers CASCADE;
--- twin: all of them are named, and CASCADE
TRUNCATE reviews, answers CASCADE;
--- twin: of the same file
CREATE TABLE clerks (id bigint PRIMARY KEY);
CREATE TABLE shifts (id bigint PRIMARY KEY, clerk_id bigint REFERENCES clerks (id));
TRUNCATE clerks CASCADE;
