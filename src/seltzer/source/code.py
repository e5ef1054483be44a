"""What a migration may send that nobody has parsed: the literals of its Python, and the text of `parse = off`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from seltzer.errors import Place
from seltzer.source.heads import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seltzer.model import Migration


def code_of(migration: Migration) -> Iterator[tuple[Place, str]]:
    """The texts, each with its place; docstrings are none of them.

    Raises:
        seltzer.errors.FilesError: A file cannot be read any more.
    """
    if migration.text:
        yield Place(migration.path, 1), migration.text
        return
    parsed = {path for path, _ in migration.sources}
    for path in migration.file.members:
        if path in parsed:
            continue
        text = read_text(path)
        if path.suffix == ".sql":
            yield Place(path, 1), text
        else:
            yield from _literals(path, text)


def _literals(path: Path, text: str) -> Iterator[tuple[Place, str]]:
    tree = ast.parse(text)
    # A text that stands alone is a docstring or a comment.
    idle = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in idle:
            yield Place(path, node.lineno), node.value
