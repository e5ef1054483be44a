"""What an error says, without row values and passwords: the server's own words, and those of the user's code.

A message that somebody wrote is theirs to show. What it repeats of the server is not, nor what Python adds to it: an
`int()` that fails quotes the text it was given.
"""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from seltzer.sql.redact import Values, safe_context, safe_server_text, without_passwords, without_quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.execute.context import Run


# What drivers and SQLAlchemy add to a message: details, the statement, its parameters.
_ADDED = r"\n(?:DETAIL|CONTEXT|QUERY|LINE \d+):|\n?\[(?:SQL|parameters): "


class Facts(NamedTuple):
    """What an error says; the detail has the context in its last lines."""

    message: str
    detail: str | None = None
    hint: str | None = None


def facts_of(error: Any, values: Values = Values.HIDDEN) -> Facts:  # noqa: ANN401  # psycopg's, or psycopg2's
    """Message, detail with context, and hint of a server's error."""
    diagnostic, state = error.diag, sqlstate_of(error)
    message = safe_server_text(state, diagnostic.message_primary or str(error).strip(), values)
    detail, context, hint = diagnostic.message_detail, diagnostic.context, diagnostic.message_hint
    parts = [
        safe_server_text(state, detail, values) if detail else "",
        safe_context(context, values) if context else "",
    ]
    return Facts(message, "\n".join(filter(None, parts)) or None, without_passwords(hint) if hint else None)


def sqlstate_of(error: BaseException) -> str | None:
    """The SQLSTATE of an error of psycopg or psycopg2; None without one."""
    return getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)


def users_facts(run: Run, error: BaseException, values: Values) -> Facts:
    """What an error says that the user's code raised; the run's own password is never part of it."""
    facts = facts_of(error, values) if _is_servers(error) else Facts(_users_words(run.folder.parent, error, values))
    password = run.parameters.get("password", "")
    message, detail, hint = (text and without_passwords(text, password) for text in facts)
    return Facts(message or "", detail, hint)


def _is_servers(error: BaseException) -> bool:
    return hasattr(error, "diag")


def _users_words(root: Path, error: BaseException, values: Values) -> str:
    text = str(error)
    if values is Values.SHOWN:
        return text
    for raw, safe in _repeated(error):
        text = text.replace(raw, safe)
    text = re.split(_ADDED, text, maxsplit=1)[0]
    if state := sqlstate_of(error):
        return safe_server_text(state, text)
    return without_quoted(text) if _quotes_data(root, error) else text


def _repeated(error: BaseException) -> Iterator[tuple[str, str]]:
    """What the server said on the way to an error, in the pieces that a message may repeat, and what to say instead."""
    for item in _chain(error):
        if not _is_servers(item):
            continue
        said, (message, detail, _) = str(item).strip(), facts_of(item)
        whole = f"{message}\n{detail}" if detail else message
        yield from ((form, whole) for form in (said, repr(said)[1:-1]) if form)
        diagnostic = item.diag
        for part in (diagnostic.message_detail, diagnostic.context):
            if part:
                yield part, detail or ""
        if diagnostic.message_primary:
            yield diagnostic.message_primary, message
        yield from ((line, "") for line in said.splitlines() if line.startswith(("LINE ", "QUERY: ")))


def _chain(error: BaseException) -> list[Any]:
    found: list[Any] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        item = waiting.pop(0)
        if item is not None and item not in found:
            found.append(item)
            waiting += [item.__cause__, item.__context__]
    return found


def _quotes_data(root: Path, error: BaseException) -> bool:
    """Whether a message is Python's or a library's about a value: `int(text)`, `states[row]`, `date.fromisoformat`."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames or not isinstance(error, ValueError | KeyError):
        return False
    name = frames[-1].filename
    file = Path(name).resolve()
    own = file.is_relative_to(root.resolve()) and "site-packages" not in file.parts and not name.startswith("<")
    if not own:
        return isinstance(error, ValueError)  # a KeyError of a library names a setting, as that of os.environ does
    return not (frames[-1].line or "").lstrip().startswith("raise")
