"""Figures for people: a neutral value, and its three drawings: Slack's tables and charts, plain blocks, plain text.

Which of these is shown is decided last, by what Slack takes; all of them say the same.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Literal

from bot.cards import actions
from bot.cards.blocks import SECTION_LIMIT, Block, Message, context, section
from bot.cards.text import escape, flat, shorten

#: A cell without a value is one of which nobody knows the value.
Cell = str | int | float | None

# Limits of Slack (source: tables and charts, "safe values").
MOST_ROWS: Final = 100
_MOST_COLUMNS: Final = 20
_MOST_POINTS: Final = 20
_MOST_CHARACTERS: Final = 9_900  #: of all cells
_TITLE, _LABEL, _AXIS = 50, 20, 50
_BAR: Final = 16  #: signs of the longest bar of a plain drawing
_NATIVE_CELL: Final = 240  #: characters, so that two rows fit whatever stands in them
_CELL: Final = 40  #: the same of a plain drawing
_UNKNOWN: Final = "–"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, one at least, under a header; all have as many cells as that. `caption` says what it shows."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """One value for each label, in the order that they are shown in."""

    title: str
    kind: Literal["bar", "line"]
    x_label: str
    y_label: str
    points: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What was found in a sentence or two, what else is to be known, a picture, a table, small print.

    The sentences are mrkdwn, in which all that is foreign is escaped; table and chart are plain text.
    """

    finding: str
    facts: tuple[str, ...] = ()
    chart: Chart | None = None
    table: Table | None = None
    notes: tuple[str, ...] = ()


def message(figures: Figures, buttons: Sequence[Block] = ()) -> Message:
    """Return the figures in all of their drawings, with buttons below those that can have some."""
    return Message(
        figures.finding, blocks=native(figures, buttons), plainer=plain(figures, buttons), bare=bare(figures)
    )


def native(figures: Figures, buttons: Sequence[Block] = ()) -> list[Block]:
    """Return the figures with Slack's own chart and table, of which a message takes one."""
    chart = [_native_chart(figures.chart)] if figures.chart else []
    table = [_native_table(figures.table)] if figures.table else []
    return [*_words(figures), *chart, *_below(figures, buttons), *table]


def plain(figures: Figures, buttons: Sequence[Block] = ()) -> list[Block]:
    """Return the figures in blocks that Slack has always taken: the table as text, with bars for the chart."""
    table = figures.table or _table_of(figures.chart)
    drawn = [] if table is None else [section("table", _preformatted(table, figures.chart))]
    return [*_words(figures), *drawn, *_below(figures, buttons)]


def bare(figures: Figures) -> str:
    """Return the figures as mrkdwn without any block."""
    table = figures.table or _table_of(figures.chart)
    drawn = [] if table is None else [_preformatted(table, figures.chart)]
    return "\n".join([figures.finding, *figures.facts, *drawn, *figures.notes])


def number(value: float) -> str:
    """Return a number as people read it."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")


def _words(figures: Figures) -> list[Block]:
    facts = [section("facts", "\n".join(figures.facts))] if figures.facts else []
    return [section("finding", f"*{figures.finding}*"), *facts]


def _below(figures: Figures, buttons: Sequence[Block]) -> list[Block]:
    notes = [context("notes", " ".join(figures.notes))] if figures.notes else []
    return [*([actions.row("buttons", *buttons)] if buttons else []), *notes]


def _native_chart(chart: Chart) -> Block:
    points: dict[str, float] = {}
    for label, value in chart.points[:_MOST_POINTS]:
        points[_label(label, points)] = value
    return {
        "type": "data_visualization",
        "title": shorten(chart.title, _TITLE),
        "chart": {
            "type": chart.kind,
            "series": [
                {
                    "name": shorten(chart.y_label, _LABEL),
                    "data": [{"label": label, "value": value} for label, value in points.items()],
                }
            ],
            "axis_config": {
                "categories": list(points),
                "x_label": shorten(chart.x_label, _AXIS),
                "y_label": shorten(chart.y_label, _AXIS),
            },
        },
    }


def _label(text: str, taken: Collection[str]) -> str:
    """Return a label that fits and that no other point has."""
    plain = flat(text) or _UNKNOWN
    ends = ("", *(f" {again}" for again in range(2, _MOST_POINTS + 1)))
    return next(label for end in ends if (label := shorten(plain, _LABEL - len(end)) + end) not in taken)


def _native_table(table: Table) -> Block:
    header = [_native_cell(title) for title in table.header[:_MOST_COLUMNS]]
    rows = [[_native_cell(cell) for cell in row[:_MOST_COLUMNS]] for row in table.rows[:MOST_ROWS]]
    sizes = accumulate(sum(len(cell["text"]) for cell in row) for row in [header, *rows])
    fitting = sum(size <= _MOST_CHARACTERS for size in sizes) - 1
    return {
        "type": "data_table",
        "caption": flat(table.caption),
        "page_size": min(fitting, 12),
        "row_header_column_index": 0,
        "rows": [header, *rows[:fitting]],
    }


def _native_cell(cell: Cell) -> Block:
    if isinstance(cell, int | float):
        return {"type": "raw_number", "value": cell, "text": number(cell)}
    return {"type": "raw_text", "text": shorten(_shown(cell), _NATIVE_CELL)}


def _shown(cell: Cell) -> str:
    if isinstance(cell, int | float):
        return number(cell)
    return flat(cell or "") or _UNKNOWN


def _table_of(chart: Chart | None) -> Table | None:
    return Table(chart.title, (chart.x_label, chart.y_label), chart.points) if chart else None


def _preformatted(table: Table, chart: Chart | None) -> str:
    """Return a table as text: columns aligned, numbers to the right, a bar beside each row that the chart shows.

    Rows that do not fit into one paragraph are left out, and columns that are too wide, which is said.
    """
    values = dict(chart.points) if chart else {}
    most = max((abs(value) for value in values.values()), default=0) or 1
    header, *cells = ([shorten(_shown(cell), _CELL) for cell in row] for row in (table.header, *table.rows))
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    right = [all(isinstance(cell, int | float | None) for cell in column) for column in zip(*table.rows, strict=True)]
    drawn = [_line(header, widths, right)]
    for row in cells:
        value = values.get(row[0], 0)
        drawn.append(f"{_line(row, widths, right)}  {'█' * round(_BAR * max(0.0, value) / most)}".rstrip())
    lines = [escape(line.replace("`", "'")) for line in drawn]
    room = SECTION_LIMIT - 100
    fitting = sum(size <= room for size in accumulate(len(line) + 1 for line in lines))
    if fitting < 2:
        return f"{escape(flat(table.caption))}: the table is too wide to be shown here."
    more = f"\nThe first {fitting - 1} of {len(cells)} rows." if fitting < len(lines) else ""
    return f"{escape(flat(table.caption))}\n```{chr(10).join(lines[:fitting])}```{more}"


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        cell.rjust(width) if is_right else cell.ljust(width)
        for cell, width, is_right in zip(cells, widths, right, strict=True)
    )
    return "  ".join(padded).rstrip()
