"""`renumber` and `rename-module`: files get other names, and say what they were called before."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from seltzer.commands.results import NewResult
from seltzer.errors import FileExistsAlreadyError, IllegalNameError, Place, UnknownMigrationError
from seltzer.planning.selection import resolve
from seltzer.source.discover import discover
from seltzer.source.names import MODULE, nearest_module, next_number

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.config import Config


def renumber(config: Config, reference: str) -> NewResult:
    """Give a numbered file, and its down file, the next free number of its module.

    Raises:
        UnknownMigrationError: There is no such numbered file.
    """
    files = {file.id: file for file in discover(config.migrations)}
    found = [files[id_] for id_ in resolve(reference, list(files)) if files[id_].number is not None]
    if len(found) != 1:
        raise UnknownMigrationError(
            f"{reference!r} is not one numbered file", hint="Name one: module/0002", place=Place(config.migrations)
        )
    file = found[0]
    stem = f"{next_number(file.path.parent)}_{file.name.partition('_')[2]}"
    written = [file.path.rename(file.path.with_name(stem + file.path.suffix))]
    if file.down is not None:
        written.append(file.down.rename(file.down.with_name(f"{stem}.down.sql")))
    _say_was(written[0], file.id)
    return NewResult(tuple(written))


def rename_module(config: Config, old: str, new: str) -> NewResult:
    """Give a module another name; directives of other files that name it follow.

    Raises:
        UnknownMigrationError: There is no such module.
        IllegalNameError: The new name is not legal.
        FileExistsAlreadyError: There is a module of the new name.
    """
    files = discover(config.migrations)
    mine = [file for file in files if file.module == old]
    if not mine:
        resolve(old, [file.id for file in files])
    if not MODULE.fullmatch(new):
        hint = f"Did you mean {nearest_module(new)!r}?"
        raise IllegalNameError(f"{new!r} is no legal module name", hint=hint, place=Place(config.migrations / new))
    folder = config.migrations / new
    if folder.exists():
        raise FileExistsAlreadyError("is there already", hint="Choose another name.", place=Place(folder))
    (config.migrations / old).rename(folder)
    for file in mine:
        _say_was(folder / file.path.name, file.id)
    changed = [folder / file.path.name for file in mine]
    for file in files:
        for path in file.members:
            here = folder / path.name if file.module == old else path
            if _follow(here, old, new) and here not in changed:
                changed.append(here)
    return NewResult(tuple(changed))


def _say_was(path: Path, former: str) -> None:
    """Write the directive that ties a file to its history under another name."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".sql":
        path.write_text(f"-- seltzer: was = {former}\n{text}", encoding="utf-8")
        return
    lines = text.splitlines(keepends=True)
    at = _after_head(text)
    path.write_text("".join([*lines[:at], f'WAS = "{former}"\n', *lines[at:]]), encoding="utf-8")


def _after_head(text: str) -> int:
    """How many lines the docstring and the imports from `__future__` take."""
    at = 0
    for node in ast.parse(text).body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not docstring and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            break
        at = node.end_lineno or at
    return at


def _follow(path: Path, old: str, new: str) -> bool:
    """Let the directives of a file name a module by its new name."""
    text = path.read_text(encoding="utf-8")
    names = r"(?:depends-on|independent-of|DEPENDS_ON|INDEPENDENT_OF)"
    lines = [
        re.sub(rf"(?<![\w/]){old}(?=/|\b)", new, line) if re.search(rf"{names}\s*=", line) else line
        for line in text.splitlines(keepends=True)
    ]
    changed = "".join(lines)
    if changed != text:
        path.write_text(changed, encoding="utf-8")
    return changed != text
