--- defect: a check
ALTER DOMAIN remark ADD CONSTRAINT remark_short CHECK (length(VALUE) < 200);
--- defect: without a name
ALTER DOMAIN isbn ADD CHECK (VALUE <> '-');
--- twin: NOT VALID
ALTER DOMAIN remark ADD CONSTRAINT remark_short CHECK (length(VALUE) < 200) NOT VALID;
--- twin: a default
ALTER DOMAIN remark SET DEFAULT '';
--- twin: a domain of the same file
CREATE DOMAIN shelf_mark AS text;
ALTER DOMAIN shelf_mark ADD CONSTRAINT shelf_mark_short CHECK (length(VALUE) < 20);
--- twin: dropped
ALTER DOMAIN isbn DROP CONSTRAINT IF EXISTS isbn_check;
