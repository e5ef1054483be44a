"""`new`: a module, or the next numbered file of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from seltzer.commands.results import NewResult
from seltzer.config import NewModule, Numbering
from seltzer.errors import FileExistsAlreadyError, IllegalNameError, Place, UnreadableFileError
from seltzer.source import templates
from seltzer.source.names import MODULE, nearest_file, nearest_module, next_number

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.config import Config

_NAME = re.compile(r"[a-z0-9_]+")
_ADD = re.compile(r"add_([a-z][a-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class NewFile:
    """What the next numbered file is like.

    Attributes:
        name: Its name behind the number.
        python: Python instead of SQL.
        down: With a way back.
    """

    name: str
    python: bool = False
    down: bool = False


def new_module(config: Config, module: str, kind: NewModule | None = None) -> NewResult:
    """Write the files of a new module.

    Args:
        config: The settings; `new-module` says what it is unless `kind` does.
        module: Its name.
        kind: With the original's runner, or SQL only.

    Raises:
        IllegalNameError: The name is not legal; the hint has the nearest one.
        FileExistsAlreadyError: The module has files already.
    """
    folder = config.migrations / module
    if not MODULE.fullmatch(module):
        raise IllegalNameError(
            f"{module!r} is no legal module name: lower-case letters, digits and underscores, a letter first",
            hint=f"Did you mean: seltzer new {nearest_module(module)}",
            place=Place(folder),
        )
    if folder.is_dir() and any(item.suffix in {".sql", ".py"} for item in folder.iterdir()):
        raise FileExistsAlreadyError(
            f"module {module!r} is there already",
            hint=f"For its next numbered file say what it does: seltzer new {module} add_something",
            place=Place(folder),
        )
    files = {"create_tables.sql": templates.CREATE_TABLES}
    if (kind or config.new_module) is NewModule.RUNNER:
        files = {"__init__.py": templates.MODULE_INIT, **files, "run_migration.py": templates.RUN_MIGRATION}
    return _written({folder / name: text.format(module=module) for name, text in files.items()})


def new_file(config: Config, module: str, new: NewFile) -> NewResult:
    """Write the next numbered file of a module.

    Raises:
        IllegalNameError: A name is not legal; the hint has the nearest one.
        FileExistsAlreadyError: The file is there already.
    """
    folder = config.migrations / module
    if not MODULE.fullmatch(module) or not _NAME.fullmatch(new.name):
        name = nearest_file(f"0000_{new.name}").partition("_")[2]
        raise IllegalNameError(
            f"{module}/{new.name} is no legal name: lower-case letters, digits and underscores",
            hint=f"Did you mean: seltzer new {nearest_module(module)} {name}",
            place=Place(folder),
        )
    stem = f"{_number(folder, config.numbering)}_{new.name}"
    return _written(_texts(folder, module, stem, new))


def _texts(folder: Path, module: str, stem: str, new: NewFile) -> dict[Path, str]:
    sentence = new.name.replace("_", " ").capitalize()
    if new.python:
        text = templates.PYTHON + (templates.PYTHON_REVERT if new.down else "")
        return {folder / f"{stem}.py": text.format(sentence=sentence)}
    column = _ADD.fullmatch(new.name)
    forth, back = templates.NUMBERED, templates.NUMBERED_DOWN
    if column is not None:
        forth, back = templates.ADD_COLUMN, templates.ADD_COLUMN_DOWN
    facts = {"module": module, "column": column[1] if column else "", "sentence": sentence, "name": stem}
    files = {folder / f"{stem}.sql": forth.format(**facts)}
    if new.down:
        files[folder / f"{stem}.down.sql"] = back.format(**facts)
    return files


def _number(folder: Path, numbering: Numbering) -> str:
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S") if numbering is Numbering.TIMESTAMP else next_number(folder)


def _written(files: dict[Path, str]) -> NewResult:
    for path in files:
        if path.exists():
            raise FileExistsAlreadyError("is there already", hint="Choose another name.", place=Place(path))
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UnreadableFileError(
            f"cannot be written: {(error.strerror or str(error)).lower()}",
            hint="Check its permissions.",
            place=Place(next(iter(files)).parent),
        ) from None
    return NewResult(tuple(files))
