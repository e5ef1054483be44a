"""What comes out of reading all files: judgements, and what the files ask to be silent about."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from seltzer.claims.finding import Judgement
    from seltzer.claims.silences import Silence


class TextVerdicts(NamedTuple):
    """What text says.

    Attributes:
        judgements: For each judged migration, in the order of the files, one of `guidelines` and one of `documented`;
            nothing is silenced yet.
        silences: Those of the judged migrations, for every claim.
    """

    judgements: list[Judgement]
    silences: list[Silence]
