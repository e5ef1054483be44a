"""The rules of the house that a machine can hold, over every file of the package."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import seltzer
from seltzer import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(seltzer.__file__).parent
SOURCES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in sorted(ROOT.rglob("*.py"))}
TREES = {name: ast.parse(text) for name, text in SOURCES.items()}
LONGEST_FILE = 300
LONGEST_FUNCTION = 40


class Definition(NamedTuple):
    """A function or class, and its name with those around it."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

    @property
    def is_function(self) -> bool:
        """Whether it is one, and no class."""
        return not isinstance(self.node, ast.ClassDef)

    @property
    def is_public(self) -> bool:
        """Whether a reader outside of the file may use it."""
        return not any(part.startswith("_") for part in self.name.split("."))

    @property
    def is_overload(self) -> bool:
        """Whether it is only one of several signatures."""
        return any(isinstance(each, ast.Name) and each.id == "overload" for each in self.node.decorator_list)


def definitions(node: ast.AST, around: str = "") -> Iterator[Definition]:
    """Every function and class below a node, at any depth; what is local to a function is nobody else's."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield Definition(around + child.name, child)
            inside = "." if isinstance(child, ast.ClassDef) else "._local."
            yield from definitions(child, around + child.name + inside)
        else:
            yield from definitions(child, around)


DEFINITIONS = [(name, item) for name, tree in TREES.items() for item in definitions(tree)]


def length(item: Definition) -> int:
    """The lines of a function from its `def` to its end, its docstring left out."""
    node = item.node
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is None or first.end_lineno is None:
        return lines
    return lines - (first.end_lineno - first.lineno + 1)


def test_no_file_is_longer_than_a_reader_keeps_in_mind() -> None:
    """Three hundred lines at most."""
    lengths = {name: len(text.splitlines()) for name, text in SOURCES.items()}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    """Forty lines at most, its docstring not counted."""
    lengths = {f"{name}:{item.name}": length(item) for name, item in DEFINITIONS if item.is_function}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_everything_public_has_a_docstring() -> None:
    """The files themselves, functions, classes and their methods; of overloads the last one speaks for all."""
    files = [name for name, tree in TREES.items() if not ast.get_docstring(tree)]
    names = [
        f"{name}:{item.name}"
        for name, item in DEFINITIONS
        if item.is_public and not item.is_overload and not ast.get_docstring(item.node)
    ]

    assert (files, names) == ([], [])


def test_only_one_file_prints() -> None:
    """Everything else hands over lines, documents or events."""
    printing = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }

    assert printing == {"cli/output.py"}


def test_unfinished_work_is_not_committed() -> None:
    """No such word in any comment or text."""
    word = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

    assert [name for name, text in SOURCES.items() if word.search(text)] == []


def test_no_name_says_nothing() -> None:
    """A noun for a file, a verb with an object for a function: none of these."""
    empty = re.compile(r"_*(get|do|handle|process)_|.*(Manager|Handler|Helper|Base)$")

    files = [name for name in SOURCES if Path(name).stem in {"utils", "helpers", "common", "misc"}]
    prescribed = {"get_command"}  # click looks for its commands by this name
    names = [
        f"{name}:{item.name}"
        for name, item in DEFINITIONS
        if empty.match(word := item.name.rpartition(".")[2]) and word not in prescribed
    ]

    assert (files, names) == ([], [])


def _all_errors() -> list[type[errors.SeltzerError]]:
    """Every class of error in the package, wherever it is defined."""
    for module in pkgutil.walk_packages(seltzer.__path__, "seltzer."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: list[type[errors.SeltzerError]] = []
    waiting: list[type[errors.SeltzerError]] = [errors.SeltzerError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return [kind for kind in found if kind.__module__.startswith("seltzer.")]


def test_every_error_is_exported() -> None:
    """From `seltzer.errors`, where a caller looks for it."""
    missing = [kind.__qualname__ for kind in _all_errors() if vars(errors).get(kind.__name__) is not kind]

    assert missing == []
    assert sorted(errors.__all__) == sorted({kind.__name__ for kind in _all_errors()} | {"Place"})


def test_every_error_is_in_the_tree() -> None:
    """The docstring draws all of them, and nothing else."""
    drawn = set(re.findall(r"\b[A-Z]\w+Error\b", errors.__doc__ or ""))

    assert drawn == {kind.__name__ for kind in _all_errors()}


def test_the_tree_says_the_exit_codes() -> None:
    """The number behind a family is the one that its classes have."""
    codes = dict(re.findall(r"\b([A-Z]\w+Error) \((\d+)\)", errors.__doc__ or ""))

    assert codes
    assert {name: str(vars(errors)[name].exit_code) for name in codes} == codes


def test_every_error_has_a_type_of_its_own() -> None:
    """Scripts tell them apart by it: kebab case, without the word error."""
    types = [kind.type.fget(kind.__new__(kind)) for kind in _all_errors() if kind.type.fget is not None]

    assert len(set(types)) == len(types)
    assert [name for name in types if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)] == []
    assert {"lock-held", "parse", "psql-command", "copy-from-stdin"} <= set(types)


def test_every_error_has_an_exit_code_of_the_manual() -> None:
    """The eight that the help names."""
    assert {kind.exit_code for kind in _all_errors()} == {1, 2, 3, 4, 5, 130, 143}


def test_no_room_has_the_name_of_a_public_function() -> None:
    """`seltzer.plan` would be the one or the other, by what was imported first."""
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir()} | {path.stem for path in ROOT.glob("*.py")}

    assert rooms & set(seltzer.__all__) == set()


def test_every_public_name_is_there() -> None:
    """The package's own list, loaded when it is used."""
    assert [name for name in seltzer.__all__ if not hasattr(seltzer, name)] == []
    assert sorted(seltzer.__all__) == sorted(set(dir(seltzer)))
