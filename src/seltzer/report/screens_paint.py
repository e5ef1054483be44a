"""Words as they stand on a terminal: coloured, free of control characters, folded where a person would."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.text import Text

# The words say it already; the colour is for the eye that looks for the odd one.
STYLES = {
    "applied": "green",
    "stamped": "green",
    "current": "green",
    "pending": "yellow",
    "changed": "yellow",
    "behind": "yellow",
    "reverted": "magenta",
    "superseded": "magenta",
    "missing": "magenta",
    "ahead": "magenta",
    "failed": "red",
    "edited": "red",
    "diverged": "red",
}
_LABELS = {"error:": "bold red", "hint:": "bold cyan", "detail:": "bold", "warning:": "bold yellow", "notice:": "dim"}


def painted(line: str) -> Text:
    """A plain line whose first word has its colour."""
    word, _, _ = line.partition(" ")
    text = clean(line)
    text.stylize(_LABELS.get(word) or STYLES.get(word, ""), 0, len(word))
    return text


def clean(text: str, style: str = "") -> Text:
    """A text for the screen; what would move the cursor or change the colours of the terminal is shown as `�`."""
    return Text("".join(sign if sign.isprintable() or sign == "\n" else "�" for sign in text), style)


def folded(text: Text, width: int) -> Text:
    """A text whose first line, an id or a path, goes on below and indented; later lines are rich's to wrap."""
    first = text.plain.partition("\n")[0]
    if cell_len(first) <= width:
        return text
    indent = min(len(first) - len(first.lstrip()) + 2, width // 4)
    return Text("\n" + " " * indent).join(text.divide(_breaks(first, width, indent)))


def _breaks(line: str, width: int, indent: int) -> list[int]:
    """Where to break a line."""
    breaks: list[int] = []
    start, room = 0, width
    while cell_len(line[start:]) > room:
        fits = start + max(len(set_cell_size(line[start:], room).rstrip()), 1)
        start = _best_break(line, start, fits)
        breaks.append(start)
        room = width - indent
    return breaks


def _best_break(line: str, start: int, fits: int) -> int:
    """After a blank, `/`, `_` or `-` of the second half, else after any blank, else where the line is full."""
    half = (start + fits) // 2
    blank, sign = line.rfind(" ", half, fits + 1), max(line.rfind(sign, half, fits) for sign in "/_-")
    return blank + 1 or sign + 1 or line.rfind(" ", start + 1, fits) + 1 or fits
