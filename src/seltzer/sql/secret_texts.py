"""Secrets by the words around them: a clause, a call, a header. Whatever text they stand in, a body or Python too."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = r"""(?: jwt_?secret | secret | secret_?(?:access_?)?key | password | passwd | passphrase | token | api_?key
    | (?:access|auth|refresh|bearer)_?token | (?:private|encryption|signing|service_role)_?key )"""
# Everything in a call up to its last argument: words, texts, calls with none inside.
_ARGUMENTS = r"""(?: [^;'()] | '[^']*' | \([^()]*\) ){0,300}?"""

# A word without which a text has none of it; what it is; where, with the secret as the group of that name. How far
# words may be apart is bounded: a text of nothing but `curl` must not take hours.
_TEXTS = (
    (
        "password",
        "a role with a password",
        r"""\b(?:create|alter)\s+(?:role|user|group)\s+(?!mapping\b)[^;]{0,300}?
            \bpassword\s+(?:e|u&)?'{1,4}(?P<secret>[^'\n]+)'""",
    ),
    ("password", "a role with a password", r"""\bpassword\s+%(?:\d\$)?L'[^;]{0,300}?,\s*'(?P<secret>[^']+)'\s*\)"""),
    (
        "password",
        "a connection with a password",
        r"""['"] (?= [^'"]* \b(?:host|hostaddr|dbname|user|port|service)= )
            (?: \s* \w+= (?: ''[^']*'' | [^\s'"=]+ ) )* \s*
            \bpassword= (?: ''(?P<quoted>[^']+)'' | (?P<secret>[^\s'";)]+) )""",
    ),
    (
        "password",
        "a connection with a password",
        r"""\bconnect\([^)]{0,300}?\bpassword\s*=\s*["'](?P<secret>[^"']+)["']""",
    ),
    (
        "options",
        "an option with a secret",
        rf"""\boptions\s*\([^;]{{0,300}}?(?<![a-z]){_NAMES}\s+'{{1,2}}(?P<secret>[^'\n]+)'""",
    ),
    (
        "set",
        "a setting with a secret",
        rf"""\bset\s+(?:local\s+|session\s+)?"?\w+\.(?:\w+[._])*{_NAMES}"?\s*(?:=|\bto\b)\s*'(?P<secret>[^']+)'""",
    ),
    (
        "set_config",
        "a setting with a secret",
        rf"""\bset_config\(\s*'(?:\w+[._])*{_NAMES}'\s*,\s*'(?P<secret>[^']+)'""",
    ),
    ("gen_salt", "a password", r"""\bcrypt\(\s*'(?P<secret>[^']+)'\s*,\s*(?:\w+\.)?gen_salt"""),
    (
        "pgp_sym_",
        "a key",
        rf"""\bpgp_sym_(?:en|de)crypt(?:_bytea)?\({_ARGUMENTS},\s*
            '(?P<secret>(?!(?:[a-z0-9]+-)+[a-z]+=)[^']+)'\s*[,)]""",
    ),
    ("hmac(", "a key", rf"""\bhmac\({_ARGUMENTS},\s*'(?P<secret>[^']+)'\s*,\s*'(?:md5|sha\d+)'"""),
    ("vault.", "a secret", r"""\bvault\.(?:create|update)_secret\(\s*(?:'[0-9a-f-]{36}'\s*,\s*)?'(?P<secret>[^']+)'"""),
    ("curl", "a password", r"""\bcurl\b[^'\n]{0,200}?\s(?:-u|--user)[\s=]*"?[^\s:'"]+:(?P<secret>[^\s'"]+)"""),
    ("bearer", "a token", r"""\bbearer\s+(?P<secret>(?=[^\s'"]*\d)[A-Za-z0-9_.~+/=-]{20,})"""),
)
# What a person or a program fills in later, or puts together.
_BLANK = r"""(?isx) [\s"+|].* | [$%:{<\[].* | .*\{\{.* | [*.x…-]+ | null | SCRAM-SHA-256\$.*
    | (?:your[_-]?)?(?:pass|passwd|password|pw|secret|token|key)"""


class SecretText(NamedTuple):
    """Where a text has a secret.

    Attributes:
        start: Where the words around it begin.
        secret: The secret itself: from, up to.
        what: What it is, in words.
    """

    start: int
    secret: tuple[int, int]
    what: str


def secret_texts(text: str) -> Iterator[SecretText]:
    """Where a text has a secret by the words around it; each once."""
    lowered = text.lower()
    seen: set[int] = set()
    for place, (word, what, _) in enumerate(_TEXTS):
        for match in _pattern(place).finditer(text) if word in lowered else ():
            group = match.lastgroup or "secret"
            if match.start(group) not in seen and not is_filled_in_later(match[group]):
                seen.add(match.start(group))
                yield SecretText(match.start(), match.span(group), what)


def is_filled_in_later(secret: str) -> bool:
    """Whether what stands in a secret's place is a blank, or what a program puts there."""
    return re.fullmatch(_BLANK, secret) is not None


@cache
def _pattern(place: int) -> re.Pattern[str]:
    """Compiled when it is first needed: most texts have none of the words."""
    return re.compile(f"(?isx){_TEXTS[place][2]}")
