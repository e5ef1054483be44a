"""`settings`: every setting with its value; of a database who connects where, and what named it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seltzer.config import Source
from seltzer.config.database import Database, Local, Target, find_database, find_direct_database, find_shadow
from seltzer.config.values import PRIVATE_SHADOWS
from seltzer.db.connect import describe_parameters
from seltzer.errors import InvalidDatabaseError, NotConfiguredError
from seltzer.sql.redact import without_passwords

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seltzer.config import Config, Origin


def with_databases(config: Config, environ: Mapping[str, str]) -> Config:
    """The settings with the databases that a run would take, by name; nothing is connected, and nothing secret said."""
    found = {
        "database": _found(config, config.origins["database"], lambda: find_database(config, environ)),
        "direct-database": _found(config, config.origins["direct-database"], lambda: find_direct_database(config)),
    }
    if config.shadow not in PRIVATE_SHADOWS:
        found["shadow"] = _found(config, config.origins["shadow"], lambda: find_shadow(config, environ))
    return replace(config, origins={**config.origins, **found})


def _found(config: Config, origin: Origin, find: Callable[[], Database | Local | None]) -> Origin:
    try:
        found = find()
    except NotConfiguredError:
        return origin
    except InvalidDatabaseError:
        # To look at the settings is how one finds out why.
        return origin._replace(text="(cannot be read)")
    if found is None or isinstance(found, Local):
        return origin
    if origin.source is Source.DEFAULT:
        source = Source.FILE if found.source == "shared.config" else Source.ENVIRONMENT
        origin = origin._replace(source=source, name=found.source)
    return origin._replace(text=without_passwords(_text(config, found)))


def _text(config: Config, found: Database) -> str:
    if isinstance(found, Target):
        return describe_parameters(found.parameters)
    return "embedded" if found.folder == config.root / ".seltzer" else f"embedded:{found.folder}"
