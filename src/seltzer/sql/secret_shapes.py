"""What the keys of well-known services look like: nobody has to name them for them to be hidden."""

from __future__ import annotations

import re
from functools import cache

# By the name of their group: what a person would call them.
LOOKS = {
    "aws": "an access key of AWS",
    "github": "a token of GitHub",
    "gitlab": "a token of GitLab",
    "slack": "a token of Slack",
    "stripe": "a live key of Stripe",
    "google": "a key of Google",
    "private_key": "a private key",
}

# Without one of these in it a text has none of them; to look for words is much faster than for patterns.
HINTS = (
    *("AKIA", "ASIA"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-"),
    *("xox", "k_live_", "AIza", "PRIVATE KEY"),
)

_SHAPES = r"""(?xs)
    (?P<aws> \b(?:AKIA|ASIA)[0-9A-Z]{16}\b )
    | (?P<github> \b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b )
    | (?P<gitlab> \bglpat-[A-Za-z0-9_-]{20}\b )
    | (?P<slack> \bxox[abprs]-[A-Za-z0-9-]{10,} )
    | (?P<stripe> \b[rs]k_live_[A-Za-z0-9]{20,}\b )
    | (?P<google> \bAIza[A-Za-z0-9_-]{35}\b )
    | (?P<private_key> -----BEGIN\ (?:[A-Z0-9]+\ )*PRIVATE\ KEY----- (?: .*? (?=-----END) | .* ) )"""


@cache
def secret_shapes() -> re.Pattern[str]:
    """Compiled when it is first needed: a start with nothing to do says nothing."""
    return re.compile(_SHAPES)
