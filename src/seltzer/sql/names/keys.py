"""What names are compared by: PostgreSQL's name spaces, not the kinds that people read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seltzer.model import Name, NameKind

if TYPE_CHECKING:
    from collections.abc import Callable


class Key(NamedTuple):
    """A place in one of PostgreSQL's name spaces; two names with one key are one thing."""

    space: str
    schema: str
    name: str
    part: str


RELATIONS = frozenset(
    (
        NameKind.TABLE,
        NameKind.VIEW,
        NameKind.MATERIALIZED_VIEW,
        NameKind.FOREIGN_TABLE,
        NameKind.SEQUENCE,
        NameKind.INDEX,
    )
)

# What has rows has a type of the same name.
ROW_KINDS = RELATIONS - {NameKind.SEQUENCE, NameKind.INDEX}

# What belongs to a table and goes with it.
TABLE_PARTS = frozenset(
    (
        NameKind.COLUMN,
        NameKind.CONSTRAINT,
        NameKind.KEY,
        NameKind.TRIGGER,
        NameKind.RULE,
        NameKind.POLICY,
        NameKind.PARTITION,
    )
)

_SPACES = {kind: "relation" if kind in RELATIONS else kind.value for kind in NameKind}
_key: Callable[[type[Key], tuple[str, str, str, str]], Key] = tuple[str, str, str, str].__new__


def needed_key(name: Name) -> Key:
    """The key that a need looks for, or that a removal takes away: a FROM item finds tables and views alike."""
    return _key(Key, (_SPACES[name[0]], name[1], name[2], name[3]))


def provided_keys(name: Name) -> tuple[Key, ...]:
    """The keys that a provided name answers to: a table is also the type of its rows."""
    key = needed_key(name)
    if name[3] or name[0] not in ROW_KINDS:
        return (key,)
    return key, Key(NameKind.TYPE.value, name.schema, name.name, "")
