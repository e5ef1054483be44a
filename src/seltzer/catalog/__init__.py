"""What pg_catalog says of the target."""
