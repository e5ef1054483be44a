"""Every form in which a database can be written, and what cannot be read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seltzer.config.database import Embedded, Target, find_database, find_direct_database
from seltzer.config.forms import read_text
from seltzer.errors import InvalidDatabaseError

if TYPE_CHECKING:
    from unit.config.conftest import Project

CANARY = "canary-4711"
LOCAL = {"user": "u", "password": "p@/ w", "host": "h", "port": "5433", "dbname": "d"}

printable = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=12)


def parameters(project: Project, database: object) -> dict[str, str]:
    """What a database reads as, for one that is there already."""
    found = project.database(database=database)
    assert isinstance(found, Target)
    return dict(found.parameters)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://u:p%40%2F%20w@h:5433/d", LOCAL),
        ("postgres://u:p%40%2F%20w@h:5433/d", LOCAL),
        ("  POSTGRESQL://u:p%40%2F%20w@h:5433/d\n", LOCAL),
        ("user=u password='p@/ w' host=h port=5433 dbname=d", LOCAL),
        ("host=h\ndbname=d", {"host": "h", "dbname": "d"}),
        ("postgresql://", {}),
        ("postgresql:///d?host=/run/pg&port=1", {"dbname": "d", "host": "/run/pg", "port": "1"}),
        ("postgresql://[::1]:5/d", {"host": "::1", "port": "5", "dbname": "d"}),
        (
            "postgresql://a:1,b:2/d?target_session_attrs=read-write",
            {"host": "a,b", "port": "1,2", "dbname": "d", "target_session_attrs": "read-write"},
        ),
        ("postgresql://h/d?ssl=true", {"host": "h", "dbname": "d", "sslmode": "require"}),
        ("service=production", {"service": "production"}),
        ("postgresql://me%40azure:p@h/d", {"user": "me@azure", "password": "p", "host": "h", "dbname": "d"}),
    ],
)
def test_what_libpq_reads(project: Project, text: str, expected: dict[str, str]) -> None:
    """URLs, in both spellings of the scheme, and keyword strings."""
    assert parameters(project, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql+asyncpg://u:p%40%2F w@h:5433/d", LOCAL),
        ("postgres+psycopg2://u:p%40/ w@h:5433/d", LOCAL),
        ("postgresql+psycopg://h/d", {"host": "h", "dbname": "d"}),
        ("postgresql+asyncpg:///d?host=/run/pg", {"dbname": "d", "host": "/run/pg"}),
        ("postgresql+asyncpg://[fe80::1]:5/d", {"host": "fe80::1", "port": "5", "dbname": "d"}),
        ("postgresql+asyncpg://h/d?ssl=verify-full", {"host": "h", "dbname": "d", "sslmode": "verify-full"}),
        ("postgresql+pg8000://h/d?ssl=True", {"host": "h", "dbname": "d", "sslmode": "require"}),
        ("postgresql+asyncpg://h/d?ssl=false", {"host": "h", "dbname": "d", "sslmode": "disable"}),
        ("postgresql+psycopg2://h/d?sslmode=allow", {"host": "h", "dbname": "d", "sslmode": "allow"}),
        ("postgresql+psycopg2:///d?host=a:1&host=b:2", {"dbname": "d", "host": "a,b", "port": "1,2"}),
        ("postgresql+psycopg2:///d?host=a:1,b:2", {"dbname": "d", "host": "a,b", "port": "1,2"}),
        ("postgresql+psycopg2:///d?host=a:1&host=b", {"dbname": "d", "host": "a,b", "port": "1,"}),
        ("postgresql+psycopg2:///d?host=a,b&port=1,2", {"dbname": "d", "host": "a,b", "port": "1,2"}),
        ("postgresql+asyncpg://h/d?prepared_statement_cache_size=0&async_fallback=true", {"host": "h", "dbname": "d"}),
        ("postgresql+psycopg://h/d?application_name=x", {"host": "h", "dbname": "d", "application_name": "x"}),
        ("postgresql+psycopg://", {}),
    ],
)
def test_what_sqlalchemy_reads(project: Project, text: str, expected: dict[str, str]) -> None:
    """The driver is cut, `ssl` becomes `sslmode`, several hosts are libpq's, what only the driver reads is left out."""
    found = project.database(database=text)

    assert isinstance(found, Target)
    assert found.parameters == expected
    assert found.warnings == ()


def test_a_parameter_that_nobody_knows_is_left_out_with_a_warning(project: Project) -> None:
    """The warning has its name, never its value."""
    found = project.database(database=f"postgresql+asyncpg://h/d?pool={CANARY}&pool=2&sslmode=require")

    assert found == Target(
        {"host": "h", "dbname": "d", "sslmode": "require"},
        "--database",
        ("--database: the parameter pool is not known and was left out",),
    )


