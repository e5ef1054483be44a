"""A SQL file with a fault written into it: an error, or the end of the session, right after one of its statements."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from seltzer.model import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.errors import SeltzerError
    from seltzer.model import Step


class Fault(StrEnum):
    """What happens; the value is the statement that makes it happen."""

    ERROR = "SELECT 'a fault was injected here'::pg_catalog.int4"
    KILL = "SELECT pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())"


_INVALID_TEXT = "22P02"


def with_fault(step: Step, after: int, fault: Fault) -> Step:
    """A step whose file has a fault after its statement number `after`, counted from 0."""
    migration = step.migration
    statements = migration.statements or ()
    end = statements[after].offset + len(statements[after].text)
    # A line of its own on either side: a comment may stand behind the statement.
    inserted = f"\n;{fault}\n"
    fault_line = _line(migration.text, end) + 1
    made = Statement(str(fault), end + 2, fault_line, "fault", "select_stmt", touches_session=True)
    later = [item._replace(offset=item.offset + len(inserted), line=item.line + 2) for item in statements[after + 1 :]]
    text = migration.text[:end] + inserted + migration.text[end:]
    return replace(step, migration=replace(migration, text=text, statements=(*statements[: after + 1], made, *later)))


def is_fault(error: SeltzerError, step: Step, after: int) -> bool:
    """Whether a run of `with_fault(step, after, Fault.ERROR)` failed with the fault."""
    statements: Sequence[Statement] = step.migration.statements or ()
    end = statements[after].offset + len(statements[after].text)
    line = error.place.line if error.place is not None else None
    return error.sqlstate == _INVALID_TEXT and line == _line(step.migration.text, end) + 1


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
