"""Importing what the user wrote: runners and Python migrations, without leaving a trace in the process.

While they are imported and run, the folder above `migrations/` is first on `sys.path`, and modules of other projects
whose names this project uses too (`shared`, `migrations`) are put aside. Afterwards both are as they were.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import ModuleType

# sys.path and sys.modules belong to the whole process: one project at a time.
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def project_imports(folder: Path) -> Generator[None]:
    """Let the project that `folder` (its `migrations/`) belongs to import its own modules while the block runs."""
    root = folder.resolve().parent
    with _ONE_AT_A_TIME:
        path, before = list(sys.path), dict(sys.modules)
        aside = {name: module for name, module in before.items() if _is_rival(name, module, root)}
        for name in aside:
            del sys.modules[name]
        sys.path.insert(0, str(root))
        importlib.invalidate_caches()
        try:
            yield
        finally:
            sys.path[:] = path
            # All of them first: where a package without __init__.py is, its parent has to be asked.
            ours = [name for name, module in sys.modules.items() if name not in before and _belongs_to(module, root)]
            for name in ours:
                del sys.modules[name]
            sys.modules.update(aside)


def import_runner(folder: Path, module: str) -> ModuleType:
    """Import `migrations/<module>/__init__.py` as the package it is.

    Call it inside `project_imports`. Raises whatever the import raises.
    """
    return importlib.import_module(f"{folder.resolve().name}.{module}")


def import_file(folder: Path, path: Path) -> ModuleType:
    """Import one Python migration as part of its package; its name starts with a digit, which `import` cannot say.

    Call it inside `project_imports`. Raises whatever the import raises.
    """
    package = f"{folder.resolve().name}.{path.parent.name}"
    importlib.import_module(package)  # for `from . import …`
    name = f"{package}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickles look their module up by name
    spec.loader.exec_module(module)
    return module


def _is_rival(name: str, module: ModuleType, root: Path) -> bool:
    """Whether a loaded module takes a name that this project's own files have."""
    top = name.partition(".")[0]
    if not ((root / top).is_dir() or (root / f"{top}.py").is_file()):
        return False
    owner = sys.modules.get(top)
    return not _belongs_to(module, root) and not (owner is not None and _belongs_to(owner, root)) and _is_loose(module)


def _is_loose(module: ModuleType) -> bool:
    """Whether a module lies in a project's folder, not among installed packages or in the interpreter."""
    where = _file_of(module)
    return where is not None and "site-packages" not in where.parts and not str(where).startswith(sys.base_prefix)


def _belongs_to(module: ModuleType, root: Path) -> bool:
    where = _file_of(module)
    return where is not None and "site-packages" not in where.parts and where.is_relative_to(root)


def _file_of(module: ModuleType) -> Path | None:
    """Where a module was loaded from; a folder for a package without `__init__.py`; None for built-in ones."""
    file = getattr(module, "__file__", None)
    if file is not None:
        return Path(file).resolve()
    places = list(getattr(module, "__path__", ()))
    return Path(places[0]).resolve() if places else None
