"""What a shell completes besides commands and flags: ids, modules, and the words that a setting takes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seltzer.config import Source, read_config
from seltzer.errors import SeltzerError
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from collections.abc import Callable

    import click


def complete_ids(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Modules; behind the slash, or once only one module fits, its migrations."""
    ids = _ids(ctx)
    modules = [name for name in _modules(ids) if name.startswith(incomplete)]
    if "/" in incomplete or len(modules) == 1:
        return [id_ for id_ in (*modules, *ids) if id_.startswith(incomplete)]
    return modules


def complete_modules(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Modules alone."""
    return [name for name in _modules(_ids(ctx)) if name.startswith(incomplete)]


def complete_words(words: list[str]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """These words."""
    return lambda _ctx, _param, incomplete: [word for word in words if word.startswith(incomplete)]


def _ids(ctx: click.Context) -> list[str]:
    """The ids of the project's files; none where they cannot be read: a shell is no place for an error."""
    given: dict[str, Any] = {"migrations": ctx.params.get("migrations")}
    try:
        config = read_config(
            given,
            given_as=Source.FLAG,
            environ=os.environ,
            working_folder=Path.cwd(),
            file=ctx.params.get("config"),
        )
        return [file.id for file in discover(config.migrations)]
    except SeltzerError:
        return []


def _modules(ids: list[str]) -> list[str]:
    return list(dict.fromkeys(id_.partition("/")[0] for id_ in ids))
