"""A `shared.config` that cannot be imported: the process that tries runners puts one in its place."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from types import ModuleType

    from seltzer.claims.guard import Guard

_CONFIG = "shared.config"
_NAMES = ("DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT")


@contextmanager
def substitute_config(guard: Guard) -> Generator[None]:
    """While the block runs, `from shared.config import config` works also where the application's own one raises.

    Its settings are those of the `DB_*` variables. What the application's module is refused on its way is not held
    against the migration.
    """
    finder = _Finder(guard)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Finder(MetaPathFinder):
    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in {"shared", _CONFIG}:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Lenient(spec.loader, self._guard)
        return spec


class _Lenient(Loader):
    """Another loader, whose module may raise."""

    def __init__(self, inner: Loader, guard: Guard) -> None:
        self._inner = inner
        self._guard = guard

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        try:
            with self._guard.quiet():
                self._inner.exec_module(module)
        except (Exception, SystemExit):  # noqa: BLE001  # whatever it raises, it counts as not configured
            if module.__name__ == _CONFIG:
                settings = {name: os.environ.get(name, "") for name in _NAMES}
                module.config = SimpleNamespace(**settings)  # type: ignore[attr-defined]
