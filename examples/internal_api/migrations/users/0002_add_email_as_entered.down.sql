-- Revert 0003_normalise_emails before: it is what brings the typed spellings back into email.
-- seltzer: lock-timeout = 5s

ALTER TABLE users DROP COLUMN IF EXISTS email_as_entered;
