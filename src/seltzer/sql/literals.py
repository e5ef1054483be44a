"""Where the literals of a SQL text are, and which of them are nobody's business.

Not with the parser: it is broken text of which a line is shown. What is not told apart here is hidden rather than
shown; a text, quoted name or comment that does not end goes on to the end.
"""

from __future__ import annotations

import re
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from seltzer.sql.blanks import blank_end
from seltzer.sql.passwords import password_spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Values(Enum):
    """Which values may be shown; a password never may."""

    SHOWN = "shown"  # --show-values
    HIDDEN = "hidden"  # not those of statements that carry rows
    NUMBERS = "numbers"  # likewise, and no text at all: the server refused a value, and any of them may be the one
    REFUSED = "refused"  # none at all


_PIECE = r"""(?isx)
    (?P<comment> -- | /\* )
  | (?P<text> e' (?: [^'\\]+ | \\. | '' )* (?: ' | \\?\Z ) | (?: [bxn] | u& )? ' [^']* (?: ''[^']* )* (?: ' | \Z ) )
  | (?P<dollar> \$ (?:[^\W\d]\w*)? \$ )
  | (?P<name> " [^"]* (?: ""[^"]* )* (?: " | \Z ) )
  | (?P<number> \.?\d (?: (?<=e)[+-] | [\w.] )* )
  | (?P<word> [^\W\d][\w$]* )
  | (?P<psql> \\[^\n]* )
  | (?P<end> ; )
  | (?P<mark> \$\d+ | \S )"""
# What changes how the characters behind it are read.
_OPENER = r"""(?isx)
    (?P<comment> -- | /\* )
  | (?<! [\w$] ) e' (?: [^'\\]+ | \\. | '' )* (?: ' | \\?\Z ) | ' [^']* (?: ''[^']* )* (?: ' | \Z )
  | (?<! [\w$] ) (?P<dollar> \$ (?:[^\W\d]\w*)? \$ )
  | " [^"]* (?: ""[^"]* )* (?: " | \Z )
  | \\[^\n]*
  | (?P<end> ; )"""
_FROM_STDIN = r"(?is)copy\b.*\bfrom\s+stdin\b"
# A dump's statement would take seconds and much memory: of a longer one all literals are hidden.
_LIMIT = 1 << 16
# How far before a part the word PASSWORD or the first half of a literal is looked for.
_BEFORE = 1000
_ROWS_END = r"(?m)^\\\.[ \t\r]*$"

# Words of statements that carry rows, and functions whose arguments are keys.
_CARRIERS = frozenset(
    {"insert", "update", "delete", "values", "merge", "copy", "execute", "crypt", "hmac"}
    | {"pgp_sym_encrypt", "pgp_sym_decrypt", "encrypt", "decrypt"}
)
# The row of a sequence, too: hidden where the server refused a value.
_CARRIES_A_NUMBER = frozenset({"setval"})
# ON UPDATE CASCADE, FOR VALUES IN, BEFORE INSERT OR UPDATE: the same words, without rows.
_NO_CARRIER_AFTER = frozenset({"on", "for", "before", "after", "or"})
_CARRIED = r"(?is)\b(?:insert\s+into|update\s+\S+\s+set|delete\s+from|values\s*\(|merge\s+into|copy\s+\S+\s+from)\b"
_KEY_NAME = r'(?is).*(?:password|passwd|passphrase|pwd|secret|token|api_?key|private_?key|credentials?)(?:_hash)?"?'
_KEY_TO_COME = r"(?is)password\s*(?:[=:%'$]|\Z)"
_BETWEEN = frozenset({"=", ":", ">", "|", "to"})


class _Token(NamedTuple):
    """A piece of SQL.

    Attributes:
        sort: The name of its group in `_PIECE`, or `rows` for what follows COPY FROM stdin.
        start: Its first character.
        end: The character after its last.
        inner: The characters between its quotes; all of it where it has none.
        word: A word in lower case, a mark as it stands; empty for the others.
    """

    sort: str
    start: int
    end: int
    inner: tuple[int, int]
    word: str = ""


