SELECT n.oid, n.nspname::pg_catalog.text FROM pg_catalog.pg_namespace AS n
