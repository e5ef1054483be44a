"""Which privilege was missing: PostgreSQL says what was denied, in words; the GRANT follows from them."""

from __future__ import annotations

import re

# The messages of aclcheck_error and its kin, the same since 11; in another language of the server none matches.
_DENIED = re.compile(r"permission denied for (?P<kind>[a-z -]+?) (?P<name>.+)")
_OWNER = re.compile(r"must be (?:the )?owner of (?P<kind>[a-z -]+?) (?P<name>.+)")
_CREATE = re.compile(r"permission denied to create (?P<kind>role|database|extension)(?: \"(?P<name>.+)\")?")
_ATTRIBUTE = {"role": "CREATEROLE", "database": "CREATEDB"}
_GRANTS = {
    "schema": "USAGE, CREATE ON SCHEMA",
    "database": "CREATE ON DATABASE",
    "table": "the privilege ON TABLE",
    "view": "the privilege ON TABLE",
    "materialized view": "the privilege ON TABLE",
    "sequence": "USAGE ON SEQUENCE",
    "function": "EXECUTE ON FUNCTION",
    "procedure": "EXECUTE ON PROCEDURE",
    "type": "USAGE ON TYPE",
    "language": "USAGE ON LANGUAGE",
    "tablespace": "CREATE ON TABLESPACE",
    "foreign-data wrapper": "USAGE ON FOREIGN DATA WRAPPER",
    "foreign server": "USAGE ON FOREIGN SERVER",
}


def missing_privilege(message: str) -> str | None:
    """What to grant to the role that was denied something; None where the words are not known.

    Args:
        message: The server's message with SQLSTATE 42501.
    """
    if denied := _DENIED.fullmatch(message):
        grant = _GRANTS.get(denied["kind"])
        return f"GRANT {grant} {denied['name']} TO the role that migrates." if grant else None
    if owner := _OWNER.fullmatch(message):
        what = f"the {owner['kind']} {owner['name']}"
        return f"Only the owner of {what} may do this: set role = the owner, or give {what} to the role that migrates."
    if create := _CREATE.fullmatch(message):
        if create["kind"] == "extension":
            return "CREATE EXTENSION it once as a superuser, or GRANT CREATE ON DATABASE for a trusted one."
        return f"ALTER ROLE the role that migrates {_ATTRIBUTE[create['kind']]}."
    return None
