"""What a Python migration says of itself, read from its text: it is imported only when it runs."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from seltzer.sql.digests import digest_of_texts
from seltzer.sql.directives import NAMES, RawDirective, slip_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_SKIPPED = frozenset((tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING, tokenize.ENDMARKER))
_CONSTANTS = {name.upper().replace("-", "_"): name for name in NAMES}
_RESERVED_CONSTANTS = {"PHASE": "phase"}


@dataclass(frozen=True, slots=True)
class PythonText:
    """The parts of a Python migration that matter before it runs.

    Attributes:
        functions: Line, and what a call would give instead of running it ("" for a plain function), of each
            function at the module's top level, by name.
        directives: The module constants with the names of directives.
    """

    functions: dict[str, tuple[int, str]]
    directives: tuple[RawDirective, ...]


def read_python(text: str) -> PythonText:
    """Read a Python migration.

    Raises:
        SyntaxError: The text is no Python.
        ValueError: A directive's constant is no literal text, list of texts or boolean; the line is in `args[1]`.
    """
    tree = ast.parse(text)
    functions: dict[str, tuple[int, str]] = {}
    directives: list[RawDirective] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions[node.name] = (node.lineno, _deferred(node))
        for name, value in _constants(node):
            directives += _directive(name, value)
    return PythonText(functions, tuple(directives))


def _deferred(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """What a call of it gives before anything of it has run: nothing of a plain function does that."""
    asynchronous = isinstance(function, ast.AsyncFunctionDef)
    if _yields(function.body):
        return "an asynchronous generator" if asynchronous else "a generator"
    return "a coroutine" if asynchronous else ""


def _yields(nodes: Iterable[ast.AST]) -> bool:
    """Whether one of them yields itself, not in a function of its own."""
    for node in nodes:
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        if _yields(ast.iter_child_nodes(node)):
            return True
    return False


def _constants(node: ast.stmt) -> list[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        return [(target.id, node.value) for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        return [(node.target.id, node.value)]
    return []


def _directive(constant: str, value: ast.expr) -> list[RawDirective]:
    name = _CONSTANTS.get(constant) or _RESERVED_CONSTANTS.get(constant)
    if name is None:
        written = constant.lower().replace("_", "-")
        # Refused with the nearest word, as an unknown one is in SQL; other constants are the migration's own.
        slip = constant.isupper() and slip_of(written) is not None
        return [RawDirective(written, "", value.lineno, at_head=True)] if slip else []
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


def python_token_checksum(text: str, *, way_back: bool = False) -> str:
    """`tokens-1:…` over the tokens of Python text; comments, line breaks and directives are left out.

    Args:
        text: The file.
        way_back: A function `revert` is the way back of a migration, and left out where nothing else uses it.
    """
    try:
        beside = _lines_beside(ast.parse(text), way_back=way_back)
        left = "".join("\n" if number in beside else line for number, line in enumerate(io.StringIO(text), 1))
        tokens = list(tokenize.generate_tokens(io.StringIO(left).readline))
    except (tokenize.TokenError, SyntaxError):
        return f"tokens-1:{digest_of_texts([text.encode()])}"
    return f"tokens-1:{digest_of_texts(token.string.encode() for token in tokens if token.type not in _SKIPPED)}"


def _lines_beside(tree: ast.Module, *, way_back: bool) -> set[int]:
    """The lines that are no part of what runs: in SQL, directives are comments, and the way back is another file."""
    found: set[int] = set()
    reverts = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "revert"]
    if way_back and not _used("revert", [node for node in tree.body if node not in reverts]):
        for node in reverts:
            first = min(item.lineno for item in (node, *node.decorator_list))
            found.update(range(first, (node.end_lineno or node.lineno) + 1))
    for node in tree.body:
        if any(name in _CONSTANTS for name, _ in _constants(node)):
            found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def _used(name: str, nodes: list[ast.stmt]) -> bool:
    return any(isinstance(item, ast.Name) and item.id == name for node in nodes for item in ast.walk(node))
