"""The names that `seltzer` exports, and the events of a run."""

from __future__ import annotations

import dataclasses
import enum
import inspect
from typing import TYPE_CHECKING

import seltzer
from generated.markdown import code, described, first_sentence, section, table
from seltzer import events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def python_sections() -> str:
    """All public names in the order of the alphabet, classes with their methods."""
    names = sorted(set(seltzer.__all__) - {"__version__"}, key=str.lower)
    return "\n".join(part for name in names for part in _sections(name, getattr(seltzer, name)))


def event_sections() -> str:
    """All events, with what they carry."""
    found = [item for item in vars(events).values() if inspect.isclass(item) and item.__module__ == events.__name__]
    rows = [[f"`{item.__name__}`", _fields(item), first_sentence(item.__doc__)] for item in found]
    return table(["event", "carries", "says"], rows)


def _fields(event: type) -> str:
    return ", ".join(f"`{name}`" for name in inspect.get_annotations(event))


def _sections(name: str, value: object) -> Iterator[str]:
    target = f"python-{name}"
    if inspect.isfunction(value):
        yield section(target, f"`seltzer.{name}`", _signature(name, value), described(value.__doc__))
        return
    if not inspect.isclass(value):
        raise TypeError(name)
    if issubclass(value, enum.Enum):
        yield section(target, f"`seltzer.{name}`", described(value.__doc__), ", ".join(f"`{item}`" for item in value))
        return
    called = _signature(name, value) if name == "Migrations" else ""
    first = described(vars(value)["__init__"].__doc__) if called else ""
    yield section(target, f"`seltzer.{name}`", described(value.__doc__), _fields_of(value), called, first)
    for method, function in vars(value).items():
        if inspect.isfunction(function) and not method.startswith("_"):
            yield section(
                f"{target}-{method}", f"`.{method}`", _signature(method, function), described(function.__doc__), level=3
            )


def _fields_of(value: type) -> str:
    if not dataclasses.is_dataclass(value) or "Attributes:" in (value.__doc__ or ""):
        return ""
    return f"It has {_fields(value)}."


def _signature(name: str, function: Callable[..., object]) -> str:
    shown = str(inspect.signature(function)).replace("(self, ", "(").replace("(self)", "()").replace("'", "")
    return code("text", f"{name}{shown}")
