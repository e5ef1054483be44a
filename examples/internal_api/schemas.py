"""What the service takes and returns."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=63)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]


class Health(BaseModel):
    """Whether the service can work, and the state of its migrations."""

    status: Literal["ok", "unavailable"]
    migrations: str


class NewOrganisation(BaseModel):
    """An organisation to create."""

    name: Text
    slug: Slug
    billing_email: Email | None = None


class Organisation(NewOrganisation):
    """A customer."""

    id: int
    created_at: AwareDatetime
    updated_at: AwareDatetime


class NewUser(BaseModel):
    """A user to create."""

    organisation_id: int
    email: Email
    full_name: Text


class User(NewUser):
    """An active user, with the name of the organisation."""

    id: int
    organisation: str
    email_verified: bool
    created_at: AwareDatetime


class NewApiKey(BaseModel):
    """An API key to issue."""

    user_id: int
    name: Text
    expires_at: AwareDatetime | None = None


class ApiKey(NewApiKey):
    """An API key, without the key."""

    id: int
    prefix: str
    created_at: AwareDatetime
    revoked_at: AwareDatetime | None


class IssuedApiKey(ApiKey):
    """An API key with the key itself: the only answer that ever shows it."""

    key: str


class AuditEntry(BaseModel):
    """One change of one row."""

    id: int
    occurred_at: AwareDatetime
    table_name: str
    row_id: int
    action: Literal["INSERT", "UPDATE", "DELETE"]
    changed_columns: list[str]
    actor_user_id: int | None
    api_key_id: int | None
    request_id: str | None
