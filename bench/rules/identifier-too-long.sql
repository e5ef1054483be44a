--- defect: a table
CREATE TABLE IF NOT EXISTS copies_of_books_that_were_given_to_other_libraries_of_the_county (id bigint PRIMARY KEY);
--- defect: a column
ALTER TABLE books ADD COLUMN the_number_of_the_copy_in_the_catalogue_of_the_library_of_the_county integer;
--- defect: an index
CREATE INDEX IF NOT EXISTS idx_loans_reader_id_book_id_lent_due_fine_code_for_the_report_of_the_month ON loans (reader_id);
--- defect: a constraint
ALTER TABLE loans ADD CONSTRAINT loans_reader_id_book_id_must_be_known_before_anything_is_lent_to_anybody CHECK (reader_id IS NOT NULL) NOT VALID;
--- defect: in quotes
CREATE TABLE IF NOT EXISTS "Copies of books that were given to other libraries of the whole county" (id bigint PRIMARY KEY);
--- defect: 64 bytes
CREATE TABLE IF NOT EXISTS a23456789012345678901234567890123456789012345678901234567890abcd (id bigint);
--- defect: 40 letters, 80 bytes
CREATE TABLE IF NOT EXISTS "öööööööööööööööööööööööööööööööööööööööö" (id bigint);
--- defect: a function
CREATE OR REPLACE FUNCTION the_sum_of_all_fines_that_a_reader_has_to_pay_at_the_end_of_the_month() RETURNS integer LANGUAGE sql AS 'SELECT 1';
--- defect: an enum
CREATE TYPE the_state_of_a_book_in_the_catalogue_of_the_library_of_the_whole_county AS ENUM ('there', 'gone');
--- defect: only referred to
COMMENT ON COLUMN books.title IS 'x';
DROP INDEX IF EXISTS idx_loans_reader_id_book_id_lent_due_fine_code_for_the_report_of_the_month;
--- defect: a name in a query
CREATE VIEW totals AS SELECT count(*) AS the_number_of_all_loans_that_were_made_since_the_library_was_opened_to_readers FROM loans;
--- defect: a trigger
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER write_down_who_changed_the_loan_and_when_it_was_changed_by_whom_and_why BEFORE UPDATE ON loans FOR EACH ROW EXECUTE FUNCTION noted();
--- defect: a quote counts once
CREATE TABLE "a""b_56789012345678901234567890123456789012345678901234567890123456" (id bigint);
--- defect: in Unicode escapes, which are shorter when they are read
CREATE TABLE U&"d\0061t\+000061_of_all_the_libraries_of_the_county_and_of_the_towns_in_its_north" (id bigint);
--- twin: 63 bytes
CREATE TABLE IF NOT EXISTS a23456789012345678901234567890123456789012345678901234567890abc (id bigint);
--- twin: 31 letters, 62 bytes
CREATE TABLE IF NOT EXISTS "ööööööööööööööööööööööööööööööö" (id bigint);
--- twin: a long text
COMMENT ON TABLE books IS 'the_number_of_the_copy_in_the_catalogue_of_the_library_of_the_whole_county';
--- twin: a long comment
-- copies_of_books_that_were_given_to_other_libraries_of_the_whole_county
COMMENT ON TABLE books IS 'books';
--- twin: 65 characters between the quotes, of which two pairs count once
CREATE TABLE "a""b""c78901234567890123456789012345678901234567890123456789012" (id bigint);
--- twin: a long name between dollars is a body
CREATE OR REPLACE FUNCTION one() RETURNS text LANGUAGE sql AS $$ SELECT 'the_number_of_the_copy_in_the_catalogue_of_the_library_of_the_whole_county' $$;
--- twin: a long number
CREATE TABLE numbers AS SELECT 1234567890123456789012345678901234567890123456789012345678901234567890 AS n;
--- twin: two names with a point between them
COMMENT ON COLUMN public.books.title IS 'y';
ALTER TABLE books ADD COLUMN the_number_of_the_copy_in_the_catalogue_of_the_county_library integer;
--- twin: Unicode escapes, long only as they are written
CREATE TABLE U&"d\0061t\0061_of_\0061ll_the_libr\0061ries_in_the_north_\0061nd_the_south" (id bigint);
