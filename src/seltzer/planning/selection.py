"""What a person means by an id: `module/name`, `module`, `module/0002`, or `module/0002..0005`."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from seltzer.errors import Place, UnknownMigrationError
from seltzer.sql.passwords import without_passwords

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_RANGE = re.compile(r"(?P<first>\d+)\.\.(?P<last>\d+)")


def resolve(reference: str, known: Collection[str], place: tuple[Path, int] | None = None) -> list[str]:
    """The ids that a reference stands for, in the order of `known`.

    Args:
        reference: In one of the forms above.
        known: All ids.
        place: Where the reference stands, for the error.

    Raises:
        UnknownMigrationError: It stands for none; the hint has the nearest three.
    """
    module, slash, name = reference.partition("/")
    inside = [id_ for id_ in known if id_.partition("/")[0] == module]
    if slash:
        inside = [id_ for id_ in inside if _matches(name, id_.partition("/")[2])]
    if inside:
        return inside
    names = sorted(known if slash else {id_.partition("/")[0] for id_ in known})
    near = difflib.get_close_matches(reference, names, n=3, cutoff=0.3) or names[:3]
    raise UnknownMigrationError(
        f"there is no {'migration' if slash else 'module'} {without_passwords(reference)!r}",
        hint=f"Nearest: {', '.join(near)}." if near else "The folder has no migration.",
        place=Place(*place) if place else None,
    )


def _matches(wanted: str, name: str) -> bool:
    if name == wanted:
        return True
    digits = name.partition("_")[0]
    if not digits.isdigit():
        return False
    if wanted.isascii() and wanted.isdigit():
        return int(wanted) == int(digits)
    span = _RANGE.fullmatch(wanted)
    return span is not None and int(span["first"]) <= int(digits) <= int(span["last"])
