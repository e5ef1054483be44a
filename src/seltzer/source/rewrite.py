"""Directives written into files: what a file was called before, and references that follow a rename.

Every other byte of a file stays: its BOM, its line ends, its comments.
"""

from __future__ import annotations

import ast
import re
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BOM = b"\xef\xbb\xbf"
_SQL_REFERENCES = re.compile(
    rb"^[ \t]*--[ \t]*seltzer[ \t]*:[ \t]*(?:depends[-_]on|independent[-_]of)[ \t]*=(?P<words>[^\r\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_PYTHON_REFERENCES = frozenset({"DEPENDS_ON", "INDEPENDENT_OF"})
_WORD = re.compile(rb"[a-z][a-z0-9_]*(?:/[a-z0-9_]+)?")


def say_was(data: bytes, suffix: str, former: str) -> bytes:
    """A file with the directive that ties it to its history under another id.

    Raises:
        SyntaxError: It is no Python.
    """
    bom, text = _split(data)
    end = b"\r\n" if b"\r\n" in text else b"\n"
    if suffix == ".sql":
        return bom + b"-- seltzer: was = " + former.encode() + end + text
    lines = text.splitlines(keepends=True)
    at = _after_imports(text)
    line = b'WAS = "' + former.encode() + b'"' + end
    if not at:
        return bom + line + text
    if not lines[at - 1].endswith((b"\n", b"\r")):
        lines[at - 1] += end
    return bom + b"".join([*lines[:at], end, line, *lines[at:]])


def follow_references(data: bytes, suffix: str, follow: Callable[[str], str]) -> bytes:
    """A file whose `depends-on` and `independent-of` name other ids.

    Args:
        data: The file.
        suffix: `.sql` or `.py`.
        follow: Gives the new word for a reference; the same one where it stays.

    Raises:
        SyntaxError: It is no Python.
    """
    bom, text = _split(data)
    for start, end in sorted(_sql_spans(text) if suffix == ".sql" else _python_spans(text), reverse=True):
        words = _WORD.sub(lambda match: follow(match[0].decode()).encode(), text[start:end])
        text = text[:start] + words + text[end:]
    return bom + text


def _split(data: bytes) -> tuple[bytes, bytes]:
    return (_BOM, data[len(_BOM) :]) if data.startswith(_BOM) else (b"", data)


def _after_imports(text: bytes) -> int:
    """How many lines the docstring and the first imports take."""
    at = 0
    for node in ast.parse(text).body:
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and not at
        if not is_docstring and not isinstance(node, ast.Import | ast.ImportFrom):
            break
        at = node.end_lineno or at
    return at


def _sql_spans(text: bytes) -> Iterator[tuple[int, int]]:
    return (match.span("words") for match in _SQL_REFERENCES.finditer(text))


def _python_spans(text: bytes) -> Iterator[tuple[int, int]]:
    """Where the texts stand that are values of the constants."""
    if not any(name.encode() in text for name in _PYTHON_REFERENCES):
        return
    starts = [0, *accumulate(len(line) for line in text.splitlines(keepends=True))]
    for node in ast.parse(text).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if not any(isinstance(target, ast.Name) and target.id in _PYTHON_REFERENCES for target in targets):
            continue
        for item in ast.walk(node.value):
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                start = starts[item.lineno - 1] + item.col_offset
                end = starts[(item.end_lineno or item.lineno) - 1] + (item.end_col_offset or 0)
                # What stands before the quotes is a prefix, and no name.
                yield start + len(re.split(rb"[\"']", text[start:end], maxsplit=1)[0]), end
