"""Sizes as settings: bytes, written with a unit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.config.values import ValueType

if TYPE_CHECKING:
    from pathlib import Path

_UNITS = {"B": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
_SIZE = re.compile(r"([0-9]{1,12}) ?(B|kB|MB|GB|TB)?")


def _read_size(given: object, _folder: Path) -> int:
    match = _SIZE.fullmatch(str(given).strip())
    if match is None or isinstance(given, bool):
        raise ValueError
    return int(match[1]) * _UNITS[match[2] or "B"]


def _size_text(size_bytes: int) -> str:
    unit = next((unit for unit in reversed(_UNITS) if size_bytes and size_bytes % _UNITS[unit] == 0), "")
    return f"{size_bytes // _UNITS[unit]}{unit}" if unit else "0"


SIZE = ValueType(
    "a size", "A number with its unit: 512kB, 10MB, 1GB. Without a unit it is bytes.", _read_size, _size_text
)
