--- defect: ADD CONSTRAINT
ALTER TABLE loans ADD CONSTRAINT loans_reader_id_fkey FOREIGN KEY (reader_id) REFERENCES readers (id);
--- defect: without a name
ALTER TABLE loans ADD FOREIGN KEY (reader_id) REFERENCES readers (id) ON DELETE CASCADE;
--- defect: deferrable
ALTER TABLE loans ADD CONSTRAINT loans_reader_id_fkey FOREIGN KEY (reader_id) REFERENCES readers DEFERRABLE INITIALLY DEFERRED;
--- defect: a partitioned table
ALTER TABLE visits ADD CONSTRAINT visits_reader_id_fkey FOREIGN KEY (reader_id) REFERENCES readers (id);
--- defect: a new column with a default that refers
ALTER TABLE loans ADD COLUMN clerk_id bigint DEFAULT 1 REFERENCES readers (id);
--- defect: replaced in one command
ALTER TABLE loans DROP CONSTRAINT loans_book_id_fkey, ADD CONSTRAINT loans_book_id_fkey FOREIGN KEY (book_id) REFERENCES books (id) ON DELETE SET NULL;
--- defect: validated in the transaction that adds it
ALTER TABLE loans ADD CONSTRAINT loans_reader_id_fkey FOREIGN KEY (reader_id) REFERENCES readers (id) NOT VALID;
ALTER TABLE loans VALIDATE CONSTRAINT loans_reader_id_fkey;
--- twin: NOT VALID
ALTER TABLE loans ADD CONSTRAINT loans_reader_id_fkey FOREIGN KEY (reader_id) REFERENCES readers (id) NOT VALID;
--- twin: a new column that refers, without a default
ALTER TABLE loans ADD COLUMN clerk_id bigint REFERENCES readers (id);
--- twin: in CREATE TABLE
CREATE TABLE IF NOT EXISTS fines (id bigint PRIMARY KEY, reader_id bigint REFERENCES readers (id));
--- twin: on a table of the same file
CREATE TABLE IF NOT EXISTS fines (id bigint PRIMARY KEY, reader_id bigint);
ALTER TABLE fines ADD CONSTRAINT fines_reader_id_fkey FOREIGN KEY (reader_id) REFERENCES readers (id);
--- twin: on a table of the same file, under its full name
CREATE TABLE IF NOT EXISTS public.fines (id bigint PRIMARY KEY, reader_id bigint);
ALTER TABLE ONLY public.fines ADD CONSTRAINT fines_reader_id_fkey FOREIGN KEY (reader_id) REFERENCES public.readers (id);
--- twin: another rule for what is deleted, and no check of rows
ALTER TABLE loans ALTER CONSTRAINT loans_book_id_fkey DEFERRABLE;
--- twin: validated alone
ALTER TABLE loans VALIDATE CONSTRAINT loans_fine;
--- twin: dropped
ALTER TABLE loans DROP CONSTRAINT IF EXISTS loans_book_id_fkey;
