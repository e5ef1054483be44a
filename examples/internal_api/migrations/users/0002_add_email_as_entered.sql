-- Room for the spelling that 0003_normalise_emails takes out of email, so that it can be put back.
-- seltzer: lock-timeout = 5s

ALTER TABLE users ADD COLUMN IF NOT EXISTS email_as_entered TEXT;

COMMENT ON COLUMN users.email_as_entered IS 'The address as the user typed it, where that was not all lower case.';
