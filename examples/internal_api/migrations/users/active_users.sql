-- Add columns at the end: CREATE OR REPLACE VIEW takes nothing away, so the release before this one keeps its view.

CREATE OR REPLACE VIEW active_users AS
SELECT
    users.id,
    users.organisation_id,
    organisations.name AS organisation,
    users.email,
    users.full_name,
    users.email_verified_at IS NOT NULL AS email_verified,
    users.created_at
FROM users
JOIN organisations ON organisations.id = users.organisation_id
WHERE users.deactivated_at IS NULL;

COMMENT ON VIEW active_users IS 'Users who are not deactivated, with the name of their organisation.';
COMMENT ON COLUMN active_users.id IS 'Number of the user.';
COMMENT ON COLUMN active_users.organisation_id IS 'The organisation that the user belongs to.';
COMMENT ON COLUMN active_users.organisation IS 'The name of that organisation.';
COMMENT ON COLUMN active_users.email IS 'E-mail address.';
COMMENT ON COLUMN active_users.full_name IS 'The name that other people see.';
COMMENT ON COLUMN active_users.email_verified IS 'Whether the user proved to own the address.';
COMMENT ON COLUMN active_users.created_at IS 'When the user was created.';
