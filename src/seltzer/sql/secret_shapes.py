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
    "azure": "a key of Azure",
    "openai": "a key of a language model",
    "sendgrid": "a key of SendGrid",
    "package": "a token of a package registry",
    "hook": "an address of Slack that takes messages",
    "signing": "a key that signs webhooks",
    "cloud": "a token of a cloud service",
    "jwt": "a JSON Web Token",
    "private_key": "a private key",
}

# Without one of these in it a text has none of them; to look for words is much faster than for patterns.
HINTS = (
    *("AKIA", "ASIA"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-"),
    *("xox", "k_live_", "AIza", "GOCSPX-", "PRIVATE KEY"),
    *("AccountKey=", "sk-", "SG.", "npm_", "pypi-AgE", "hooks.slack.com", "whsec_", "dop_v1_", "hf_", "shpat_", "eyJ"),
)

_SHAPES = r"""(?xs)
    (?P<aws> \b(?:AKIA|ASIA)[0-9A-Z]{16}\b )
    | (?P<github> \b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b )
    | (?P<gitlab> \bglpat-[A-Za-z0-9_-]{20}\b )
    | (?P<slack> \bxox[abprs]-[A-Za-z0-9-]{10,} )
    | (?P<stripe> \b[rs]k_live_[A-Za-z0-9]{20,}\b )
    | (?P<google> \b(?:AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28})\b )
    | (?P<azure> \bAccountKey=[A-Za-z0-9+/]{40,}={0,2} )
    | (?P<openai> \bsk-(?:(?:ant|proj|svcacct|or)-[A-Za-z0-9_-]{32,}|[A-Za-z0-9]{40,})\b )
    | (?P<sendgrid> \bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,} )
    | (?P<package> \b(?:npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{50,})\b )
    | (?P<hook> \bhooks\.slack\.com/services/[A-Za-z0-9/]{20,} )
    | (?P<signing> \bwhsec_[A-Za-z0-9+/=]{24,} )
    | (?P<cloud> \b(?:dop_v1_[0-9a-f]{64}|hf_[A-Za-z0-9]{34,}|shpat_[0-9a-fA-F]{32})\b )
    | (?P<jwt> \beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,} )
    | (?P<private_key> -----BEGIN\ (?:[A-Z0-9]+\ )*PRIVATE\ KEY(?:\ BLOCK)?----- (?: .*? (?=-----END) | .* ) )"""


@cache
def secret_shapes() -> re.Pattern[str]:
    """Compiled when it is first needed: a start with nothing to do says nothing."""
    return re.compile(_SHAPES)
