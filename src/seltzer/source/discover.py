"""Which migrations the folder holds: names, kinds and checksums, nothing parsed or imported.

A start with nothing to do reads every file once, here, and does no more with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from seltzer.errors import (
    DuplicateNumberError,
    IllegalNameError,
    MigrationsFolderError,
    Place,
    StrayFileError,
)
from seltzer.model import CREATE_TABLES, RUN_MIGRATION, Kind, Language, MigrationFile
from seltzer.source.checksum import checksum, checksum_of_many
from seltzer.source.folder import is_folder, list_folder, read_bytes, refuse_circle, refuse_stray_sql
from seltzer.source.names import (
    MODULE,
    REPEATABLE,
    VERSIONED,
    nearest_file,
    nearest_module,
)

if TYPE_CHECKING:
    import os

_DOWN = ".down.sql"


def discover(folder: Path) -> tuple[MigrationFile, ...]:
    """All migrations under `folder`, in the order of their ids; empty when it has no module.

    Raises:
        MigrationsFolderError: It is not there or is no folder.
        FilesError: A name is not legal, a number stands twice, a file cannot be read or would never run.
    """
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "is not there"
        raise MigrationsFolderError(
            f"the migrations folder {what}",
            hint="Run `seltzer init`, or name the folder: --migrations DIR.",
            place=Place(folder),
        )
    found: list[MigrationFile] = []
    root = str(folder)
    for entry in list_folder(root):
        name = entry.name
        if name.startswith(("_", ".")):
            continue
        if is_folder(entry):
            if entry.is_symlink():
                refuse_circle(entry.path, root)
            found += _module(entry)
        elif name.lower().endswith(".sql"):
            raise StrayFileError(
                "lies directly in the migrations folder, where it would never run",
                hint=f"Move it into a module: {folder.name}/{nearest_module(name[:-4])}/{name}",
                place=Place(Path(entry.path)),
            )
    found.sort()
    return tuple(found)


@dataclass(slots=True)
class _Contents:
    """The files of one module by what they are."""

    sql: list[os.DirEntry[str]] = field(default_factory=list["os.DirEntry[str]"])
    numbered: list[os.DirEntry[str]] = field(default_factory=list["os.DirEntry[str]"])
    downs: dict[str, os.DirEntry[str]] = field(default_factory=dict[str, "os.DirEntry[str]"])
    python: list[os.DirEntry[str]] = field(default_factory=list["os.DirEntry[str]"])
    init: os.DirEntry[str] | None = None


def _module(folder: os.DirEntry[str]) -> list[MigrationFile]:
    """The migrations of one folder; none when it holds no file of ours."""
    contents = _contents(folder)
    module = folder.name
    members = _runner_members(contents)
    found = [_versioned(module, entry, contents.downs) for entry in contents.numbered]
    if members:
        found.append(_runner(module, members, contents.downs))
    else:
        found += [_repeatable(module, entry, contents.downs) for entry in contents.sql]
    if found and not MODULE.fullmatch(module):
        raise IllegalNameError(
            f"{module!r} is no legal module name: lower-case letters, digits and underscores, a letter first",
            hint=f"Rename it to {nearest_module(module)!r}.",
            place=Place(Path(folder.path)),
        )
    _refuse_twins(found)
    for entry in contents.downs.values():
        raise StrayFileError(
            "is a way back from a migration that is not there",
            hint="A down file belongs to a numbered file, create_tables.sql or a runner, and has its name.",
            place=Place(Path(entry.path)),
        )
    return found


def _contents(folder: os.DirEntry[str]) -> _Contents:
    contents = _Contents()
    for entry in list_folder(folder.path):
        name = entry.name
        stem, _, suffix = name.rpartition(".")
        if name == "__init__.py":
            contents.init = entry
        elif name.startswith(("_", ".")) or not suffix:
            continue
        elif suffix.lower() == "sql" and not is_folder(entry):
            _sort_sql(contents, entry, stem, suffix)
        elif suffix == "py" and not is_folder(entry):
            if name[0].isdigit():
                _check_name(entry, stem, suffix)
                contents.numbered.append(entry)
            else:
                contents.python.append(entry)
        elif is_folder(entry):
            if entry.is_symlink():
                refuse_circle(entry.path, folder.path)
            refuse_stray_sql(entry.path)
    return contents


def _sort_sql(contents: _Contents, entry: os.DirEntry[str], stem: str, suffix: str) -> None:
    if entry.name.endswith(_DOWN):
        contents.downs[entry.name.removesuffix(_DOWN)] = entry
        return
    _check_name(entry, stem, suffix)
    (contents.numbered if stem[0].isdigit() else contents.sql).append(entry)


def _check_name(entry: os.DirEntry[str], stem: str, suffix: str) -> None:
    legal = VERSIONED if stem[:1].isdigit() else REPEATABLE
    if suffix in {"sql", "py"} and legal.fullmatch(stem):
        return
    raise IllegalNameError(
        f"{entry.name!r} is no legal file name: NNNN_name (4 to 14 digits) or name, in lower case with underscores",
        hint=f"Rename it to {nearest_file(stem)}.{suffix.lower()}",
        place=Place(Path(entry.path)),
    )


def _runner_members(contents: _Contents) -> list[os.DirEntry[str]]:
    """The files that a runner owns: `__init__.py` first; none where the module has no runner."""
    if contents.init is None or RUN_MIGRATION.encode() not in read_bytes(contents.init.path):
        return []
    return [contents.init, *contents.python, *contents.sql]


def _runner(module: str, members: list[os.DirEntry[str]], downs: dict[str, os.DirEntry[str]]) -> MigrationFile:
    contents = [(entry.name, read_bytes(entry.path)) for entry in members]
    return MigrationFile(
        id=f"{module}/{RUN_MIGRATION}",
        module=module,
        name=RUN_MIGRATION,
        kind=Kind.RUNNER,
        language=Language.PYTHON,
        path=Path(members[0].path),
        number=None,
        checksum=checksum_of_many(contents),
        members=tuple(Path(entry.path) for entry in members),
        down=_down(downs, RUN_MIGRATION) or _down(downs, CREATE_TABLES),
    )


def _versioned(module: str, entry: os.DirEntry[str], downs: dict[str, os.DirEntry[str]]) -> MigrationFile:
    name, _, suffix = entry.name.rpartition(".")
    path = Path(entry.path)
    return MigrationFile(
        id=f"{module}/{name}",
        module=module,
        name=name,
        kind=Kind.VERSIONED,
        language=Language.SQL if suffix == "sql" else Language.PYTHON,
        path=path,
        number=int(name.partition("_")[0]),
        checksum=checksum(read_bytes(entry.path)),
        members=(path,),
        down=_down(downs, name) if suffix == "sql" else None,
    )


def _repeatable(module: str, entry: os.DirEntry[str], downs: dict[str, os.DirEntry[str]]) -> MigrationFile:
    name = entry.name[: -len(".sql")]
    path = Path(entry.path)
    return MigrationFile(
        id=f"{module}/{name}",
        module=module,
        name=name,
        kind=Kind.REPEATABLE,
        language=Language.SQL,
        path=path,
        number=None,
        checksum=checksum(read_bytes(entry.path)),
        members=(path,),
        down=_down(downs, name) if name == CREATE_TABLES else None,
    )


def _down(downs: dict[str, os.DirEntry[str]], name: str) -> Path | None:
    """Take the down file of `name` out of `downs`: what is left belongs to nothing."""
    entry = downs.pop(name, None)
    return Path(entry.path) if entry is not None else None


def _refuse_twins(found: list[MigrationFile]) -> None:
    seen: dict[int, MigrationFile] = {}
    for file in found:
        if file.number is None:
            continue
        other = seen.setdefault(file.number, file)
        if other is not file:
            # The free number: one above all, in the width of the file that has to move.
            free = max(item.number or 0 for item in found) + 1
            width = len(file.name.partition("_")[0])
            rest = file.path.name.partition("_")[2]
            raise DuplicateNumberError(
                f"{other.path.name} and {file.path.name} of module {file.module!r} have the same number",
                hint=f"Rename the one that no database has yet: mv {file.path.name} {free:0{width}d}_{rest}",
                place=Place(file.path),
            )