def hidden_spans(text: str, start: int, end: int, values: Values) -> Iterator[tuple[int, int]]:
    """What has to be hidden of the characters from `start` to `end`, which may begin and end inside a statement.

    Args:
        text: The whole text that they are part of.
        start: The first of them.
        end: The one after the last.
        values: Which values may be shown.
    """
    begin, safe = _way_in(text, start)
    within = start - begin > _LIMIT
    stop = min(len(text), end + _LIMIT)
    for statement in _statements(text, safe if within else begin, stop):
        if statement[0].start >= end:
            return
        if statement[-1].end > start:
            # What says that a statement carries rows may stand where nobody looks.
            unread = within or statement[-1].end >= stop < len(text)
            for first, last in _spans(text, statement, values, (start, end), within=unread):
                if first < end and last > start:
                    yield first, last
        within = False


def _way_in(text: str, start: int) -> tuple[int, int]:
    """Where the statement at `start` begins, and the last place before it that is in no literal and no comment."""
    pattern = re.compile(_OPENER)
    begin = safe = 0
    while (match := pattern.search(text, safe)) is not None and match.start() < start:
        end = match.end()
        if match.lastgroup == "comment":
            end = blank_end(text, match.start())
        elif match.lastgroup == "dollar":
            close = text.find(match[0], end)
            end = close + len(match[0]) if close >= 0 else len(text)
        if end > start:
            return begin, match.start()
        safe = end
        if match.lastgroup == "end":
            if re.match(_FROM_STDIN, text[blank_end(text, begin) : end]) and (rows := _rows(text, end, len(text))):
                safe = rows.end
            if safe > start:
                return begin, end
            begin = safe
    return begin, safe


def _statements(text: str, start: int, stop: int) -> Iterator[list[_Token]]:
    found: list[_Token] = []
    at, ended = start, False
    while (token := _token(text, at, stop)) is not None:
        # A comment on the line where a statement ends is about that one.
        if ended and (token.sort != "comment" or "\n" in text[at : token.start]):
            yield found
            found, ended = [], False
        found.append(token)
        at = token.end
        if token.sort == "end":
            ended = True
            if _reads_stdin(found) and (rows := _rows(text, at, stop)) is not None:
                found.append(rows)
                at = rows.end
    if found:
        yield found


def _token(text: str, at: int, stop: int) -> _Token | None:
    match = re.compile(_PIECE).search(text, at, stop)
    if match is None or match.lastgroup is None:
        return None
    sort, start, end = match.lastgroup, match.start(), match.end()
    if sort == "comment":
        end = min(blank_end(text, start), stop)
        return _Token(sort, start, end, (start + 2, end))
    if sort == "dollar":
        close = text.find(match[0], end, stop)
        inner = (end, close if close >= 0 else stop)
        return _Token(sort, start, inner[1] + len(match[0]) if close >= 0 else stop, inner)
    if sort in {"text", "name"}:
        quote = match[0].index("'" if sort == "text" else '"') + start
        closed = end - 1 > quote and text[end - 1] == text[quote]
        return _Token(sort, start, end, (quote + 1, end - closed))
    word = match[0].lower() if sort in {"word", "mark"} else ""
    return _Token(sort, start, end, (start, end), word)


def _reads_stdin(tokens: Sequence[_Token]) -> bool:
    words = [token.word for token in tokens if token.sort == "word"]
    return words[:1] == ["copy"] and ("from", "stdin") in pairwise(words)


def _rows(text: str, at: int, stop: int) -> _Token | None:
    """The rows that only psql would send, up to the line that ends them."""
    match = re.compile(_ROWS_END).search(text, at, stop)
    end = match.end() if match else stop
    return _Token("rows", at, end, (at, end)) if end > at else None


