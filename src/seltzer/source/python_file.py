"""What a Python migration says of itself, read from its text: it is imported only when it runs."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from typing import cast

from seltzer.sql.digests import digest_of_texts
from seltzer.sql.directives import NAMES, RawDirective

_SKIPPED = frozenset((tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING, tokenize.ENDMARKER))
_CONSTANTS = {name.upper().replace("-", "_"): name for name in NAMES}
_RESERVED_CONSTANTS = {"PHASE": "phase"}


@dataclass(frozen=True, slots=True)
class PythonText:
    """The parts of a Python migration that matter before it runs.

    Attributes:
        functions: Line and whether it is a coroutine, of each function at the module's top level, by name.
        directives: The module constants with the names of directives.
    """

    functions: dict[str, tuple[int, bool]]
    directives: tuple[RawDirective, ...]


def read_python(text: str) -> PythonText:
    """Read a Python migration.

    Raises:
        SyntaxError: The text is no Python.
        ValueError: A directive's constant is no literal text, list of texts or boolean; the line is in `args[1]`.
    """
    tree = ast.parse(text)
    functions: dict[str, tuple[int, bool]] = {}
    directives: list[RawDirective] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions[node.name] = (node.lineno, isinstance(node, ast.AsyncFunctionDef))
        for name, value in _constants(node):
            directives += _directive(name, value)
    return PythonText(functions, tuple(directives))


def _constants(node: ast.stmt) -> list[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        return [(target.id, node.value) for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        return [(node.target.id, node.value)]
    return []


def _directive(constant: str, value: ast.expr) -> list[RawDirective]:
    name = _CONSTANTS.get(constant) or _RESERVED_CONSTANTS.get(constant)
    if name is None:
        return []
    try:
        literal = ast.literal_eval(value)
    except (ValueError, TypeError, MemoryError, RecursionError):
        raise ValueError(f"{constant} is no literal", value.lineno) from None
    texts = _texts(literal)
    if texts is None:
        raise ValueError(f"{constant} is neither a text nor a list of texts", value.lineno)
    values = texts if name == "ignore" else [", ".join(texts)]
    return [RawDirective(name, text, value.lineno, at_head=True) for text in values]


def _texts(literal: object) -> list[str] | None:
    """A literal as texts: `True` and `False` are the words of a switch; None when it is anything else."""
    if isinstance(literal, bool):
        return ["on" if literal else "off"]
    if isinstance(literal, str):
        return [literal]
    if not isinstance(literal, list | tuple):
        return None
    items = list(cast("list[object]", literal))
    return [item for item in items if isinstance(item, str)] if all(isinstance(i, str) for i in items) else None


_PYTHON_LITERAL = r"""(?sx)
    (?P<comment> \#[^\n]* )
  | (?P<quote> [\"]{3} | [\']{3} ) (?: \\. | (?! (?P=quote) ) . )* (?: (?P=quote) | \Z )
  | " (?: \\. | [^"\\\n] )* "? | ' (?: \\. | [^'\\\n] )* '?
  | (?<! [\w.] ) \d [\w.]*"""


def safe_python_line(text: str, line: int) -> str:
    """A line of Python that does not parse, without its literals: they may be rows or passwords."""
    hidden = re.sub(_PYTHON_LITERAL, lambda match: re.sub(r"[^\n\"'#]", "*", match[0]), text)
    return "".join(hidden.split("\n")[line - 1 : line])


def python_token_checksum(text: str) -> str:
    """`tokens-1:…` over the tokens of Python text; comments, line breaks and directives are left out."""
    try:
        directives = _directive_lines(ast.parse(text))
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return f"tokens-1:{digest_of_texts([text.encode()])}"
    kept = (token for token in tokens if token.type not in _SKIPPED and token.start[0] not in directives)
    return f"tokens-1:{digest_of_texts(token.string.encode() for token in kept)}"


def _directive_lines(tree: ast.Module) -> set[int]:
    """The lines of constants that are directives: in SQL they are comments, and no part of what runs."""
    found: set[int] = set()
    for node in tree.body:
        if any(name in _CONSTANTS for name, _ in _constants(node)):
            found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found
