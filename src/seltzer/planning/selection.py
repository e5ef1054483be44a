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

_LIKE, _SAME_MODULE = 0.3, 0.3
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
    like = {name: _likeness(reference, name) for name in names}
    near = [name for name in sorted(names, key=lambda name: (like[name], name), reverse=True) if like[name] >= _LIKE]
    near = near[:3] or names[:3]
    hint = f"Nearest: {', '.join(near)}." if near else "The folder has no migration."
    span = _RANGE.fullmatch(name)
    if span is not None and int(span["first"]) > int(span["last"]):
        hint = f"The lower number comes first: {module}/{span['last']}..{span['first']}"
    raise UnknownMigrationError(
        f"there is no {'migration' if slash else 'module'} {without_passwords(reference)!r}",
        hint=hint,
        place=Place(*place) if place else None,
    )


def _likeness(reference: str, name: str) -> float:
    """How near a name is to what was typed; a module that was typed right is half of it."""
    module, _, _ = reference.partition("/")
    same = _SAME_MODULE if name.startswith(f"{module}/") else 0
    return difflib.SequenceMatcher(None, name, reference).ratio() + same


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
