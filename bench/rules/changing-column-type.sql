--- defect: a wider integer
ALTER TABLE loans ALTER COLUMN id TYPE bigint;
--- defect: SET DATA TYPE
ALTER TABLE books ALTER COLUMN pages SET DATA TYPE integer;
--- defect: another kind of value
ALTER TABLE readers ALTER COLUMN card TYPE bigint USING substr(card, 2)::bigint;
--- defect: a shorter text
ALTER TABLE readers ALTER COLUMN name TYPE varchar(40);
--- defect: from text to a limited one
ALTER TABLE readers ALTER COLUMN email TYPE varchar(200);
--- defect: fewer digits behind the point
ALTER TABLE books ALTER COLUMN price TYPE numeric(8, 1);
--- defect: more digits behind the point
ALTER TABLE books ALTER COLUMN price TYPE numeric(10, 4);
--- defect: json to jsonb
ALTER TABLE books ALTER COLUMN details TYPE jsonb USING details::jsonb;
--- defect: an expression over the same type
ALTER TABLE readers ALTER COLUMN name TYPE varchar(80) USING trim(name);
--- defect: blank-padded to text
ALTER TABLE readers ALTER COLUMN city TYPE text;
--- defect: text to a domain with a check
ALTER TABLE loans ALTER COLUMN code TYPE isbn USING '1';
--- defect: a number to text
ALTER TABLE readers ALTER COLUMN visits DROP DEFAULT, ALTER COLUMN visits TYPE text;
--- defect: another collation under an index
ALTER TABLE readers ALTER COLUMN card TYPE varchar(20) COLLATE "C";
--- twin: varchar to text
ALTER TABLE readers ALTER COLUMN name TYPE text;
--- twin: varchar to a longer varchar
ALTER TABLE readers ALTER COLUMN card TYPE varchar(60);
--- twin: varchar without a limit
ALTER TABLE readers ALTER COLUMN name SET DATA TYPE varchar;
--- twin: more digits in front of the point
ALTER TABLE books ALTER COLUMN price TYPE numeric(12, 2);
--- twin: numeric without a limit
ALTER TABLE loans ALTER COLUMN fine TYPE numeric;
--- twin: a domain without a check, to its type
ALTER TABLE books ALTER COLUMN words TYPE text;
--- twin: text to a domain without a check
ALTER TABLE reviews ALTER COLUMN body TYPE remark;
--- twin: the same type
ALTER TABLE loans ALTER COLUMN lent TYPE timestamptz;
--- twin: on a table of the same file
CREATE TABLE IF NOT EXISTS clerks (id integer PRIMARY KEY);
ALTER TABLE clerks ALTER COLUMN id TYPE bigint;
--- twin: a domain with a check to its type
ALTER TABLE books ALTER COLUMN number TYPE text;
--- twin: another default
ALTER TABLE loans ALTER COLUMN fine SET DEFAULT 0;
--- twin: a default for the column of a view
ALTER VIEW shelved_books ALTER COLUMN shelf SET DEFAULT 'a';
