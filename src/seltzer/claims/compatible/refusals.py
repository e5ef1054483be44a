"""Why the new schema refuses a statement of the running release, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seltzer.claims.compatible import fixes
from seltzer.claims.compatible.breaks import ERROR, EVERY, SOME, SPEAKS, WARNING, Break, seen
from seltzer.claims.compatible.names import same_to_drivers
from seltzer.claims.compatible.sending import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seltzer.claims.compatible.breaks import Known
    from seltzer.claims.compatible.facts import Column
    from seltzer.claims.compatible.samples import Sent
    from seltzer.claims.compatible.sending import Answer

_ALWAYS = "428C9"
_OF_AN_ENUM = "value for enum"
_VALUES = ("22", "42804", "42846")
_ROW_SECURITY = "row-level security"
_SILENT = f"{SPEAKS}: it counts the rows that it wrote, reads them back, or believes that they are there."


class Refusal(NamedTuple):
    """A statement that was accepted before and is refused after.

    Attributes:
        sent: It.
        answer: Why it is refused.
        every: Whether all statements of its group are.
    """

    sent: Sent
    answer: Answer
    every: bool


def break_of(known: Known, refusal: Refusal) -> Break | None:
    """What that means; None where the names of columns tell it already."""
    state = refusal.answer.state
    if state == _ALWAYS:
        return None
    if state.startswith(_VALUES):
        return _value(known, refusal)
    return _SAYING.get(state, _other)(known, refusal)


def _required(known: Known, refusal: Refusal) -> Break | None:
    name = refusal.answer.column or refusal.sent.subject
    now = known.now.column(name) if known.now is not None else None
    evidence = seen(refusal.sent.shown, refusal.answer)
    if now is None:
        return _other(known, refusal)
    old = known.before.column(name)
    if old is None and known.before.oid == known.now_oid and known.before.numbered(now.number) is not None:
        return None  # it has only another name
    if old is None:
        message = f"column {known.before}.{name} is new and required: an INSERT of the running release leaves it out"
    elif old.not_null and not old.fills:
        message = f"column {known.before}.{name} is filled by no trigger any more: an INSERT that leaves it out fails"
    elif old.not_null:
        message = f"column {known.before}.{name} has no default any more: an INSERT that leaves it out fails"
    else:
        message = f"column {known.before}.{name} is required now: an INSERT that leaves it out, or gives NULL, fails"
    words = (name, known.before.name)
    fix = fixes.not_null_later(known, now, now) if old is None or not old.not_null else None
    return Break("required", ERROR, words, message, evidence, EVERY, fix)


def _check(known: Known, refusal: Refusal) -> Break:
    name = refusal.answer.constraint
    if not name:
        message = f"{known.before} has no partition any more for rows that the running release may write"
        words = (known.before.name, "partition")
        return Break("narrowed", WARNING, words, message, seen(refusal.sent.shown, refusal.answer), SOME)
    message = f"constraint {name} refuses values in {known.before} that the running release may write"
    severity = ERROR if refusal.every and refusal.sent.group in {"row", "minimal"} else WARNING
    evidence = seen(refusal.sent.shown, refusal.answer)
    return Break(
        "narrowed", severity, (name, known.before.name), message, evidence, EVERY if severity is ERROR else SOME
    )


def _unique(known: Known, refusal: Refusal) -> Break:
    name = refusal.answer.constraint
    key = (
        next((item for item in known.table_now.keys if item.name == name), None)
        if known.table_now is not None
        else None
    )
    columns = ", ".join(key.columns) if key is not None else name
    every = refusal.sent.group == "two" and refusal.every
    what = "every second row of the running release" if every else f"rows of the running release alike in {columns}"
    message = f"{known.before} takes no two rows alike in {columns} any more ({name}): it refuses {what}"
    words = (name, columns.partition(",")[0], known.before.name)
    severity, why = (ERROR, EVERY) if every else (WARNING, SOME)
    return Break("unique-added", severity, words, message, seen(refusal.sent.shown, refusal.answer), why)


def _reference(known: Known, refusal: Refusal) -> Break:
    name = refusal.answer.constraint
    message = f"foreign key {name} of {known.before} refuses rows whose reference is not there, or not there yet"
    why = (
        f"{SPEAKS}: where it writes the two rows in the other order, or deletes one that is still referred to, "
        "it fails meanwhile."
    )
    evidence = seen(refusal.sent.shown, refusal.answer)
    return Break("reference-added", WARNING, (name, known.before.name, "references"), message, evidence, why)


def _no_key(known: Known, refusal: Refusal) -> Break:
    name = refusal.sent.subject
    message = f"{known.before} has lost the unique index {name}: ON CONFLICT of the running release does not find it"
    evidence = seen(refusal.sent.shown, refusal.answer)
    fix = fixes.drop_later(f"INDEX CONCURRENTLY IF EXISTS {known.before.schema}.{name}")
    return Break("dropped", ERROR, (name, known.before.name), message, evidence, EVERY, fix)


def _value(known: Known, refusal: Refusal) -> Break | None:
    name = refusal.sent.subject
    old = known.before.column(name)
    now = known.now.column(name) if known.now is not None else None
    if _OF_AN_ENUM in refusal.answer.said:
        return None  # the type tells it
    if refusal.sent.group != "value" or old is None or now is None:
        return None if _retyped_columns(known) else _other(known, refusal)
    evidence = seen(refusal.sent.shown, refusal.answer)
    message = f"column {known.before}.{name} is {now.type} now and refuses values that {old.type} took"
    words = (name, known.before.name, "type")
    if same_to_drivers(old.type_oid, now.type_oid):
        return Break("narrowed", WARNING, words, message, evidence, SOME)
    return Break("retyped", ERROR, words, message, evidence, SOME, fixes.column_beside(known, old, now))


def _retyped_columns(known: Known) -> list[Column]:
    """Those with another type: of them each value is tried by itself."""
    now = known.now
    return [
        item
        for item in known.before.columns
        if now is not None and (new := now.column(item.name)) is not None and new.type != item.type
    ]


def _other(known: Known, refusal: Refusal) -> Break:
    verb = refusal.sent.shown.partition(" ")[0]
    severity = ERROR if refusal.every else WARNING
    message = f"{verb} on {known.before} is refused: {refusal.answer.said}"
    evidence = seen(refusal.sent.shown, refusal.answer)
    return Break("refused", severity, (known.before.name,), message, evidence, EVERY if severity is ERROR else SOME)


def _denied(known: Known, refusal: Refusal) -> Break | None:
    """What a role needs for a statement besides its rights on the table, which are compared by themselves."""
    said, role = refusal.answer.said, refusal.sent.subject
    if refusal.sent.group != "role":
        return _other(known, refusal)
    if _ROW_SECURITY in said or said.endswith(f" {known.before.name}"):
        return None
    message = f"INSERT on {known.before} as {role} is refused: {said}"
    words = (said.rpartition(" ")[2], known.before.name)
    return Break("revoked", ERROR, words, message, seen(refusal.sent.shown, refusal.answer), EVERY)


def _ignored(known: Known, refusal: Refusal) -> Break:
    """A trigger or rule that lets a statement pass and does not do what it says."""
    verb = refusal.sent.shown.rpartition("; ")[2].partition(" ")[0]
    message = f"{verb} on {known.before} is taken and does nothing: a trigger or rule turns it away"
    evidence = (f"wrote or deleted rows before: {refusal.sent.shown}", "none after, and no error")
    return Break("refused", WARNING, (known.before.name, "rule", "trigger"), message, evidence, _SILENT)


_SAYING: Mapping[str, Callable[[Known, Refusal], Break | None]] = {
    "23502": _required,
    "23514": _check,
    "23503": _reference,
    "23505": _unique,
    "23P01": _unique,
    "42P10": _no_key,
    "42501": _denied,
    NOTHING: _ignored,
}
