"""Rights that are gone, and rows that row security hides: what the roles of a release could do and cannot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from seltzer.catalog.snapshot import ObjectName
from seltzer.claims.compatible import fixes
from seltzer.claims.compatible.breaks import ERROR, SPEAKS, WARNING, Break
from seltzer.claims.compatible.touched import RELATIONS, ROUTINES, last_name
from seltzer.claims.fixes.writing import quoted
from seltzer.db.connect import fetch
from seltzer.db.text import Sql, compose, literal, raw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from seltzer.catalog.snapshot import Attributes, Change, Snapshot
    from seltzer.claims.compatible.breaks import Sides

_WORDS = {
    "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "D": "TRUNCATE", "x": "REFERENCES", "t": "TRIGGER",
    "X": "EXECUTE", "U": "USAGE", "C": "CREATE", "T": "TEMPORARY", "c": "CONNECT", "m": "MAINTAIN",
}  # fmt: skip
_SERVING = frozenset("rawdXU")
_ITEM = re.compile(r'(?P<who>"(?:[^"]|"")*"|[^=" ]*)=(?P<rights>[A-Za-z*]*)/')
_SUPERUSERS = raw("SELECT rolname FROM pg_catalog.pg_roles WHERE rolsuper")
_ON = {
    "function": "FUNCTION ",
    "procedure": "PROCEDURE ",
    "sequence": "SEQUENCE ",
    "schema": "SCHEMA ",
    "type": "TYPE ",
}
_ASKED = {"sequence": "has_sequence_privilege", "schema": "has_schema_privilege", "function": "has_function_privilege"}
_DEFINER = "SECURITY DEFINER"
_HIDDEN = f"{SPEAKS}: rows that no policy lets it see are missing from its answers, and its writes to them fail."


def lost_rights(sides: Sides, changes: Sequence[Change], after: Snapshot) -> Iterator[Break]:
    """Rights of roles that are there and could do more."""
    superusers: set[str] | None = None
    for change in changes:
        there = change.after or _in_its_place(change, after)
        if change.before is None or there is None:
            continue
        old, new = (_rights(each) for each in (change.before, there))
        lost = {who: rights - new.get(who, set()) - new.get("", set()) for who, rights in old.items()}
        if not any(lost.values()):
            continue
        if superusers is None:
            superusers = {name for (name,) in fetch(sides.after, _SUPERUSERS)}
        for who, rights in lost.items():
            left = _really(sides.after, change, who, rights, superusers)
            if left:
                yield _revoked(change, who, left)
    yield from _hidden_rows(changes, after)
    for change in changes:
        if change.object.kind in ROUTINES and _DEFINER in _body(change.before) and _DEFINER not in _body(change.after):
            name = change.object.name
            message = f"{change.object.kind} {name} runs with the rights of its caller now, and had its owner's"
            why = f"{SPEAKS}: as a role that has no rights on what it reads or writes it is refused."
            if change.after is not None:
                yield Break("revoked", WARNING, (last_name(name), "security"), message, (str(change),), why)


def _body(attributes: Attributes | None) -> str:
    return str((attributes or {}).get("definition") or "").partition("\nAS ")[0]


def _in_its_place(change: Change, after: Snapshot) -> Attributes | None:
    """What has the name of a relation that is gone: a view of a table that was renamed has rights of its own."""
    name = change.object.name
    kinds = RELATIONS if change.object.kind in RELATIONS else ()
    return next((each[key] for kind in kinds if (key := ObjectName(kind, name)) in (each := after.of_kind(kind))), None)


def _rights(attributes: Attributes) -> dict[str, set[str]]:
    """Letters by role; that of PUBLIC is empty."""
    found: dict[str, set[str]] = {}
    for item in _ITEM.finditer(str(attributes.get("privileges") or "")):
        who = item["who"].strip('"').replace('""', '"')
        found.setdefault(who, set()).update(set(item["rights"]) - {"*"})
    return found


def _really(
    conn: psycopg.Connection[Any], change: Change, who: str, rights: set[str], superusers: set[str]
) -> list[str]:
    """Those rights that a role has not by another way: as a superuser, or from a role that it is a member of."""
    known = sorted(letter for letter in rights if letter in _WORDS)
    if who in superusers or not known:
        return []
    kind = change.object.kind
    function = _ASKED.get(kind, "has_table_privilege" if kind in RELATIONS else "")
    if not who or not function:
        return known
    return [letter for letter in known if not _has(conn, function, who, change.object.name, _WORDS[letter])]


def _has(conn: psycopg.Connection[Any], function: str, who: str, name: str, right: str) -> bool:
    target = last_name(name) if function == "has_schema_privilege" else name
    query = compose(
        "SELECT pg_catalog.{function}({who}, {name}, {right})",
        function=Sql(function),
        who=literal(who),
        name=literal(target),
        right=literal(right),
    )
    return bool(fetch(conn, query)[0][0])


def _revoked(change: Change, who: str, letters: list[str]) -> Break:
    rights = ", ".join(_WORDS[letter] for letter in letters)
    role, kind = who or "PUBLIC", change.object.kind
    name = f"{change.object.of}.{change.object.name}" if change.object.of else change.object.name
    message = f"{role} has lost {rights} on {kind} {name}"
    # A right of all roles is often taken away for good order: who used it is not known.
    severity = ERROR if who and _SERVING.intersection(letters) else WARNING
    evidence = (f"{kind} {name}: {rights} of {role} before, none after",)
    why = f"{SPEAKS}: as {role} it is refused with permission denied."
    on = f"{_ON.get(kind, '')}{name}" if not change.object.of else change.object.of
    listed = f"{rights} ({change.object.name})" if change.object.of else rights
    grantee = quoted(who) if who else "PUBLIC"
    fix = fixes.grant_again(f"GRANT {listed} ON {on} TO {grantee}", f"REVOKE {listed} ON {on} FROM {grantee}")
    return Break("revoked", severity, (last_name(name), "revoke"), message, evidence, why, fix)


def _hidden_rows(changes: Sequence[Change], after: Snapshot) -> Iterator[Break]:
    secured = {
        name.name
        for kind in RELATIONS
        for name, attributes in after.of_kind(kind).items()
        if attributes.get("row security")
    }
    enabled = {change.object.name for change in changes if change.attributes and _now_secured(change)}
    for change in changes:
        name = change.object.name
        if name in enabled and change.object.kind in RELATIONS and not _lets_all(name, after):
            message = f"row security of {name} is on now: roles that do not own it see and write what policies allow"
            yield Break("revoked", WARNING, (last_name(name), "row"), message, (str(change),), _HIDDEN)
        elif _is_policy(change, secured - enabled) and _may_hide(change):
            message = f"policy {name} of {change.object.of} may let the running release see or write fewer rows"
            words = (last_name(name), last_name(change.object.of))
            yield Break("revoked", WARNING, words, message, (str(change),), _HIDDEN)


def _lets_all(table: str, after: Snapshot) -> bool:
    """Whether a policy lets everybody see and write every row, and none says otherwise."""
    policies = [each for name, each in after.of_kind("policy").items() if name.of == table]
    return all(each.get("permissive") for each in policies) and any(
        each.get("using") == "true" and each.get("with check") in {None, "true"} and _for_all(each) for each in policies
    )


def _for_all(policy: Attributes) -> bool:
    return str(policy.get("command")).lower() in {"all", "*"} and str(policy.get("roles")).lower() in {"public", "-"}


def _is_policy(change: Change, of: set[str]) -> bool:
    return change.object.kind == "policy" and change.object.of in of


def _now_secured(change: Change) -> bool:
    before, after = change.before or {}, change.after or {}
    return any(after.get(key) and not before.get(key) for key in ("row security", "forced row security"))


def _may_hide(change: Change) -> bool:
    """Whether a policy lets fewer rows through: a restrictive one is new, a permissive one gone, either another."""
    if change.before is None:
        return not (change.after or {}).get("permissive")
    if change.after is None:
        return bool(change.before.get("permissive"))
    return bool({"command", "permissive", "roles", "using", "with check"} & set(change.attributes))