@given(
    user=printable.filter(lambda text: ":" not in text),
    password=printable,
    name=st.from_regex(r"[a-z]+", fullmatch=True),
)
def test_both_readers_agree_on_an_encoded_url(user: str, password: str, name: str) -> None:
    """SQLAlchemy and libpq read the same from a URL whose parts are percent-encoded."""
    rest = f"{quote(user, safe='')}:{quote(password, safe='')}@h:5433/{name}"

    libpq, sqlalchemy = read_text(f"postgresql://{rest}"), read_text(f"postgresql+psycopg://{rest}")

    assert libpq == sqlalchemy
    assert libpq is not None
    assert libpq.values == {"user": user, "password": password, "host": "h", "port": "5433", "dbname": name}


def test_embedded_is_a_private_server_of_the_project(project: Project) -> None:
    """Its folder is the project's own, wherever the command was called."""
    assert project.database(database="embedded") == Embedded(project.root / ".seltzer", "--database")


def test_embedded_in_another_folder(project: Project) -> None:
    """A relative folder starts from where it was written."""
    path = project.write("conf/seltzer.toml", "database = 'embedded:../data'\n")

    assert find_database(project.flags(path), {}) == Embedded(project.root / "data", "database")
    assert project.database(database="embedded:data") == Embedded(project.root / "data", "--database")
    assert project.database(database="embedded:/data") == Embedded(type(path)("/data"), "--database")


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        f"u:{CANARY}",
        f"u:{CANARY}@h",
        f"u:{CANARY.replace('-', '_')}",
        f"mysql://u:{CANARY}@h/d",
        f"jdbc:postgresql://h/d?password={CANARY}",
        f"sqlite:///{CANARY}",
        f"postgresql:/u:{CANARY}@h/d",
        f"postgresql://u:{CANARY} x@h/d",
        f"postgresql://u:%zz{CANARY}@h/d",
        f"postgresql://u:x@{CANARY}@h/d",
        f"postgresql://u:{CANARY}/x@h/d",
        f"postgresql://u:12/{CANARY}@h/d",
        f"postgresql://u:x?{CANARY}/y@h/d",
        f"postgresql://u:x@y?{CANARY}=1@h/d",
        f"postgresql://u%3A{CANARY}@h/d",
        f"postgresql://h:{CANARY}/d",
        f"postgresql://h/d?{CANARY}=x",
        f"postgresql+asyncpg://u:x@{CANARY}@h/d",
        f"postgresql+asyncpg://u:x@y?{CANARY}=1@h/d",
        f"postgresql+asyncpg://h:{CANARY}/d",
        f"postgresql+asyncpg://u:{CANARY}@[h/d",
        f"host=h password={CANARY} x",
        f"host=h {CANARY}=x",
        f"host=h port={CANARY}",
        f"host='h password={CANARY}",
        f"dbname=postgresql://u:{CANARY}@h/d",
        f"dbname='x password = {CANARY}'",
        f"postgresql+asyncpg:///x password={CANARY}",
        f"embedded\0{CANARY}",
        f"embedded@{CANARY}",
        "embedded:",
        f"no_such_module_at_all:{CANARY.replace('-', '_')}",
        f"postgresql://u:\udcff{CANARY}@h/d",
        f"host=\udcff{CANARY}",
    ],
)
def test_a_text_that_cannot_be_read_is_never_repeated(project: Project, text: str) -> None:
    """Not even in part, nor in a chained error: pieces of a password end up in any part of a URL."""
    project.environ["DATABASE_URL"] = text.replace("\0", "")

    for look in (lambda: project.database(database=text), project.database):
        with pytest.raises(InvalidDatabaseError) as caught:
            look()

        error = caught.value
        assert "4711" not in f"{error!s} {error!r} {error.args} {vars(error)}"
        assert error.__context__ is None
        assert error.__cause__ is None


def test_libpq_never_sees_half_of_a_text(project: Project) -> None:
    """It would read up to the NUL, and connect to something else than was asked for."""
    with pytest.raises(InvalidDatabaseError, match="the text of --database cannot be read"):
        project.database(database="dbname=x\0y")


def test_an_unreadable_text_names_where_it_stands(project: Project) -> None:
    """Flag, variable, or file and line; and the forms that can be read."""
    path = project.write("seltzer.toml", f"\ndatabase = 'mysql://u:{CANARY}@h/d'\n")

    with pytest.raises(InvalidDatabaseError) as caught:
        project.database()

    assert str(caught.value).startswith(f"{path}:2: the text of database cannot be read\nhint: Write a libpq URL")
    with pytest.raises(InvalidDatabaseError, match="the text of --database cannot be read"):
        project.database(database=CANARY)


class Secret:
    """As Pydantic's `SecretStr`."""

    def get_secret_value(self) -> str:
        """The text behind the stars."""
        return "postgresql://h/d"


class PydanticUrl:
    """As Pydantic's `PostgresDsn`."""

    def unicode_string(self) -> str:
        """The whole URL."""
        return "postgresql://h/d"


