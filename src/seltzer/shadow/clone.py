"""A clone for each trial: a database of its own in the state of a template."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seltzer.shadow.databases import CLONE

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from seltzer.shadow.shadow import Shadow


@dataclass(frozen=True, slots=True)
class Clone:
    """A database that nobody else knows of.

    Attributes:
        name: Its name.
        parameters: The libpq keywords that open a connection to it.
    """

    name: str
    parameters: Mapping[str, str] = field(repr=False)


@contextmanager
def clone(shadow: Shadow, template: str) -> Generator[Clone]:
    """Have a copy of a template while the block runs; it is dropped afterwards, when that is in nobody's way.

    Args:
        shadow: Where.
        template: What `ensure_template` returned.

    Raises:
        ShadowError: The server refuses, or went away.
    """
    name = shadow.databases.new_name(CLONE)
    try:
        shadow.databases.create(name, template)
        yield Clone(name, shadow.parameters_of(name))
    finally:
        shadow.discard(name)
