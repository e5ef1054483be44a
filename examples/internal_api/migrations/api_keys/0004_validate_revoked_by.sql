-- Scans the table while reads and writes go on; a migration of its own, so that the lock of 0003 is gone by now.

ALTER TABLE api_keys VALIDATE CONSTRAINT api_keys_revoked_by_fkey;
