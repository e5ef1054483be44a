-- Nullable and without a default: the release before this one goes on writing rows that do not have it.
-- seltzer: lock-timeout = 5s

ALTER TABLE organisations ADD COLUMN IF NOT EXISTS billing_email TEXT;

COMMENT ON COLUMN organisations.billing_email IS 'Where invoices go; NULL sends them to nobody.';
