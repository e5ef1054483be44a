"""`new`: a module, or the next numbered file of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from seltzer.commands.results import NewResult
from seltzer.config import NewModule, Numbering
from seltzer.errors import (
    FileExistsAlreadyError,
    IllegalNameError,
    MigrationsFolderError,
    Place,
    UnknownMigrationError,
    UnreadableFileError,
)
from seltzer.planning.selection import resolve
from seltzer.source import templates
from seltzer.source.names import MODULE, nearest_file, nearest_module, next_number
from seltzer.sql.parse import SqlSyntaxError, parse_statements

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.config import Config

_NAME = re.compile(r"(?!\d{4,14}_)[a-z0-9_]+")
_TYPED = re.compile(r"(?:\d{4,14}_)?(?P<name>.*?)(?:\.down)?(?:\.sql|\.py)?", re.DOTALL)
_ADD = re.compile(r"add_([a-z][a-z0-9_]*)")
_CREATES = re.compile(
    r"^\s*CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?((?:\"?\w+\"?\.)?\"?\w+\"?)", re.IGNORECASE | re.MULTILINE
)


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
        MigrationsFolderError: There is no migrations folder.
        IllegalNameError: The name is not legal; the hint has the nearest one.
        FileExistsAlreadyError: The module has files already.
    """
    refuse_no_folder(config)
    folder = config.migrations / module
    if not MODULE.fullmatch(module):
        raise IllegalNameError(
            f"{module!r} is no legal module name: lower-case letters, digits and underscores, a letter first",
            hint=f"Did you mean: {_meant(config, module, None)}",
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
    facts = {"module": module, "table": _quoted(module)}
    return _written({folder / name: text.format(**facts) for name, text in files.items()})


def new_file(config: Config, module: str, new: NewFile) -> NewResult:
    """Write the next numbered file of a module.

    Raises:
        MigrationsFolderError: There is no migrations folder.
        IllegalNameError: A name is not legal; the hint has the nearest one.
        UnknownMigrationError: There is no such module; the hint has the nearest ones.
    """
    refuse_no_folder(config)
    folder = config.migrations / module
    if not MODULE.fullmatch(module) or not _NAME.fullmatch(new.name):
        raise IllegalNameError(
            f"{module}/{new.name} is no legal name: lower-case letters, digits and underscores, without number and "
            "suffix",
            hint=f"Did you mean: {_meant(config, module, new.name)}",
            place=Place(folder),
        )
    if not folder.is_dir():
        raise _no_module(config, module)
    return _written(_texts(folder, f"{new_number(folder, config.numbering)}_{new.name}", new))


def refuse_no_folder(config: Config) -> None:
    """Refuse to work in whatever folder one happens to be in.

    Raises:
        MigrationsFolderError: There is no migrations folder.
    """
    if not config.migrations.is_dir():
        raise MigrationsFolderError(
            "the migrations folder is not there",
            hint="Run `seltzer init`, or name the folder: --migrations DIR.",
            place=Place(config.migrations),
        )


def _no_module(config: Config, module: str) -> UnknownMigrationError:
    folders = [item.name for item in config.migrations.iterdir() if item.is_dir() and MODULE.fullmatch(item.name)]
    hint = f"Make it first: seltzer new {module}"
    try:
        resolve(module, folders)
    except UnknownMigrationError as error:
        if folders:
            hint = f"{error.hint} Or make it first: seltzer new {module}"
    return UnknownMigrationError(f"there is no module {module!r}", hint=hint, place=Place(config.migrations / module))


def _meant(config: Config, module: str, name: str | None) -> str:
    """The command that somebody meant who typed a path, a file's whole name, or capitals and hyphens."""
    parts = [part for part in module.split("/") if part and part not in {".", "..", config.migrations.name}]
    if len(parts) > 1 and name is None:
        name = parts[1]
    words = ["seltzer new", nearest_module(parts[0] if parts else module)]
    if name is not None:
        typed = _TYPED.fullmatch(name)
        words.append(nearest_file(f"0000_{typed['name'] if typed else name}").partition("_")[2])
    return " ".join(words)


def _texts(folder: Path, stem: str, new: NewFile) -> dict[Path, str]:
    sentence = new.name.replace("_", " ").strip().capitalize()
    if new.python:
        text = templates.PYTHON + (templates.PYTHON_REVERT if new.down else "")
        return {folder / f"{stem}.py": text.format(sentence=sentence)}
    column, table = _ADD.fullmatch(new.name), _table(folder)
    forth, back = templates.NUMBERED, templates.NUMBERED_DOWN
    facts = {"sentence": sentence, "name": stem}
    if column is not None and table is not None:
        forth, back = templates.ADD_COLUMN, templates.ADD_COLUMN_DOWN
        facts = {"table": table, "column": _quoted(column[1])}
    files = {folder / f"{stem}.sql": forth.format(**facts)}
    if new.down:
        files[folder / f"{stem}.down.sql"] = back.format(**facts)
    return files


def _table(folder: Path) -> str | None:
    """The table that a module is about: the one of its name, or its only one."""
    try:
        text = (folder / "create_tables.sql").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    tables = list(dict.fromkeys(_CREATES.findall(text)))
    own = [table for table in tables if table.rpartition(".")[2].strip('"') == folder.name] or tables
    return own[0] if len(own) == 1 else None


def _quoted(name: str) -> str:
    """A name as SQL takes it: in quotes where it is a keyword."""
    try:
        parse_statements(f"CREATE TABLE {name} ({name} text)")
    except SqlSyntaxError:
        return f'"{name}"'
    return name


def new_number(folder: Path, numbering: Numbering) -> str:
    """The next number; a time that is taken, or lies before one that is, makes way."""
    following = next_number(folder)
    if numbering is Numbering.SEQUENCE:
        return following
    return str(max(int(datetime.now(UTC).strftime("%Y%m%d%H%M%S")), int(following)))


def _written(files: dict[Path, str]) -> NewResult:
    """Write all of them, or none."""
    folder = next(iter(files)).parent
    made: list[Path] = []
    is_new = not folder.exists()
    try:
        folder.mkdir(exist_ok=True)
        for path, text in files.items():
            with path.open("x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        if is_new and folder.is_dir():
            folder.rmdir()
        if isinstance(error, FileExistsError):
            raise FileExistsAlreadyError("is there already", hint="Choose another name.", place=Place(folder)) from None
        raise UnreadableFileError(
            f"cannot be written: {(error.strerror or str(error)).lower()}",
            hint="Check its permissions.",
            place=Place(folder),
        ) from None
    return NewResult(tuple(files))
