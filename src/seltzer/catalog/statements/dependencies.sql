-- Who belongs to an extension, and who was made to go with one (ALTER … DEPENDS ON EXTENSION).
SELECT d.classid, d.objid, d.deptype = 'e', e.extname::pg_catalog.text
FROM pg_catalog.pg_depend AS d
JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype IN ('e', 'x')
