"""States for tests: made as a check makes them, and nothing is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seltzer.claims.applying import apply_on, brings_code
from seltzer.claims.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from seltzer.claims.applying import Conditions
    from seltzer.events import Listener
    from seltzer.model import Step


class StateLab(Lab):
    """A lab that makes states and tries nothing."""

    def apply(
        self,
        parameters: Mapping[str, str],
        steps: Sequence[Step],
        *,
        conn: psycopg.Connection[Any] | None = None,
        conditions: Conditions | None = None,
        listener: Listener | None = None,
    ) -> None:
        """Apply steps to a database as a run would, roles included: the server is there for tests.

        Raises:
            SeltzerError: One failed.
        """
        chosen = conditions or self.conditions
        if not any(brings_code(step.migration) for step in steps):
            apply_on(chosen, parameters, steps, conn=conn, listener=listener)
            return
        with self.child() as child:
            child.apply(parameters, steps, chosen, listener=listener)
