"""A section for each exit code, and in it one for each error that ends a command with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generated.markdown import described, section
from seltzer import errors
from seltzer.errors import SeltzerError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEANINGS = {
    0: "Done.",
    1: "PostgreSQL or a migration refused.",
    2: "Found before anything ran: the files, the settings or the flags are wrong.",
    3: "Something is pending: the policy `verify`, or `seltzer status --exit-code`.",
    4: "Files and database disagree, and nothing runs until a person has decided.",
    5: "A wait ran out.",
    130: "SIGINT, or Ctrl-C: the running statement was cancelled and rolled back.",
    143: "SIGTERM: the running statement was cancelled and rolled back.",
}


def error_sections() -> str:
    """All exit codes in their order."""
    codes = sorted({0, *(error.exit_code for error in all_errors())})
    return "\n".join(part for code in codes for part in _code(code))


def all_errors() -> list[type[SeltzerError]]:
    """Every error but the root of the tree, families before their members."""
    found = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, SeltzerError) and value is not SeltzerError
    ]
    return sorted(found, key=lambda error: [item.__name__ for item in reversed(error.__mro__)])


def _code(code: int) -> Iterator[str]:
    yield section(f"exit-code-{code}", f"Exit code {code}", _MEANINGS[code])
    for error in all_errors():
        if error.exit_code == code:
            parent = error.__mro__[1]
            family = f" A kind of `{parent.__name__}`." if parent is not SeltzerError else ""
            facts = f"In JSON `{type_of(error)}`.{family}"
            yield section(f"error-{type_of(error)}", f"`{error.__name__}`", described(error.__doc__), facts, level=3)


def type_of(error: type[SeltzerError]) -> str:
    """What `type` says in JSON; it depends on nothing but the class's name."""
    return error.__new__(error).type
