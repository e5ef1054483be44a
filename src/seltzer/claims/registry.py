"""Which function tries which claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims import atomic, compatible, converges, effects, idempotent, reversible, survives_rows, traffic
from seltzer.claims.on_rows import on_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seltzer.claims.judging import Judge

TRIED: Mapping[str, Judge] = {
    idempotent.CLAIM: on_rows(idempotent.judge),
    atomic.CLAIM: on_rows(atomic.judge),
    reversible.CLAIM: on_rows(reversible.judge),
    survives_rows.CLAIM: survives_rows.judge,
    converges.CLAIM: converges.judge,
    effects.CLAIM: effects.judge,
    traffic.CLAIM: traffic.judge,
    compatible.CLAIM: compatible.judge,
}
"""The claims that are tried on a shadow."""
