"""What a person means by an id."""

from __future__ import annotations

from pathlib import Path

import pytest

from seltzer.errors import UnknownMigrationError
from seltzer.planning.selection import resolve

KNOWN = [
    "api_keys/create_tables",
    "users/0001_first",
    "users/0002_add_email",
    "users/0010_tenth",
    "users/20240101000000_dated",
    "users/active_users",
    "users/create_tables",
]
FORMS = {
    "module/name": ("users/0002_add_email", ["users/0002_add_email"]),
    "module/name of a repeatable": ("users/active_users", ["users/active_users"]),
    "module": ("api_keys", ["api_keys/create_tables"]),
    "module with several": ("users", KNOWN[1:]),
    "module/number": ("users/0002", ["users/0002_add_email"]),
    "module/number without noughts": ("users/2", ["users/0002_add_email"]),
    "module/number with more noughts": ("users/000010", ["users/0010_tenth"]),
    "module/date": ("users/20240101000000", ["users/20240101000000_dated"]),
    "module/range": ("users/0002..0010", ["users/0002_add_email", "users/0010_tenth"]),
    "module/range of one": ("users/0001..0001", ["users/0001_first"]),
    "module/range beyond both ends": (
        "users/0..9999",
        ["users/0001_first", "users/0002_add_email", "users/0010_tenth"],
    ),
}
NONE = [
    "user",
    "users/",
    "users/0003",
    "users/0003..0009",
    "users/0002_add",
    "users/add_email",
    "users/create",
    "Users",
    "/0001_first",
    "",
    "users/0001_first/x",
    "users/²",
    "users/٢",
    "users/1..²",
]


@pytest.mark.parametrize(("reference", "found"), FORMS.values(), ids=FORMS.keys())
def test_each_form_stands_for_its_ids(reference: str, found: list[str]) -> None:
    """In the order of the known ids."""
    assert resolve(reference, KNOWN) == found


@pytest.mark.parametrize("reference", NONE)
def test_what_stands_for_none_is_an_error_with_the_nearest(reference: str) -> None:
    """The message repeats what was asked, the hint has at most three that exist."""
    with pytest.raises(UnknownMigrationError) as caught:
        resolve(reference, KNOWN)

    assert repr(reference) in caught.value.message
    assert caught.value.exit_code == 2
    near = (caught.value.hint or "").removeprefix("Nearest: ").removesuffix(".").split(", ")
    assert 1 <= len(near) <= 3
    assert set(near) <= {*KNOWN, "users", "api_keys"}


def test_the_nearest_comes_first() -> None:
    """A slip of the finger gets what was meant."""
    with pytest.raises(UnknownMigrationError) as of_migration:
        resolve("users/0002_add_emial", KNOWN)
    with pytest.raises(UnknownMigrationError) as of_module:
        resolve("apikeys", KNOWN)

    assert (of_migration.value.hint or "").startswith("Nearest: users/0002_add_email")
    assert (of_module.value.hint or "").startswith("Nearest: api_keys")


def test_a_module_that_was_typed_right_counts_more_than_a_likeness() -> None:
    """`0009` is no letter like `0001_first`; still, users was meant."""
    with pytest.raises(UnknownMigrationError) as caught:
        resolve("users/0009", ["order/0009x", "orders/0009_fill", *KNOWN])

    assert (caught.value.hint or "").count("users/") == 3


def test_a_range_the_wrong_way_round() -> None:
    """Is told so."""
    with pytest.raises(UnknownMigrationError) as caught:
        resolve("users/0010..0002", KNOWN)

    assert caught.value.hint == "The lower number comes first: users/0002..0010"


def test_the_error_has_the_place_of_the_reference() -> None:
    """For a directive: file and line; for the command line: none."""
    with pytest.raises(UnknownMigrationError) as caught:
        resolve("user", KNOWN, (Path("users/0001_first.sql"), 3))

    assert caught.value.place is not None
    assert (caught.value.place.file, caught.value.place.line) == (Path("users/0001_first.sql"), 3)


def test_an_empty_folder_has_nothing_near() -> None:
    """The hint says so."""
    with pytest.raises(UnknownMigrationError) as caught:
        resolve("users", [])

    assert caught.value.hint == "The folder has no migration."