class AlchemyUrl(tuple[str]):
    """As SQLAlchemy's `URL`, which is a tuple, and whose text leaves spaces as they are."""

    __slots__ = ()

    def render_as_string(self, *, hide_password: bool = True) -> str:
        """The whole URL."""
        return f"postgresql://u:{'***' if hide_password else 'p w'}@h/d"


class Settings:
    """Attributes on a class that cannot be made without arguments."""

    DB_NAME = "d"
    DB_HOST = "h"

    def __init__(self, required: str) -> None:
        self.required = required


@pytest.mark.parametrize(
    ("given_object", "expected"),
    [
        (lambda: "postgresql://h/d", {"host": "h", "dbname": "d"}),
        (lambda: Secret(), {"host": "h", "dbname": "d"}),  # noqa: PLW0108  # a callable that returns an object
        (Secret(), {"host": "h", "dbname": "d"}),
        (PydanticUrl(), {"host": "h", "dbname": "d"}),
        (AlchemyUrl(), {"user": "u", "password": "p w", "host": "h", "dbname": "d"}),
        (Settings, {"host": "h", "dbname": "d"}),
        (SimpleNamespace(DB_NAME="d", DB_PORT=5433, DB_PASSWORD=None), {"dbname": "d", "port": "5433"}),
    ],
)
def test_an_object_of_the_application_names_its_database(
    project: Project, given_object: object, expected: dict[str, str]
) -> None:
    """Code may give what its own settings hold."""
    found = find_database(project.code(database=given_object), {})

    assert isinstance(found, Target)
    assert found.parameters == expected
    assert found.source == "the argument database"


def raising() -> str:
    """As settings do that miss a variable."""
    raise ValueError(CANARY)


def leaving() -> str:
    """As settings do that are a script."""
    raise SystemExit(CANARY)


async def later() -> str:
    """What nobody can wait for here."""
    return "postgresql://h/d"


@pytest.mark.parametrize(
    ("given_object", "reason"),
    [
        (raising, "raised ValueError"),
        (leaving, "raised SystemExit"),
        (later, "is nothing that names a database"),
        (lambda: 5, "is nothing that names a database"),
        (lambda: "", "is nothing that names a database"),
        (SimpleNamespace(DB_NAME="", DB_HOST=None), "is nothing that names a database"),
        (SimpleNamespace(DB_NAME=f"postgresql://u:{CANARY}@h/d"), "is nothing that names a database"),
        (SimpleNamespace(DB_NAME="d", DB_HOST=f"u:{CANARY}@h"), "is nothing that names a database"),
    ],
)
def test_an_object_that_names_no_database_is_an_error(project: Project, given_object: object, reason: str) -> None:
    """With the reason, and without a word of what the object said."""
    with pytest.raises(InvalidDatabaseError) as caught:
        find_database(project.code(database=given_object), {})

    assert f"what the argument database names {reason}" in str(caught.value)
    assert CANARY not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "source",
    [
        "URL = 'postgresql://h/d'\n",
        "def URL():\n    return 'postgresql://h/d'\n",
        "class URL:\n    DB_NAME = 'd'\n    DB_HOST = 'h'\n",
        "URL = 'app.other:url'\n",
    ],
)
def test_an_attribute_of_the_application_names_its_database(project: Project, source: str) -> None:
    """A text, a callable, an object, or the way to another attribute."""
    project.write("app/settings.py", source)
    project.write("app/other.py", "url = 'host=h dbname=d'\n")

    assert parameters(project, "app.settings:URL") == {"host": "h", "dbname": "d"}


def test_an_attribute_in_an_attribute(project: Project) -> None:
    """A path with dots after the colon."""
    project.write("app.py", "class settings:\n    class database:\n        url = 'postgresql://h/d'\n")

    assert parameters(project, "app:settings.database.url") == {"host": "h", "dbname": "d"}


def test_an_attribute_that_raises_is_pointed_at(project: Project) -> None:
    """By the line of the application; the error's own text may hold the URL."""
    path = project.write("app.py", f"x = 1\n\nurl = int('{CANARY}')\n")

    with pytest.raises(InvalidDatabaseError) as caught:
        project.database(database="app:url")

    assert str(caught.value).startswith(f"{path}:3: what --database names raised ValueError\n")
    assert CANARY not in str(caught.value)


def test_attributes_in_a_circle_are_an_error(project: Project) -> None:
    """Nobody waits for ever."""
    project.write("app.py", "one = 'app:two'\ntwo = 'app:one'\n")

    with pytest.raises(InvalidDatabaseError, match="leads from one attribute to the next"):
        project.database(database="app:one")


def test_the_way_around_a_pooler(project: Project) -> None:
    """The same forms; nothing is looked for when it is not set."""
    project.environ["DATABASE_URL"] = "postgresql://pooler/d"

    assert find_direct_database(project.flags()) is None
    assert find_direct_database(project.flags(direct_database="postgresql://h/d")) == Target(
        {"host": "h", "dbname": "d"}, "--direct-database"
    )
