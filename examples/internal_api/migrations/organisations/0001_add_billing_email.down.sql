-- Run it after the last release that reads the column is gone. The addresses are lost.
-- seltzer: lock-timeout = 5s

ALTER TABLE organisations DROP COLUMN IF EXISTS billing_email;
