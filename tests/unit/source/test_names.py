"""Which names are legal, and the legal one that is nearest to one that is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seltzer.source.names import MODULE, REPEATABLE, VERSIONED, nearest_file, nearest_module

ALWAYS_THE_SAME = settings(derandomize=True, deadline=None)


@pytest.mark.parametrize("name", ["users", "api_keys", "u2", "a", "x_", "a" * 63])
def test_a_legal_module(name: str) -> None:
    """Lower-case letters, digits and underscores, a letter first, 63 of them at most."""
    assert MODULE.fullmatch(name)


@pytest.mark.parametrize(
    "name", ["Users", "2users", "_users", "api-keys", "api keys", "ämter", "a" * 64, "", "users\n"]
)
def test_a_module_that_is_not_legal(name: str) -> None:
    """It could not be imported, or not be told from another on every system."""
    assert not MODULE.fullmatch(name)


@pytest.mark.parametrize("stem", ["0001_a", "00000000000001_add_email", "20240131_x", "20240131120000_x", "0001_2fa"])
def test_a_legal_numbered_file(stem: str) -> None:
    """Four to fourteen digits: up to a date with a time."""
    assert VERSIONED.fullmatch(stem)


@pytest.mark.parametrize(
    "stem",
    [
        "001_a",
        "000000000000001_a",
        "0001",
        "0001_",
        "0001-a",
        "0001_A",
        "0001_ä",
        "\u0660\u0660\u0660\u0661_a",
        "a_0001",
    ],
)
def test_a_numbered_file_that_is_not_legal(stem: str) -> None:
    """Digits are those of ASCII, as in an id that somebody types."""
    assert not VERSIONED.fullmatch(stem)


@pytest.mark.parametrize("stem", ["create_tables", "active_users", "v2"])
def test_a_legal_repeatable_file(stem: str) -> None:
    """Words, a letter first."""
    assert REPEATABLE.fullmatch(stem)


@pytest.mark.parametrize("stem", ["Views", "_views", "my-views", "my views", "views.old", ""])
def test_a_repeatable_file_that_is_not_legal(stem: str) -> None:
    """Capitals, blanks, hyphens and dots are none."""
    assert not REPEATABLE.fullmatch(stem)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Users", "users"),
        ("apiKeys", "api_keys"),
        ("api-keys", "api_keys"),
        ("2fa", "m_2fa"),
        ("my module!", "my_module"),
        ("a" * 70, "a" * 63),
    ],
)
def test_the_nearest_module(name: str, nearest: str) -> None:
    """What a person would have written."""
    assert nearest_module(name) == nearest


@pytest.mark.parametrize(
    ("stem", "nearest"),
    [
        ("001_add_email", "0001_add_email"),
        ("1-add email", "0001_add_email"),
        ("0001addEmail", "0001_add_email"),
        ("0001", "0001_change"),
        ("202401311200001_add_email", "20240131120000_add_email"),
        ("ActiveUsers", "active_users"),
        ("active-users", "active_users"),
        ("views.old", "views_old"),
    ],
)
def test_the_nearest_file(stem: str, nearest: str) -> None:
    """The number is kept and padded, the words are joined by underscores."""
    assert nearest_file(stem) == nearest


@ALWAYS_THE_SAME
@given(st.text(min_size=1))
def test_the_nearest_module_is_legal(name: str) -> None:
    """Whatever it was."""
    assert re.fullmatch("[a-z][a-z0-9_]{0,62}", nearest_module(name))


@ALWAYS_THE_SAME
@given(st.text(min_size=1))
def test_the_nearest_file_is_legal(stem: str) -> None:
    """Whatever it was."""
    assert re.fullmatch("[0-9]{4,14}_[a-z0-9_]+|[a-z][a-z0-9_]*", nearest_file(stem))


@ALWAYS_THE_SAME
@given(st.from_regex(r"[0-9²٣]{1,20}[ _-]?[a-zA-Z]{0,5}", fullmatch=True))
def test_the_nearest_numbered_file_is_legal(stem: str) -> None:
    """Whatever the system counts as a digit."""
    assert re.fullmatch("[0-9]{4,14}_[a-z0-9_]+|[a-z][a-z0-9_]*", nearest_file(stem))
