"""Results as tables that fold on a narrow terminal and tell more on a wide one."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from seltzer.commands.results import HistoryResult, PlanResult, StatusResult
from seltzer.config import SETTINGS, Config, Source
from seltzer.report.screens_paint import STYLES, clean, folded
from seltzer.report.text import DONE, befores, how, shown_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from seltzer.commands.results import MigrationStatus
    from seltzer.report.screens_lines import Lines

_GAP = 2

# When even the widest column has less, a table says less than plain lines.
_USEFUL = 10


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        title: Above it.
        least: The cells on the screen that it folds into before an optional column goes; 0: it never folds.
        optional: Whether it goes when there is no room for everything.
        number: Whether it stands at the right.
    """

    title: str
    least: int = 0
    optional: bool = False
    number: bool = False


_ID = 24


def table_of(lines: Lines, width: int) -> Table | None:
    """The table that says what plain lines say; None when there is nothing to tabulate, or no room for it.

    Args:
        lines: Of `status`, `plan`, `history` or `settings`.
        width: Of the terminal, in cells.
    """
    match lines.facts:
        case (StatusResult() as result,):
            return _status(result, width, everything=bool(lines.options.get("everything")))
        case (PlanResult() as result,):
            return _plan(result, width)
        case (HistoryResult() as result,):
            return _history(result, width)
        case (_, Config() as config):
            return _settings(config, width)
        case _:
            return None


def _status(result: StatusResult, width: int, *, everything: bool) -> Table | None:
    columns = (
        Column("migration" if everything else "module", _ID),
        Column("state"),
        Column("recorded (UTC)"),
        Column("kind", optional=True),
        Column("language", optional=True),
    )
    every = (_migration_row(item, "") for item in result.migrations)
    return _table(columns, list(every if everything else _module_rows(result)), width)


def _module_rows(result: StatusResult) -> Iterator[Sequence[Text]]:
    modules: dict[str, list[MigrationStatus]] = {}
    for item in result.migrations:
        modules.setdefault(item.module, []).append(item)
    for module, items in modules.items():
        others = [item for item in items if item.state not in DONE]
        words = f"{len(items) - len(others)} of {len(items)} applied"
        yield clean(module), clean(words, "" if others else "green"), Text(), Text(), Text()
        yield from (_migration_row(item, "  ") for item in others)


def _migration_row(item: MigrationStatus, indent: str) -> Sequence[Text]:
    state = Text(f"{item.state}, late" if item.late else item.state, STYLES.get(item.state, ""))
    return clean(indent + item.id), state, _moment(item.applied_at), clean(item.kind), clean(item.language)


def _plan(result: PlanResult, width: int) -> Table | None:
    """Why a step comes after others has a column of its own where that fits, else it stands under the step."""
    columns = (
        Column("#", number=True),
        Column("migration", _ID),
        Column("reason"),
        Column("runs", 16),
    )
    beside = (*columns, Column("after", 40))
    steps = [
        ((Text(str(number)), clean(step.id), clean(step.reason), clean(how(step))), "\n".join(befores(step)))
        for number, step in enumerate(result.steps, 1)
    ]
    wide = [(*cells, clean(after, "dim")) for cells, after in steps]
    if any(after for _, after in steps) and _least(_sizes(beside, wide)) <= width:
        return _table(beside, wide, width)
    narrow = [(cells[0], _under(cells[1], after, "after "), *cells[2:]) for cells, after in steps]
    return _table(columns, narrow, width)


def _history(result: HistoryResult, width: int) -> Table | None:
    columns = (
        Column("finished (UTC)"),
        Column("state"),
        Column("migration", _ID),
        Column("took", number=True),
        Column("by", optional=True),
        Column("application", optional=True),
    )
    rows = [
        (
            _moment(row.finished_at),
            Text(row.state, STYLES.get(row.state, "")),
            _under(clean(row.id), row.message or "", ""),
            Text(f"{row.duration_ms:,} ms"),
            clean(row.user),
            clean(row.application or ""),
        )
        for row in result.rows
    ]
    return _table(columns, rows, width)


def _settings(config: Config, width: int) -> Table | None:
    columns = (
        Column("setting"),
        Column("value", 20),
        Column("from", 20),
        Column("what for", 50, optional=True),
    )
    rows: list[Sequence[Text]] = []
    for setting in SETTINGS:
        origin = config.origins[setting.name]
        where = "default" if origin.source is Source.DEFAULT else origin.where
        if origin.place is not None:
            line = f":{origin.place.line}" if origin.place.line is not None else ""
            where = f"{shown_path(origin.place.file)}{line}"
        rows.append((clean(setting.name), clean(origin.text or "-"), clean(where), clean(setting.sentence, "dim")))
    return _table(columns, rows, width)


def _table(columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int) -> Table | None:
    if not rows:
        return None
    sizes = _sizes(columns, rows)
    shown = [index for index in range(len(columns)) if any(row[index] for row in rows)]
    while _least([sizes[index] for index in shown]) > width:
        optional = [index for index in shown if columns[index].optional]
        if not optional:
            break
        shown.remove(optional[-1])
    widths = _widths([sizes[index] for index in shown], width)
    if max(widths) < min(_USEFUL, max(size.all for size in sizes)):
        return None
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), border_style="dim")
    for index, cells in zip(shown, widths, strict=True):
        column = columns[index]
        table.add_column(column.title, width=cells, overflow="fold", justify="right" if column.number else "left")
    for row in rows:
        table.add_row(*(_folded(row[index], cells) for index, cells in zip(shown, widths, strict=True)))
    return table


def _folded(cell: Text, width: int) -> Text:
    """An id folds as ids do; where lines of words break is rich's affair."""
    return cell if " " in cell.plain.partition("\n")[0].strip() else folded(cell, width)


class _Size(NamedTuple):
    """Widths of a column in cells: the least, and what it needs if nothing folds."""

    least: int
    all: int


def _sizes(columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> list[_Size]:
    sizes: list[_Size] = []
    for index, column in enumerate(columns):
        texts = [column.title, *(row[index].plain for row in rows)]
        every = max(cell_len(line) for text in texts for line in text.split("\n"))
        sizes.append(_Size(min(every, column.least or every), every))
    return sizes


def _least(sizes: Sequence[_Size]) -> int:
    """The width below which something folds that should not."""
    return sum(size.least for size in sizes) + _GAP * (len(sizes) - 1)


def _widths(sizes: Sequence[_Size], width: int) -> list[int]:
    """The least for each, what is left to the first that can use it; too little is shared."""
    widths = [size.least for size in sizes]
    room = width - _least(sizes)
    for index, size in enumerate(sizes):
        more = max(min(room, size.all - size.least), 0)
        widths[index] += more
        room -= more
    while room < 0 and max(widths) > 1:
        widths[widths.index(max(widths))] -= 1
        room += 1
    return widths


def _under(first: Text, text: str, word: str) -> Text:
    for line in text.splitlines():
        first.append_text(clean(f"\n{word}{line}", "dim"))
    return first


def _moment(moment: datetime | None) -> Text:
    return Text(f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment is not None else "")
