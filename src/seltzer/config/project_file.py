"""The settings file: `[tool.seltzer]` in `pyproject.toml`, or `seltzer.toml`."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple, cast

from seltzer.errors import InvalidSettingError, Place
from seltzer.sql.passwords import password_spans

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_OWN = "seltzer.toml"
_SHARED = "pyproject.toml"
# Texts, compiled when first used: without a settings file none of them is.
_OUR_TABLE = r"""(?m)^\s*\[?\s*["']?tool["']?\s*(?:\.\s*["']?seltzer\b|\])"""
_HEADER = r"\s*\[([^\[\]]+)\]\s*(?:#.*)?"
_KEY = r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*[.=]"""
_TOML_POSITION = r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z"
_TOML_REASON = r"(?:[A-Za-z ,/]|'\W{1,4}')+"


class ProjectFile(NamedTuple):
    """The table of settings in one file.

    Attributes:
        path: The file.
        table: The table's name as it stands in the file; empty for the whole file.
        values: What the table holds; it may hold a password.
        lines: The line of each key, counted from 1, where one was found.
        warnings: What a person should know of it.
    """

    path: Path
    table: str
    values: Mapping[str, object]
    lines: Mapping[str, int]
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Without the values."""
        return f"ProjectFile({self.path})"


def find_project_file(start: Path) -> ProjectFile | None:
    """The settings file nearest to `start`, upwards; a `pyproject.toml` without our table is passed by.

    Raises:
        InvalidSettingError: The file that was found cannot be read.
    """
    for folder in (start, *start.parents):
        own = _read_if_there(folder / _OWN)
        shared = _read_if_there(folder / _SHARED)
        if own is not None and shared is not None:
            return own._replace(warnings=(f"{own.path} is read; [tool.seltzer] in {shared.path} is not",))
        if own is not None or shared is not None:
            return own or shared
    return None


def read_project_file(path: Path) -> ProjectFile:
    """The settings in a file that was named by a person.

    Raises:
        InvalidSettingError: It is not there, cannot be read, or holds no table of settings.
    """
    if any(password_spans(str(path))):
        raise InvalidSettingError("the settings file is not there", hint="Its name is no name of a file.")
    found = _read_if_there(path)
    if found is None:
        reason = "has no table [tool.seltzer]" if path.is_file() else "is not there"
        raise InvalidSettingError(
            f"the settings file {reason}",
            hint="Name another one, or leave --config out: it is looked for upwards from here.",
            place=Place(path),
        )
    return found


def _read_if_there(path: Path) -> ProjectFile | None:
    text = _text_if_there(path)
    if text is None or (path.name == _SHARED and re.search(_OUR_TABLE, text) is None):
        return None
    document = _parse(text, path)
    if path.name == _SHARED:
        tool = document.get("tool")
        tables = cast("dict[str, object]", tool) if isinstance(tool, dict) else {}
        return _table(path, text, "tool.seltzer", tables["seltzer"]) if "seltzer" in tables else None
    tool = document.get("tool")
    if set(document) == {"tool"} and isinstance(tool, dict) and set(cast("dict[str, object]", tool)) == {"seltzer"}:
        return _table(path, text, "tool.seltzer", cast("dict[str, object]", tool)["seltzer"])
    if set(document) == {"seltzer"}:
        return _table(path, text, "seltzer", document["seltzer"])
    return _table(path, text, "", document)


def _text_if_there(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        # A folder above us may be closed to us: what nobody here can see is not there.
        if not os.access(path, os.F_OK):
            return None
        reason = error.strerror or type(error).__name__
    except UnicodeDecodeError:
        reason = "not UTF-8"
    raise InvalidSettingError(f"the settings file cannot be read: {reason}", place=Place(path))


def _parse(text: str, path: Path) -> dict[str, object]:
    import tomllib  # noqa: PLC0415  # 2 ms of a start, wasted where no file speaks of us

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problem = str(error)
    # Outside of the handler: the parser's error holds the whole text, and a password may be in it.
    raise _not_toml(problem, path)


def _not_toml(problem: str, path: Path) -> InvalidSettingError:
    position = re.search(_TOML_POSITION, problem)
    line, column = position.groups() if position else (None, None)
    reason = re.sub(_TOML_POSITION, "", problem)
    about = f": {reason}" if re.fullmatch(_TOML_REASON, reason) else ""  # others repeat words of the file
    place = Place(path, int(line) if line else None, int(column) if column else None)
    return InvalidSettingError(f"the settings file is not valid TOML{about}", place=place)


def _table(path: Path, text: str, name: str, values: object) -> ProjectFile:
    if not isinstance(values, dict):
        raise InvalidSettingError(
            f"{name} is not a table", hint=f"Write [{name}] above the settings.", place=Place(path)
        )
    return ProjectFile(path, f"[{name}]" if name else "", cast("dict[str, object]", values), _lines(text, name))


def _lines(text: str, table: str) -> dict[str, int]:
    """The line of each key of a table, by the look of the text; TOML's parser does not tell."""
    lines: dict[str, int] = {}
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.fullmatch(_HEADER, line):
            current = re.sub(r"[\s\"']", "", header[1])
            nested = current.removeprefix(f"{table}." if table else "")
            if nested != current or not table:
                lines.setdefault(nested.partition(".")[0], number)
        elif current == table and (key := re.match(_KEY, line)):
            lines.setdefault(key[1], number)
    return lines
