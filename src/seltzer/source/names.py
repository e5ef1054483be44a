"""Which names of folders and files are legal, and what they say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODULE = re.compile(r"[a-z][a-z0-9_]{0,62}")
VERSIONED = re.compile(r"(?P<number>[0-9]{4,14})_[a-z0-9_]+")
REPEATABLE = re.compile(r"[a-z][a-z0-9_]*")


def nearest_module(name: str) -> str:
    """The legal module name nearest to `name`."""
    word = _words(name)
    return (word if word[:1].isalpha() else f"m_{word}".rstrip("_"))[:63]


def nearest_file(stem: str) -> str:
    """The legal file name, without its suffix, nearest to `stem`."""
    match = re.match(r"([0-9]+)[^0-9a-zA-Z]*(.*)", stem)
    if match is None:
        word = _words(stem)
        return word if word[:1].isalpha() else f"f_{word}".rstrip("_")
    return f"{match[1][:14]:0>4}_{_words(match[2]) or 'change'}"


def _words(text: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def next_number(folder: Path) -> str:
    """The first free number of a module, in the width of those it has, four digits at least."""
    names = [item.name for item in folder.iterdir()] if folder.is_dir() else []
    taken = [match[1] for name in names if (match := re.match(r"([0-9]{4,14})_", name))]
    width = max((len(number) for number in taken), default=4)
    return f"{max((int(number) for number in taken), default=0) + 1:0{width}d}"