def _spans(
    text: str, tokens: list[_Token], values: Values, part: tuple[int, int], *, within: bool
) -> Iterator[tuple[int, int]]:
    """What has to be hidden of a part of one statement; `within`: what it stands in hides all of its literals."""
    solid = [token for token in tokens if token.sort != "comment"]
    code = _has_body(solid)
    everything = within or _hides_everything(text, solid, values, code=code)
    texts = everything or values is Values.NUMBERS
    sorts = {"text", "dollar", "number"} if everything else {"text", "dollar"} if texts else set[str]()
    yield from _hidden_literals(text, solid, part, sorts, code=code)
    for token in tokens:
        if token.start >= part[1] or token.end <= part[0]:
            continue
        if token.sort == "comment":
            # Beside rows stand rows that were taken out.
            inner = text[slice(*token.inner)]
            yield from [token.inner] if texts else _moved(password_spans(inner), token.inner[0])
        elif token.sort == "dollar" and code:
            for statement in _statements(text, *token.inner):
                yield from _spans(text, statement, values, part, within=everything)
        elif token.sort == "rows" and values is not Values.SHOWN:
            yield token.inner
        elif token.sort == "psql":
            yield token.start + len(text[token.start : token.end].split(maxsplit=1)[0]), token.end


def _hidden_literals(
    text: str, tokens: Sequence[_Token], part: tuple[int, int], sorts: set[str], *, code: bool
) -> Iterator[tuple[int, int]]:
    hidden: set[int] = set()
    for index, token in enumerate(tokens):
        near = token.end > part[0] - _BEFORE and token.start < part[1]
        if not near or (token.sort == "dollar" and code):
            continue
        if _is_password(text, tokens, index, hidden) or token.sort in sorts:
            hidden.add(index)
            yield token.inner


def _moved(spans: Iterator[tuple[int, int]], by: int) -> Iterator[tuple[int, int]]:
    return ((start + by, end + by) for start, end in spans)


def _has_body(tokens: Sequence[_Token]) -> bool:
    """Whether a dollar-quoted text in the statement is code."""
    words = [token.word for token in tokens[:5]]
    return words[:1] == ["do"] or (words[:1] == ["create"] and bool({"function", "procedure"} & {*words}))


def _hides_everything(text: str, tokens: Sequence[_Token], values: Values, *, code: bool) -> bool:
    words = ["", *(token.word for token in tokens)]
    carriers = _CARRIERS | _CARRIES_A_NUMBER if values is Values.NUMBERS else _CARRIERS
    carries = any(word in carriers and before not in _NO_CARRIER_AFTER for before, word in pairwise(words))
    if values is Values.REFUSED or (carries and values is not Values.SHOWN):
        return True
    texts = [token for token in tokens if token.sort == "text" or (token.sort == "dollar" and not code)]
    contents = [text[slice(*token.inner)] for token in texts]
    if any(re.search(_KEY_TO_COME, content) for content in contents):
        return True  # format('… PASSWORD %L', 'x'): another literal of the statement is the password
    return values is not Values.SHOWN and any(re.search(_CARRIED, content) for content in contents)


def _is_password(text: str, tokens: Sequence[_Token], index: int, hidden: set[int]) -> bool:
    token = tokens[index]
    content = text[slice(*token.inner)]
    if token.sort in {"text", "dollar"} and any(password_spans(content)):
        return True
    at = index - 1
    while at >= 0 and tokens[at].word in _BETWEEN:
        at -= 1
    if at < 0:
        return False
    if token.sort in {"word", "name"}:
        # CREATE ROLE app PASSWORD secret: no SQL, but what was meant is clear.
        words = [item.word for item in tokens[:2]]
        role = words[0] in {"create", "alter"} and words[-1] in {"role", "user", "group"}
        return role and tokens[at].word == "password" and token.word != "null"
    if token.sort not in {"text", "dollar", "number"}:
        return False
    if tokens[at].word == "," and at > 0 and tokens[at - 1].sort == "text":
        at -= 1  # set_config('app.secret', 'x', true)
    elif at in hidden:
        return True  # 'a' || 'b', or a text that goes on in the next line
    named = tokens[at].sort in {"word", "name", "text"} and tokens[at].word not in _BETWEEN
    return named and re.fullmatch(_KEY_NAME, text[slice(*tokens[at].inner)]) is not None
