"""`init`: a migrations package and a place for its settings; no database is needed, nothing is overwritten."""

from __future__ import annotations

import json
import keyword
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, cast

from seltzer.commands.results import InitResult
from seltzer.errors import InvalidSettingError, MigrationsFolderError, NotUtf8Error, Place, UnreadableFileError
from seltzer.source.templates import INIT, SETTINGS
from seltzer.sql.passwords import password_spans

if TYPE_CHECKING:
    import os


def init(folder: str | os.PathLike[str]) -> InitResult:
    """Write `folder/__init__.py`, and `[tool.seltzer]` where a `pyproject.toml` is beside or above it.

    Args:
        folder: The migrations folder; made when it is not there.

    Raises:
        MigrationsFolderError: Its name cannot be a Python package, or a file stands in its place.
        UnreadableFileError: A file cannot be read or written.
    """
    folder = Path(folder)
    if any(password_spans(str(folder))):
        raise MigrationsFolderError("a URL is no folder", hint="Name a folder: migrations")
    folder = folder.absolute()
    if not folder.name.isidentifier() or keyword.iskeyword(folder.name):
        raise MigrationsFolderError(
            f"{folder.name!r} cannot be imported as a Python package",
            hint="Take a name of letters, digits and underscores: migrations",
            place=Place(folder),
        )
    written: list[Path] = []
    kept: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_package(folder / "__init__.py", written, kept)
        project = next(
            (item / "pyproject.toml" for item in folder.parents if (item / "pyproject.toml").is_file()), None
        )
        if project is not None:
            _write_settings(project, folder, written, kept)
    except FileExistsError:
        raise MigrationsFolderError("is a file", hint="Name another folder.", place=Place(folder)) from None
    except OSError as error:
        raise UnreadableFileError(
            f"cannot be written: {(error.strerror or str(error)).lower()}",
            hint="Check its permissions.",
            place=Place(folder),
        ) from None
    return InitResult(tuple(written), tuple(kept))


def _write_package(path: Path, written: list[Path], kept: list[Path]) -> None:
    if path.exists():
        kept.append(path)
        return
    path.write_text(INIT, encoding="utf-8")
    written.append(path)


def _write_settings(project: Path, folder: Path, written: list[Path], kept: list[Path]) -> None:
    try:
        text = project.read_text(encoding="utf-8")
        table: object = tomllib.loads(text).get("tool", {})
    except UnicodeDecodeError:
        raise NotUtf8Error("is not UTF-8", hint="Save the file as UTF-8.", place=Place(project)) from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))  # the rest may repeat words of the file
        place = Place(project, int(line[1]) if line else None)
        raise InvalidSettingError("is no TOML", hint="Correct it, then run init again.", place=place) from None
    tool = cast("dict[str, object]", table) if isinstance(table, dict) else None
    if tool is None or not isinstance(tool.get("seltzer", {}), dict):
        raise InvalidSettingError(
            "tool.seltzer is no table", hint="Write [tool.seltzer], then run init again.", place=Place(project)
        )
    if "seltzer" in tool:
        kept.append(project)
        return
    # JSON's strings are TOML's: quotes and backslashes in a path are escaped.
    settings = SETTINGS.format(migrations=json.dumps(folder.relative_to(project.parent).as_posix()))
    end = "" if text.endswith("\n") or not text else "\n"
    try:
        tomllib.loads(text + end + settings)
    except tomllib.TOMLDecodeError:
        raise InvalidSettingError(
            "tool is written in one line, tool = {…}, below which no [tool.seltzer] can stand",
            hint="Write it as tables, [tool.NAME], then run init again.",
            place=Place(project),
        ) from None
    with project.open("a", encoding="utf-8") as file:
        file.write(end + settings)
    written.append(project)
