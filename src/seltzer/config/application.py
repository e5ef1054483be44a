"""The application's own modules: imported for a look at its settings, and gone again without a trace."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seltzer.config.objects import read_object, unusable
from seltzer.errors import Place

if TYPE_CHECKING:
    from collections.abc import Generator
    from importlib.machinery import ModuleSpec
    from types import ModuleType, TracebackType

    from seltzer.config.forms import Parameters

_LIBRARIES = {"site-packages", "dist-packages"}


class NotReadable(NamedTuple):
    """Why the application gave no database.

    Attributes:
        reason: To follow the name of what was asked; free of any text of the application's.
        place: The application's line that raised.
    """

    reason: str
    place: Place | None = None


def read_shared_config(root: Path) -> Parameters | NotReadable:
    """What `shared.config` of the project in `root` says: `config.DB_NAME`, `DB_USER`, `DB_PASSWORD` and the others."""
    try:
        with importing_from(root, "shared"):
            module = _own_module("shared.config", root)
            if module is None:
                return NotReadable("is not there")
            value: object = getattr(module, "config", module)
            found, wrong = read_object(value), unusable(value)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the application's code may raise
        return _raised(error, root)
    return NotReadable(f"has no usable {wrong}") if found is None or isinstance(found, str) else found


def read_attribute(reference: str, root: Path) -> str | Parameters | NotReadable:
    """What `module:attribute.path` stands for; a callable is called."""
    name, _, path = reference.partition(":")
    try:
        with importing_from(root, name.partition(".")[0]):
            value: object = importlib.import_module(name)
            for attribute in path.split("."):
                value = getattr(value, attribute)
            found = read_object(value)
    except ModuleNotFoundError as error:
        return _missing(error, name, root)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the application's code may raise
        return _raised(error, root)
    return found or NotReadable("is nothing that names a database")


def read_given(value: object, root: Path) -> str | Parameters | NotReadable:
    """What an object that was given instead of a text stands for."""
    try:
        return read_object(value) or NotReadable("is nothing that names a database")
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the application's code may raise
        return _raised(error, root)


@contextmanager
def importing_from(root: Path, package: str) -> Generator[None]:
    """The project in `root` comes first in imports; afterwards `sys.path` and `sys.modules` are as before.

    Modules of another project under the same names are put aside meanwhile, so that two projects in one process do not
    meet. A library that was imported on the way stays: many cannot be imported twice. What the application prints
    goes to stderr, since stdout belongs to our caller.

    Args:
        root: The folder above the migrations.
        package: The top-level name that will be imported.
    """
    path, modules = sys.path.copy(), sys.modules.copy()
    aside = _strangers(root, package)
    for name in aside:
        sys.modules.pop(name, None)  # a thread of the application may import at the same time
    sys.path.insert(0, str(root))
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        sys.path[:] = path
        newcomers = _newcomers(root, package, modules)
        for name in newcomers:
            _forget(name)
        sys.modules.update({name: modules[name] for name in {*newcomers, *aside} & modules.keys()})


def _strangers(root: Path, package: str) -> dict[str, ModuleType]:
    """Loaded modules that hide some of this project's that have the same names."""
    ours = {path.name.removesuffix(".py") for path in root.iterdir()} if root.is_dir() else set[str]()
    packages: dict[str, dict[str, ModuleType]] = {}
    for name, module in sys.modules.copy().items():
        top = name.partition(".")[0]
        if top in ours:
            packages.setdefault(top, {})[name] = module
    hiding = (top for top in packages if _is_replaceable(top, package) and _is_elsewhere(root, packages[top]))
    return {name: module for top in hiding for name, module in packages[top].items()}


def _is_replaceable(top: str, package: str) -> bool:
    if top in sys.stdlib_module_names or top in {"__main__", "seltzer"}:
        return False
    return top == package or not any(_library_depth(file) for file in _files(sys.modules.get(top)))


def _is_elsewhere(root: Path, modules: dict[str, ModuleType]) -> bool:
    # All of them are asked: a package without `__init__.py` may have folders in two projects.
    under = [_lies_under(root, module) for module in modules.values() if _files(module)]
    return not under or not all(under)


def _newcomers(root: Path, package: str, before: dict[str, ModuleType]) -> list[str]:
    new = [(name, module) for name, module in sys.modules.copy().items() if before.get(name) is not module]
    return [name for name, module in new if _is_own(name, module, root, package)]


def _is_own(name: str, module: ModuleType, root: Path, package: str) -> bool:
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names or (root.name in _LIBRARIES and top != package):
        return False
    return any(_is_own_file(file, root) for file in _files(module))


def _is_own_file(file: str, root: Path) -> bool:
    # A virtual environment often lies in the project's folder, and an installed project in one of the libraries.
    return _library_depth(file) == _library_depth(str(root)) and _is_under(root, file)


def _library_depth(path: str) -> int:
    return sum(part in _LIBRARIES for part in Path(path).parts)


def _forget(name: str) -> None:
    module = sys.modules.pop(name)
    parent, _, child = name.rpartition(".")
    if getattr(sys.modules.get(parent), child, None) is module:
        delattr(sys.modules[parent], child)


def _own_module(name: str, root: Path) -> ModuleType | None:
    """A module of the project, looked at before it is run: another project's must not even be imported."""
    for each in (name.partition(".")[0], name):
        loaded = sys.modules.get(each)
        found = _files(loaded) if loaded else _files_of_spec(importlib.util.find_spec(each))
        if not any(_is_under(root, file) for file in found):
            return None
    return importlib.import_module(name)


def _lies_under(root: Path, module: ModuleType) -> bool:
    return any(_is_under(root, file) for file in _files(module))


def _is_under(root: Path, file: str) -> bool:
    return Path(file).resolve().is_relative_to(root.resolve())


def _files(module: ModuleType | None) -> list[str]:
    # By `__dict__`: lazy modules import what they stand for as soon as one asks them for an attribute.
    names = getattr(module, "__dict__", {})
    file, folders = names.get("__file__"), names.get("__path__")
    return [*([file] if file else []), *(folders or [])]


def _files_of_spec(spec: ModuleSpec | None) -> list[str]:
    if spec is None:
        return []
    return [*([spec.origin] if spec.has_location and spec.origin else []), *(spec.submodule_search_locations or [])]


def _raised(error: BaseException, root: Path) -> NotReadable:
    # The type only: the text may repeat the very settings that we were looking for.
    return NotReadable(f"raised {type(error).__name__}", _last_place(error.__traceback__, root))


def _missing(error: ModuleNotFoundError, name: str, root: Path) -> NotReadable:
    """What was asked for by a name that was typed, which may be said again; nothing else of the error may."""
    if error.name and f"{name}.".startswith(f"{error.name}."):
        return NotReadable(f"is not there: no module {error.name} in {root}, nor among the installed packages")
    return _raised(error, root)


def _last_place(traceback: TracebackType | None, root: Path) -> Place | None:
    place = None
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if not file.startswith("<") and _is_own_file(file, root):
            place = Place(Path(file), traceback.tb_lineno)
        traceback = traceback.tb_next
    return place
