"""What each type of setting takes, and what it refuses."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seltzer.config import HistoryName, Late, Policy, values

HERE = Path("/here")
CANARY = "canary-4711"

durations = st.integers(min_value=0, max_value=2**31 - 1).map(lambda ms: timedelta(milliseconds=ms))
names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=15)


def refuse(kind: values.ValueType, written: object) -> None:
    """The type does not take this."""
    with pytest.raises(ValueError):  # noqa: PT011  # the message is made by `sources`
        kind.read(written, HERE)


@pytest.mark.parametrize(
    ("written", "duration"),
    [
        ("250ms", timedelta(milliseconds=250)),
        ("2s", timedelta(seconds=2)),
        ("1.5s", timedelta(milliseconds=1500)),
        (" 10 min ", timedelta(minutes=10)),
        ("1h", timedelta(hours=1)),
        ("1d", timedelta(days=1)),
        ("5", timedelta(seconds=5)),
        (5, timedelta(seconds=5)),
        (0.25, timedelta(milliseconds=250)),
        ("0", timedelta(0)),
        (0, timedelta(0)),
        (timedelta(minutes=3), timedelta(minutes=3)),
    ],
)
def test_a_duration_has_a_unit_and_is_seconds_without(written: object, duration: timedelta) -> None:
    """Text with a unit, a bare number as seconds, and Python's own type are all durations."""
    assert values.DURATION.read(written, HERE) == duration


@pytest.mark.parametrize(
    "written",
    [
        "",
        "soon",
        "10 m",
        "-1s",
        "1s2",
        "٣s",
        "0.1ms",
        "25d",
        "9" * 40,
        True,
        None,
        {},
        -1,
        10**400,
        float("nan"),
        float("inf"),
        timedelta(seconds=-1),
        timedelta(microseconds=1),
        timedelta.max,
    ],
)
def test_what_is_no_duration_is_refused(written: object) -> None:
    """Also what PostgreSQL would round to no limit at all, or could not hold."""
    refuse(values.DURATION, written)


@given(durations)
def test_a_duration_written_and_read_is_itself(duration: timedelta) -> None:
    """Whatever `settings` prints can be put into a settings file."""
    assert values.DURATION.read(values.DURATION.text(duration), HERE) == duration


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("app, public", ("app", "public")),
        ('App,"Mixed Case" , "a,b","q""q"', ("app", "Mixed Case", "a,b", 'q"q')),
        ("$user", ("$user",)),
        ("", ()),
        ([], ()),
        (["App", "a,b"], ("App", "a,b")),
        (("app",), ("app",)),
    ],
)
def test_names_are_read_as_postgresql_reads_a_search_path(written: object, read: tuple[str, ...]) -> None:
    """A text is split at commas and folded; a list has the names as they are stored."""
    assert values.NAMES.read(written, HERE) == read


@pytest.mark.parametrize("written", ["a,,b", "a,", ",a", "a b", '"a', '""', ["a", 1], [""], ["x" * 64], 5, {}])
def test_what_is_no_list_of_names_is_refused(written: object) -> None:
    """Nothing is dropped silently from a list."""
    refuse(values.NAMES, written)


@given(st.lists(names, max_size=4))
def test_names_written_and_read_are_themselves(given_names: list[str]) -> None:
    """Quoting holds for every name that PostgreSQL can store."""
    assert values.NAMES.read(values.NAMES.text(tuple(given_names)), HERE) == tuple(given_names)


def test_a_history_is_a_schema_and_a_table() -> None:
    """Both parts are read, and written back with their dot."""
    name = values.HISTORY.read("billing.history_2", HERE)

    assert name == HistoryName("billing", "history_2")
    assert str(name) == "billing.history_2"
    assert values.HISTORY.read(name, HERE) == name


@pytest.mark.parametrize(
    "written",
    [
        "history",
        "a.b.c",
        ".b",
        "a.",
        "A.b",
        "a b.c",
        'a."b"',
        "pg_temp.h",
        "information_schema.h",
        "1a.b",
        "x" * 64 + ".h",
        "a.h; DROP TABLE users",
        5,
        None,
        HistoryName("A", "b"),
    ],
)
def test_what_is_no_history_is_refused(written: object) -> None:
    """A name that needs quotes, a missing part, a schema of PostgreSQL's own."""
    refuse(values.HISTORY, written)


def test_a_choice_is_read_without_regard_to_case() -> None:
    """The words of a policy, as a text or as itself; anything else is refused."""
    policy = values.choice(Policy)

    assert policy.read("Wait", HERE) is Policy.WAIT
    assert policy.read(Policy.OFF, HERE) is Policy.OFF
    assert policy.text(Policy.OFF) == "off"
    for wrong in ("later", "", None, 1, Late.REFUSE):
        refuse(policy, wrong)


@pytest.mark.parametrize(
    ("written", "path"),
    [("sub", "/here/sub"), ("../up", "/up"), ("/abs", "/abs"), (Path("sub"), "/here/sub"), (".", "/here")],
)
def test_a_relative_path_starts_from_where_it_was_written(written: object, path: str) -> None:
    """A path becomes absolute, without dots in it."""
    assert values.PATH.read(written, HERE) == Path(path)


@pytest.mark.parametrize("written", ["", "  ", "a\0b", 5, b"bytes", None])
def test_what_is_no_path_is_refused(written: object) -> None:
    """An empty text would be the folder itself, by accident."""
    refuse(values.PATH, written)


def test_a_file_of_the_migrations_stands_for_its_folder() -> None:
    """`Migrations(__file__)` is what `migrations/__init__.py` says."""
    assert values.FOLDER.read("/app/migrations/__init__.py", HERE) == Path("/app/migrations")


@pytest.mark.parametrize("written", ["16", "18", 18])
def test_a_server_version_is_one_that_the_wheel_has(written: object) -> None:
    """16 and 18, as text or number."""
    assert values.VERSION.read(written, HERE) == int(str(written))


@pytest.mark.parametrize("written", ["17", 18.0, True, "1_8", None])
def test_another_server_version_is_refused(written: object) -> None:
    """Nothing is rounded to a version."""
    refuse(values.VERSION, written)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (values.TEXT, ""),
        (values.TEXT, "two\nlines"),
        (values.TEXT, 5),
        (values.NAME, "x" * 64),
        (values.NAME, ""),
        (values.DATABASE, 5),
        (values.DATABASE, ""),
        (values.DATABASE, ["x"]),
    ],
)
def test_what_is_no_text_name_or_database_is_refused(kind: values.ValueType, written: object) -> None:
    """Empty, of the wrong type, too long, or not on one line."""
    refuse(kind, written)


def test_a_wrong_value_is_shown_unless_it_could_be_a_connection_text() -> None:
    """What someone pasted into the wrong setting must not be printed."""
    assert values.shown("soon") == "'soon'"
    assert len(values.shown("x" * 500)) < 70
    for text in (f"postgresql://u:{CANARY}@h/db", f"host=h password={CANARY}", f"u:{CANARY}@h", f"https://{CANARY}"):
        assert CANARY not in values.shown(text)
