"""Two sources that name different databases: the one that is not used is worth a word."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seltzer.config.forms import Parameters

_THIS_MACHINE = {"127.0.0.1", "::1"}


class _Address(NamedTuple):
    """A database without who connects; an empty host or name is not known."""

    host: str
    port: str
    name: str
    said: str

    def __str__(self) -> str:
        """Host, as it was written, and name only: the rest is nobody's business."""
        return f"{self.said or '(default host)'}/{self.name or '(default name)'}"


def disagreements(found: Mapping[str, Parameters]) -> tuple[str, ...]:
    """A warning for each source that names another database than the first one does.

    Args:
        found: What each source says, by the source's name, the one that is used first. What a source leaves open
            agrees with everything.
    """
    addresses = {source: _address(parameters.values) for source, parameters in found.items()}
    return tuple(
        f"{used} says {first} and {other} says {second}{_note(first, second)}; {used} is used"
        for used, first in islice(addresses.items(), 1)
        for other, second in islice(addresses.items(), 1, None)
        if _disagree(first, second)
    )


def _address(values: Mapping[str, str]) -> _Address:
    host = values.get("host") or values.get("hostaddr", "")
    # Where a service is named, its file says the rest.
    port = values.get("port") or ("" if "service" in values or not host else "5432")
    return _Address("localhost" if host in _THIS_MACHINE else host, port, values.get("dbname", ""), host)


def _disagree(first: _Address, second: _Address) -> bool:
    return any(one and other and one != other for one, other in zip(first[:3], second[:3], strict=True))


def _note(first: _Address, second: _Address) -> str:
    same = (first.host, first.name) == (second.host, second.name)
    return " on another port" if same else ""
