"""Figures in their three drawings: Slack takes each, and each says the same."""

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.cards import actions, drawing
from bot.cards.drawing import Drawable
from bot.cards.figures import Cell, Column, Point, Series, Shape, Table
from sandbox.slack.rules.blocks import message_faults

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
numbers = st.integers(-(10**9), 10**9) | st.decimals(-(10**9), 10**9, places=2)
cells: st.SearchStrategy[Cell] = st.none() | numbers | st.dates() | text
BUTTON = actions.ask("By product", "starter.products", "tokens")


@st.composite
def tables(draw: st.DrawFn) -> Table:
    width = draw(st.integers(1, 25))
    rows = draw(st.lists(st.tuples(*[cells] * width), min_size=1, max_size=30))
    columns = tuple(Column(draw(text), is_number=draw(st.booleans())) for _ in range(width))
    return Table("A caption", columns, tuple(rows), len(rows) + draw(st.integers(0, 5)))


series = st.builds(
    Series,
    st.text("ab", min_size=1, max_size=80),
    st.just("Month"),
    st.just("Tokens"),
    st.sampled_from(Shape),
    st.lists(st.builds(Point, st.text("abc "), st.decimals(-(10**9), 10**9, places=2)), max_size=30).map(tuple),
)
drawn = st.builds(
    Drawable,
    st.just("Six are used."),
    st.just(("Half of it is over.",)),
    st.lists(series, max_size=3).map(tuple),
    st.none() | tables(),
    st.just(("As of today.",)),
)


@given(shown=drawn)
def test_slack_takes_every_drawing(shown: Drawable) -> None:
    """Whatever stands in cells and labels, and however much."""
    message = drawing.message(shown, [BUTTON])
    for blocks in (message.blocks, message.plainer):
        assert message_faults(json.loads(json.dumps(blocks))) == ([], "")
    assert all(part in message.bare for part in (shown.finding, *shown.facts, *shown.notes))


def example(rows: int = 3) -> Drawable:
    columns = (Column("Month"), Column("Tokens", is_number=True), Column("Users", is_number=True))
    cells: tuple[tuple[Cell, ...], ...] = tuple((f"m{n}", 100 * n, None) for n in range(rows))
    points = tuple(Point(f"m{n}", Decimal(100 * n)) for n in range(rows))
    tokens = Series("Tokens by month", "Month", "Tokens", Shape.BAR, points)
    return Drawable("Six.", (), (tokens,), Table("Tokens <by> month", columns, cells, rows))


def test_the_plain_drawing_has_the_rows_and_bars_of_the_native_one() -> None:
    """Numbers to the right, above bars what they are of; unknown values are dashes; the largest has the longest bar."""
    (block,) = (block for block in drawing.plain(example()) if block["block_id"].startswith("table"))
    lines = block["text"]["text"].replace("```", "").split("\n")
    assert lines[0] == "Tokens &lt;by&gt; month"
    assert lines[1:] == [
        "Month  Tokens  Users  Tokens",
        "m0          0      –",
        "m1        100      –  ████████",
        "m2        200      –  ████████████████",
    ]


def test_titles_of_narrow_columns_take_several_lines() -> None:
    """So that a line is no longer than Slack shows one; columns for which there is no room are named above."""
    columns = (Column("Month"), *(Column(f"Users of desktop product {n}", is_number=True) for n in range(8)))
    rows = (("2026-10 so far", *range(8)), ("2026-09", *range(8)))
    series = Series("Tokens", "Month", "Tokens", Shape.BAR, (Point("2026-09", Decimal(1)),))
    (block,) = (
        block
        for block in drawing.plain(Drawable("Six.", (), (series,), Table("Users", columns, rows, 2)))
        if block["block_id"].startswith("table")
    )
    caption, *lines = block["text"]["text"].replace("```", "").split("\n")
    assert caption == "Users (without " + ", ".join(f"Users of desktop product {n}" for n in range(4, 8))[:99] + "…)"
    assert lines == [
        "                 Users of   Users of   Users of   Users of",
        "                  desktop    desktop    desktop    desktop",
        "Month           product 0  product 1  product 2  product 3  Tokens",
        "2026-10 so far          0          1          2          3",
        "2026-09                 0          1          2          3  ████████████████",
    ]


def test_a_series_that_goes_by_something_else_is_a_table_of_its_own() -> None:
    """Bars beside the rows of another table would say what is not so."""
    share = Series("Share", "Product", "Tokens", Shape.PIE, (Point("Revit", Decimal(2)), Point("Maya", Decimal(0))))
    shown = replace(example(), series=(share,))
    first, second = (block for block in drawing.plain(shown) if block["block_id"].startswith("table"))
    assert "█" not in first["text"]["text"]
    assert "Revit         2  █" in second["text"]["text"]
    (pie,) = (block for block in drawing.native(shown) if block["type"] == "data_visualization")
    assert pie["chart"] == {"type": "pie", "segments": [{"label": "Revit", "value": 2.0}]}


def test_numbers_sort_as_numbers_and_say_what_is_read() -> None:
    """A cell has both; one without a value is text."""
    (table,) = (block for block in drawing.native(example()) if block["type"] == "data_table")
    assert table["rows"][3][1:] == [
        {"type": "raw_number", "value": 200, "text": "200"},
        {"type": "raw_text", "text": "–"},
    ]


def test_what_does_not_fit_is_left_out_and_said() -> None:
    """A paragraph takes so many rows; Slack's own table a hundred."""
    many = example(500)
    (block,) = (block for block in drawing.plain(many) if block["block_id"].startswith("table"))
    found = re.match(r"Tokens &lt;by&gt; month \(the first (\d+) of 500\)\n", block["text"]["text"])
    assert found is not None
    assert 10 < int(found[1]) < 500
    (table,) = (block for block in drawing.native(many) if block["type"] == "data_table")
    assert len(table["rows"]) == drawing.MOST_ROWS + 1
    assert table["caption"] == "Tokens <by> month (the first 100 of 500)"


def test_labels_that_are_cut_stay_apart() -> None:
    """Two points of a chart never have one name."""
    long = "Autodesk Architecture, Engineering"
    points = (Point(f"{long} A", Decimal(1)), Point(f"{long} B", Decimal(2)))
    shown = Drawable("Six.", series=(Series("Tokens", "Product", "Tokens", Shape.BAR, points),))
    (chart,) = (block for block in drawing.native(shown) if block["type"] == "data_visualization")
    assert chart["chart"]["axis_config"]["categories"] == ["Autodesk Architectu…", "Autodesk Architec… 2"]


@given(cell=text)
def test_nothing_in_a_cell_ends_the_text_around_it(cell: str) -> None:
    """No backtick, no line end, no mention."""
    shown: Any = drawing.bare(Drawable("Six.", table=Table("c", (Column("Product"),), ((cell,),), 1)))
    inside = shown.split("```")
    assert len(inside) == 3
    assert inside[1].count("\n") == 1
    assert "<" not in shown
