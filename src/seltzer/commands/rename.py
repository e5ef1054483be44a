"""`renumber` and `rename-module`: files get other names, and say what they were called before."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from seltzer.commands.new import new_number, refuse_no_folder
from seltzer.commands.results import NewResult
from seltzer.errors import (
    FileExistsAlreadyError,
    FilesError,
    IllegalNameError,
    ParseError,
    Place,
    StillNeededError,
    UnknownMigrationError,
    UnreadableFileError,
)
from seltzer.model import Kind, Language, MigrationFile
from seltzer.planning.dependents import dependents, order_of_needs
from seltzer.planning.selection import resolve
from seltzer.source.discover import discover
from seltzer.source.names import MODULE, VERSIONED, nearest_module
from seltzer.source.read import read_migration
from seltzer.source.rewrite import follow_references, say_was

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from seltzer.config import Config
    from seltzer.model import Migration


def renumber(config: Config, reference: str) -> NewResult:
    """Give a numbered file, and its down file, the next free number; directives that name it follow.

    Raises:
        UnknownMigrationError: It names no numbered file, or several.
        StillNeededError: A file of its module, which would run before it then, needs it.
        FilesError: A file cannot be read, written or renamed; all is as it was.
    """
    refuse_no_folder(config)
    numbered = _numbered(config.migrations)
    if (config.migrations / f"{reference}.sql").is_file() and reference not in numbered:
        raise UnknownMigrationError(
            f"{reference} has no number that could be changed", hint="Name a numbered file: module/0002_name"
        )
    found = resolve(reference, list(numbered))
    if len(found) != 1:
        raise UnknownMigrationError(f"{reference!r} is not one numbered file", hint=f"Name one: {', '.join(found[:3])}")
    path = numbered[found[0]]
    twin = path.with_suffix(".py")
    if twin != path and twin.is_file():
        raise UnknownMigrationError(
            f"{reference!r} is {path.name} and {twin.name}",
            hint="Rename the one that no database has.",
            place=Place(twin),
        )
    module, number = path.parent.name, path.stem.partition("_")[0]
    free = new_number(path.parent, config.numbering)
    stem = f"{free}_{path.stem.partition('_')[2]}"
    alone = sum(int(item.stem.partition("_")[0]) == int(number) for item in _inside(numbered, module)) == 1

    def follow(word: str) -> str:
        target, _, name = word.partition("/")
        if word == found[0]:
            return f"{module}/{stem}"
        same = target == module and name.isdigit() and int(name) == int(number)
        return f"{module}/{free}" if same and alone else word

    _refuse_needed(config, found[0], numbered)
    down = path.with_name(f"{path.stem}.down.sql")
    renames = {path: path.with_name(stem + path.suffix)}
    if down.is_file():
        renames[down] = path.with_name(f"{stem}.down.sql")
    edits = _edits(_all_files(config.migrations), {path: found[0]}, follow)
    _perform(edits, renames)
    edited = tuple(item for item in edits if item != path)
    return NewResult((*renames.values(), *edited), edited)


def rename_module(config: Config, old: str, new: str) -> NewResult:
    """Give a module another name; directives of all files that name it follow.

    Raises:
        UnknownMigrationError: There is no such module.
        IllegalNameError: The new name is not legal.
        FileExistsAlreadyError: There is a module of the new name.
        FilesError: A file cannot be read, written or renamed; all is as it was.
    """
    files = discover(config.migrations)
    mine = {file.path: file.id for file in files if file.module == old}
    if not mine:
        module = resolve(old, [file.id for file in files])[0].partition("/")[0]
        raise UnknownMigrationError(f"{old!r} is no module", hint=f"Name the module: {module}")
    if not MODULE.fullmatch(new):
        near = nearest_module(new)
        hint = f"Did you mean: seltzer rename-module {old} {near}" if near != old else f"It is called {old} already."
        raise IllegalNameError(f"{new!r} is no legal module name", hint=hint, place=Place(config.migrations / new))
    folder = config.migrations / new
    if folder.exists():
        raise FileExistsAlreadyError("is there already", hint="Choose another name.", place=Place(folder))

    def follow(word: str) -> str:
        module, slash, name = word.partition("/")
        return f"{new}{slash}{name}" if module == old else word

    edits = _edits((path for file in files for path in file.members), mine, follow)
    _perform(edits, {config.migrations / old: folder})
    moved = sorted(path for path in folder.iterdir() if path.suffix in {".sql", ".py"})
    edited = tuple(path for path in edits if path.parent.name != old)
    return NewResult((*moved, *edited), edited)


def _refuse_needed(config: Config, id_: str, numbered: Mapping[str, Path]) -> None:
    """Refuse the last number of its module to a file that another one of it has to come after."""
    search_path = config.search_path if config.search_path is not None else ("public",)
    migrations: list[Migration] = []
    for file in _files(config.migrations, numbered):
        with suppress(FilesError):  # what cannot be read says nothing of the order; a run will tell
            migrations.append(read_migration(file, search_path))
    by_id = {item.id: item.file for item in migrations}
    edges = dependents({id_}, order_of_needs(migrations, {key: file.path for key, file in by_id.items()}))
    for edge in edges:
        after = by_id[edge.after]
        if after.number is None or f"{after.module}/" != id_[: len(after.module) + 1]:
            continue
        same = after.number == int(id_.partition("/")[2].partition("_")[0])
        raise StillNeededError(
            f"{id_} cannot come after {after.id}, which has to run later ({edge.because}, {edge.before}): a fresh "
            "database would fail; nothing was changed",
            hint=f"Renumber the other one: seltzer renumber {after.id}"
            if same
            else "Leave it its number, and write what has to change into a new numbered file.",
            place=Place(*edge.place) if edge.place is not None and edge.place[0] == after.path else Place(after.path),
            migration=after.id,
        )


def _files(folder: Path, numbered: Mapping[str, Path]) -> Sequence[MigrationFile]:
    """All migrations; the numbered ones alone where two have one number, which is what a renumbering settles."""
    try:
        return discover(folder)
    except FilesError:
        return [
            MigrationFile(
                id=id_,
                module=path.parent.name,
                name=path.stem,
                kind=Kind.VERSIONED,
                language=Language.SQL if path.suffix == ".sql" else Language.PYTHON,
                path=path,
                number=int(path.stem.partition("_")[0]),
                checksum="",
                members=(path,),
            )
            for id_, path in numbered.items()
        ]


def _numbered(folder: Path) -> dict[str, Path]:
    """The numbered files by their ids; not `discover`, which refuses the number that two of them have."""
    return {
        f"{path.parent.name}/{path.stem}": path
        for path in _all_files(folder)
        if MODULE.fullmatch(path.parent.name) and VERSIONED.fullmatch(path.stem)
    }


def _inside(numbered: Mapping[str, Path], module: str) -> list[Path]:
    return [path for path in numbered.values() if path.parent.name == module]


def _all_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("[!_.]*/*") if path.suffix in {".sql", ".py"} and path.is_file())


def _edits(files: Iterable[Path], renamed: Mapping[Path, str], follow: Callable[[str], str]) -> dict[Path, bytes]:
    """The new contents of those files that change: renamed ones, first, and ones whose directives name them."""
    found: dict[Path, bytes] = {}
    for path in dict.fromkeys((*renamed, *files)):
        try:
            before = path.read_bytes()
            after = follow_references(before, path.suffix, follow)
            found[path] = say_was(after, path.suffix, renamed[path]) if path in renamed else after
        except (SyntaxError, UnicodeDecodeError) as error:
            raise ParseError(f"does not parse: {error}", hint="Correct it first.", place=Place(path)) from None
        except OSError as error:
            raise _unwritable(path, error) from None
        if found[path] == before:
            del found[path]
    return found


def _perform(edits: Mapping[Path, bytes], renames: Mapping[Path, Path]) -> None:
    """Write and rename all of it, or leave all of it as it was."""
    before = {path: path.read_bytes() for path in edits}
    done: list[tuple[Path, Path]] = []
    path = next(iter(renames))
    try:
        for path, data in edits.items():
            path.write_bytes(data)
        for path, target in renames.items():
            path.rename(target)
            done.append((path, target))
    except OSError as error:
        for source, target in reversed(done):
            target.rename(source)
        for source, data in before.items():
            if source.read_bytes() != data:
                source.write_bytes(data)
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> UnreadableFileError:
    return UnreadableFileError(
        f"cannot be renamed or written: {(error.strerror or str(error)).lower()}; nothing was changed",
        hint="Check its permissions.",
        place=Place(path),
    )
