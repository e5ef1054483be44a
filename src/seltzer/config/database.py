"""Which database: the first that is found, in any of the forms that a database is written in."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from seltzer.config.application import NotReadable, read_attribute, read_given, read_shared_config
from seltzer.config.cache import cache_folder
from seltzer.config.disagreement import disagreements
from seltzer.config.forms import Parameters, checked, read_text
from seltzer.config.settings import Origin, Source
from seltzer.errors import InvalidDatabaseError, NotConfiguredError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seltzer.config.settings import Config

_LIBPQ_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE")
_LIBPQ_KEYWORDS = (
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("dbname", "PGDATABASE"),
    ("service", "PGSERVICE"),
)
_REFERENCE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_LONGEST_CHAIN = 5
_FORMS = (
    "Write a libpq URL (postgresql://user@host:5432/name, special characters percent-encoded) or keyword string, "
    "an SQLAlchemy URL, embedded, embedded:DIR, or module:attribute of the application."
)


@dataclass(frozen=True, slots=True)
class Target:
    """A PostgreSQL that is there already.

    Attributes:
        parameters: By libpq's keywords, what is missing being libpq's own default; a password may be among them.
        source: Where it was found: a flag, argument, variable or key by name, or `shared.config`.
        warnings: What a person should know.
    """

    parameters: Mapping[str, str] = field(repr=False)
    source: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Embedded:
    """A private PostgreSQL of the project.

    Attributes:
        folder: Where it keeps a folder for each major version; `.seltzer` of the project unless one was named.
        source: Where it was found.
        warnings: What a person should know.
    """

    folder: Path
    source: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Local:
    """A private PostgreSQL made of an installation of this machine.

    Attributes:
        folder: Where it keeps a folder for each major version.
        source: Where it was found.
    """

    folder: Path
    source: str


Database: TypeAlias = Target | Embedded


def find_database(config: Config, environ: Mapping[str, str]) -> Database:
    """The database to migrate: the one that was set, else the application's own.

    Without the setting, `shared.config` of the project is asked, then `DATABASE_URL`, then libpq's variables; where
    two of these name different databases, a warning names both.

    Raises:
        InvalidDatabaseError: What was found first cannot be read; its text is never repeated.
        NotConfiguredError: Nothing was found.
    """
    if config.database is not None:
        return _read_database(config.database, config.origins["database"], config.root)
    return _find_applications_own(config, environ)


def read_named_database(text: str, flag: str, config: Config) -> Database:
    """A database that a flag names, in any of the forms that a database is written in.

    Raises:
        InvalidDatabaseError: It cannot be read.
    """
    return _read_database(text, Origin(Source.FLAG, flag, Path.cwd()), config.root)


def find_direct_database(config: Config) -> Database | None:
    """The way around the pooler; None when none was set.

    Raises:
        InvalidDatabaseError: It cannot be read.
    """
    if config.direct_database is None:
        return None
    return _read_database(config.direct_database, config.origins["direct-database"], config.root)


def find_shadow(config: Config, environ: Mapping[str, str]) -> Target | Embedded | Local:
    """The server for throw-away databases; without a folder in the setting its data is in the user's cache.

    Raises:
        InvalidDatabaseError: The setting cannot be read.
    """
    origin, cache = config.origins["shadow"], cache_folder(environ) / "shadow"
    if config.shadow == "embedded":
        return Embedded(cache / "embedded", origin.name)
    if config.shadow == "local":
        return Local(cache / "local", origin.name)
    return _read_database(config.shadow, origin, config.root)


def _read_database(given: object, origin: Origin, root: Path) -> Database:
    for _ in range(_LONGEST_CHAIN):
        if isinstance(given, str) and not _is_reference(given):
            return _read_text(given, origin, root)
        found = read_attribute(given, root) if isinstance(given, str) else read_given(given, root)
        if isinstance(found, NotReadable):
            place = found.place or origin.place
            raise InvalidDatabaseError(f"what {origin.name} names {found.reason}", hint=_FORMS, place=place)
        if isinstance(found, Parameters):
            return Target(found.values, origin.name, _dropped(found, origin))
        given = found
    raise InvalidDatabaseError(f"{origin.name} leads from one attribute to the next", hint=_FORMS, place=origin.place)


def _is_reference(text: str) -> bool:
    return not text.startswith("embedded:") and _REFERENCE.fullmatch(text) is not None


def _read_text(text: str, origin: Origin, root: Path) -> Database:
    word, colon, folder = text.strip().partition(":")
    if word == "embedded" and (folder or not colon) and "\0" not in folder:
        start = origin.folder / folder if folder else root / ".seltzer"
        return Embedded(Path(os.path.normpath(start)), origin.name)
    parameters = read_text(text.strip())
    if parameters is None:
        raise InvalidDatabaseError(f"the text of {origin.name} cannot be read", hint=_FORMS, place=origin.place)
    return Target(parameters.values, origin.name, _dropped(parameters, origin))


def _dropped(parameters: Parameters, origin: Origin) -> tuple[str, ...]:
    return tuple(f"{origin.name}: the parameter {name} is not known and was left out" for name in parameters.dropped)


def _find_applications_own(config: Config, environ: Mapping[str, str]) -> Database:
    shared = read_shared_config(config.root)
    warnings = disagreements(_readable(shared, environ))
    if isinstance(shared, Parameters):
        return Target(shared.values, "shared.config", warnings)
    if shared.reason.startswith("raised"):
        warnings = (f"shared.config {shared.reason} and is not used", *warnings)
    if url := environ.get("DATABASE_URL", "").strip():
        origin = Origin(Source.ENVIRONMENT, "DATABASE_URL", config.root)
        found = _read_database(url, origin, config.root)
        return replace(found, warnings=(*warnings, *found.warnings))
    if variable := _libpq_variable(environ):
        return Target({}, variable, warnings)
    raise _not_configured(config, shared)


def _readable(shared: Parameters | NotReadable, environ: Mapping[str, str]) -> dict[str, Parameters]:
    """What the application's own sources say, the one that is used first; without those that cannot be compared."""
    found = {
        "shared.config": shared if isinstance(shared, Parameters) else None,
        "DATABASE_URL": read_text(environ.get("DATABASE_URL", "").strip()),
        _libpq_variable(environ): checked({keyword: environ.get(name, "") for keyword, name in _LIBPQ_KEYWORDS}),
    }
    return {name: parameters for name, parameters in found.items() if name and parameters}


def _libpq_variable(environ: Mapping[str, str]) -> str:
    return next((name for name in _LIBPQ_VARIABLES if environ.get(name)), "")


def _not_configured(config: Config, shared: NotReadable) -> NotConfiguredError:
    file = f"database in {config.file}" if config.file else "database in pyproject.toml or seltzer.toml (neither found)"
    looked = (
        "the flag --database or the argument database",
        "the variable SELTZER_DATABASE",
        file,
        f"shared.config in {config.root} ({shared.reason})",
        "the variable DATABASE_URL",
        f"libpq's variables {', '.join(_LIBPQ_VARIABLES)}",
    )
    return NotConfiguredError(
        f"no database is configured; looked for, in this order: {'; '.join(looked)}",
        hint='Set one of them. database = "embedded" runs a private PostgreSQL for this project.',
        place=shared.place,
    )
