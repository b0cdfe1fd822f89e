"""Figures drawn last: with Slack's chart and table, in plain blocks, as plain text; all three say the same.

Which of these is shown is decided by what Slack takes (`bot/slack/drawings.py`).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from textwrap import wrap
from typing import Any, Final

from bot.cards import actions
from bot.cards.blocks import SECTION_LIMIT, Block, Message, context, section
from bot.cards.figures import Cell, Column, Series, Shape, Table, cell_text, number
from bot.cards.text import escape, flat, shorten

# Limits of Slack (source: tables and charts, "safe values").
MOST_ROWS: Final = 100
_MOST_COLUMNS: Final = 20
_MOST_POINTS: Final = 20
_MOST_SLICES: Final = 6
_MOST_CHARTS: Final = 2
_MOST_CHARACTERS: Final = 9_900  #: of all cells
_TITLE, _LABEL, _AXIS = 50, 20, 50
_NATIVE_CELL: Final = 240  #: characters, so that two rows fit whatever stands in them
_PAGE: Final = 12  #: rows that Slack shows at once
_CELL: Final = 40  #: characters of a cell of a plain drawing
_BAR: Final = 16  #: signs of the longest bar of a plain drawing
_LINE: Final = 78  #: signs of a line of a plain drawing, after which Slack breaks it
_HEAD: Final = 10  #: signs that a title may have on a line, however narrow its column is
_GAP: Final = "  "  #: between two columns


@dataclass(frozen=True, slots=True)
class Drawable:
    """What was found in a sentence or two, what else is to be known, pictures, a table, small print.

    The sentences are mrkdwn, in which all that is foreign is escaped; series and table are as the data have them.
    """

    finding: str
    facts: tuple[str, ...] = ()
    series: tuple[Series, ...] = ()
    table: Table | None = None
    notes: tuple[str, ...] = ()


def message(drawable: Drawable, buttons: Sequence[Block] = ()) -> Message:
    """Return the figures in all of their drawings, with buttons below those that can have some."""
    return Message(
        drawable.finding, blocks=native(drawable, buttons), plainer=plain(drawable, buttons), bare=bare(drawable)
    )


def native(drawable: Drawable, buttons: Sequence[Block] = ()) -> list[Block]:
    """Return the figures with Slack's own charts and table, of which a message takes one."""
    charts = [chart for each in drawable.series if (chart := _native_chart(each))][:_MOST_CHARTS]
    table = [_native_table(drawable.table)] if drawable.table else []
    return [*_words(drawable), *charts, *_below(drawable, buttons), *table]


def plain(drawable: Drawable, buttons: Sequence[Block] = ()) -> list[Block]:
    """Return the figures in blocks that Slack has always taken: tables as text, with bars for what a chart shows."""
    drawn = [section(f"table.{place}", text) for place, text in enumerate(_preformatted(drawable))]
    return [*_words(drawable), *drawn, *_below(drawable, buttons)]


def bare(drawable: Drawable) -> str:
    """Return the figures as mrkdwn without any block."""
    return "\n".join([drawable.finding, *drawable.facts, *_preformatted(drawable), *drawable.notes])


def _words(drawable: Drawable) -> list[Block]:
    facts = [section(f"facts.{place}", text) for place, text in enumerate(_paragraphs(drawable.facts))]
    return [section("finding", f"*{drawable.finding}*"), *facts]


def _paragraphs(sentences: Sequence[str]) -> list[str]:
    """Return sentences, a line each, in as few paragraphs as Slack lets them stand in."""
    paragraphs: list[str] = []
    for sentence in sentences:
        if paragraphs and len(paragraphs[-1]) + len("\n") + len(sentence) <= SECTION_LIMIT:
            paragraphs[-1] += f"\n{sentence}"
        else:
            paragraphs.append(sentence)
    return paragraphs


def _below(drawable: Drawable, buttons: Sequence[Block]) -> list[Block]:
    notes = [context("notes", " ".join(drawable.notes))] if drawable.notes else []
    return [*([actions.row("buttons", *buttons)] if buttons else []), *notes]


# --- as Slack draws them ------------------------------------------------------------------------------------------


def _native_chart(series: Series) -> Block | None:
    """Return a chart; None where there is nothing that it could show."""
    points: dict[str, float] = {}
    for point in series.points[:_MOST_POINTS]:
        points[_label(point.label, points)] = float(point.value)
    data = [{"label": label, "value": value} for label, value in points.items()]
    chart: dict[str, Any] = {"type": series.shape.value}
    if series.shape is Shape.PIE:
        data = [each for each in data if float(str(each["value"])) > 0][:_MOST_SLICES]
        chart["segments"] = data
    else:
        chart["series"] = [{"name": shorten(series.of, _LABEL), "data": data}]
        names = {"x_label": shorten(series.by, _AXIS), "y_label": shorten(series.of, _AXIS)}
        chart["axis_config"] = {"categories": list(points), **names}
    return {"type": "data_visualization", "title": shorten(series.title, _TITLE), "chart": chart} if data else None


def _label(text: str, taken: Collection[str]) -> str:
    """Return a label that fits and that no other point has."""
    said = flat(text) or cell_text("")
    ends = ("", *(f" {again}" for again in range(2, _MOST_POINTS + 1)))
    return next(label for end in ends if (label := shorten(said, _LABEL - len(end)) + end) not in taken)


