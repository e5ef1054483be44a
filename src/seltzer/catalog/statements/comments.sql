SELECT d.classoid, d.objoid, d.objsubid, 'comment', d.description
FROM pg_catalog.pg_description AS d WHERE d.objoid >= 16384
UNION ALL
SELECT d.classoid, d.objoid, d.objsubid, 'comment', d.description
FROM pg_catalog.pg_description AS d
WHERE d.objoid = 2200 AND d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
UNION ALL
SELECT l.classoid, l.objoid, l.objsubid, 'security label of ' || l.provider, l.label FROM pg_catalog.pg_seclabel AS l