def _native_table(table: Table) -> Block:
    header = [_native_text(column.title) for column in table.columns[:_MOST_COLUMNS]]
    rows = [[_native_cell(cell) for cell in row[:_MOST_COLUMNS]] for row in table.rows[:MOST_ROWS]]
    sizes = accumulate(sum(len(cell["text"]) for cell in row) for row in [header, *rows])
    fitting = sum(size <= _MOST_CHARACTERS for size in sizes) - 1
    return {
        "type": "data_table",
        "caption": f"{flat(table.caption)}{_more(fitting, table)}",
        "page_size": min(fitting, _PAGE),
        "row_header_column_index": 0,
        "rows": [header, *rows[:fitting]],
    }


def _native_cell(cell: Cell) -> Block:
    if isinstance(cell, int | Decimal):
        return {"type": "raw_number", "value": cell if isinstance(cell, int) else float(cell), "text": number(cell)}
    return _native_text(cell_text(cell))


def _native_text(text: str) -> Block:
    return {"type": "raw_text", "text": shorten(flat(text) or cell_text(""), _NATIVE_CELL)}


# --- as text ------------------------------------------------------------------------------------------------------


def _preformatted(drawable: Drawable) -> Iterator[str]:
    """Yield the table with bars for the series that goes by its first column, and each other series as a table."""
    table = drawable.table
    beside = [each for each in drawable.series if table and each.by == table.columns[0].title]
    if table:
        yield _as_text(table, beside[0] if beside else None)
    for each in drawable.series:
        if each not in beside[:1]:
            yield _as_text(_table_of(each), each)


def _table_of(series: Series) -> Table:
    rows = tuple((point.label, point.value) for point in series.points)
    return Table(series.title, (Column(series.by), Column(series.of, is_number=True)), rows, len(rows))


def _as_text(table: Table, series: Series | None) -> str:
    """Return a table as text: columns aligned, numbers to the right, a bar beside each row that a series has.

    Above the bars stands what they are of, unless the column beside them says so.
    Rows that do not fit into one paragraph are left out, and columns that do not fit on a line, which is said.
    """
    bars = _bars(series)
    columns = [_Column.of(column, [row[at] for row in table.rows]) for at, column in enumerate(table.columns)]
    room = _LINE - (len(_GAP) + _BAR if bars else 0)
    widths = accumulate(column.width + len(_GAP) for column in columns)
    kept = columns[: max(1, sum(width - len(_GAP) <= room for width in widths))]
    height = max(len(column.head) for column in kept)
    drawn = [_GAP.join(parts) for parts in zip(*(column.lines(height) for column in kept), strict=True)]
    named = series.of if series and series.of != table.columns[len(kept) - 1].title else ""
    beside = [shorten(flat(named), _BAR), *(bars.get(name, "") for name in columns[0].cells)]
    drawn[height - 1 :] = [f"{line}{_GAP}{bar}" for line, bar in zip(drawn[height - 1 :], beside, strict=True)]
    lines = [escape(line.rstrip().replace("`", "'")) for line in drawn]
    fitting = sum(size <= SECTION_LIMIT - 600 for size in accumulate(len(line) + 1 for line in lines)) - height
    caption = escape(shorten(flat(table.caption), 100))
    if fitting < 1:
        return f"{caption}: the table is too wide to be shown here."
    left_out = _left_out(table.columns[len(kept) :])
    return f"{caption}{_more(fitting, table)}{left_out}\n```{chr(10).join(lines[: fitting + height])}```"


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a table in text: the lines of its title, and a line for each row."""

    head: list[str]
    cells: list[str]
    width: int
    to_the_right: bool

    @staticmethod
    def of(column: Column, cells: Sequence[Cell]) -> "_Column":
        """Return a column that is as wide as its cells; a longer title goes on on the next line."""
        drawn = [_one_line(cell_text(cell)) for cell in cells]
        head = wrap(_one_line(column.title), max([_HEAD, *map(len, drawn)]), break_on_hyphens=False)
        return _Column(head, drawn, max(map(len, [*head, *drawn])), column.is_number)

    def lines(self, height: int) -> Iterator[str]:
        """Yield the column, its title in so many lines."""
        for text in [""] * (height - len(self.head)) + self.head + self.cells:
            yield text.rjust(self.width) if self.to_the_right else text.ljust(self.width)


def _one_line(text: str) -> str:
    return shorten(flat(text) or cell_text(""), _CELL)


def _left_out(columns: Sequence[Column]) -> str:
    titles = shorten(", ".join(_one_line(column.title) for column in columns), 100)
    return escape(f" (without {titles})") if titles else ""


def _bars(series: Series | None) -> dict[str, str]:
    points = series.points if series else ()
    most = max((abs(point.value) for point in points), default=Decimal(0)) or Decimal(1)
    return {_one_line(point.label): "█" * round(_BAR * max(Decimal(0), point.value) / most) for point in points}


def _more(shown: int, table: Table) -> str:
    """Return how many of the rows are shown, where that is not all of them."""
    return f" (the first {shown:,} of {table.groups:,})" if shown < table.groups else ""
