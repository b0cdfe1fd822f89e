"""Figures in their three drawings: Slack takes each, and each says the same."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards import actions, figures
from bot.cards.figures import Cell, Chart, Figures, Table
from sandbox.slack.rules.blocks import message_faults

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
cells: st.SearchStrategy[Cell] = st.none() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9) | text
BUTTON = actions.ask("By product", "starter.products", "tokens")


@st.composite
def tables(draw: st.DrawFn) -> Table:
    width = draw(st.integers(1, 25))
    rows = draw(st.lists(st.tuples(*[cells] * width), min_size=1, max_size=30))
    return Table("A caption", tuple(draw(text) for _ in range(width)), tuple(rows))


charts = st.builds(
    Chart,
    st.text("ab", min_size=1, max_size=80),
    st.sampled_from(["bar", "line"]),
    st.just("Month"),
    st.just("Tokens"),
    st.lists(st.tuples(st.text("abc "), st.floats(-1e9, 1e9)), min_size=1, max_size=30).map(tuple),
)
drawn = st.builds(
    Figures,
    st.just("Six are used."),
    st.just(("Half of it is over.",)),
    st.none() | charts,
    st.none() | tables(),
    st.just(("As of today.",)),
)


@given(shown=drawn)
def test_slack_takes_every_drawing(shown: Figures) -> None:
    """Whatever stands in cells and labels, and however much."""
    message = figures.message(shown, [BUTTON])
    for blocks in (message.blocks, message.plainer):
        assert message_faults(json.loads(json.dumps(blocks))) == ([], "")
    assert all(part in message.bare for part in (shown.finding, *shown.facts, *shown.notes))


def example(rows: int = 3) -> Figures:
    table = Table(
        "Tokens <by> month", ("Month", "Tokens", "Users"), tuple((f"m{n}", 100 * n, None) for n in range(rows))
    )
    return Figures("Six.", (), Chart("Tokens", "bar", "Month", "Tokens", table_points(table)), table)


def table_points(table: Table) -> tuple[tuple[str, float], ...]:
    return tuple((str(row[0]), float(str(row[1]))) for row in table.rows)


def test_the_plain_drawing_has_the_rows_and_bars_of_the_native_one() -> None:
    """Numbers to the right; a value that nobody knows is a dash; the longest bar is that of the largest."""
    (drawing,) = (block for block in figures.plain(example()) if block["block_id"] == "table")
    lines = drawing["text"]["text"].replace("```", "").split("\n")
    assert lines[0] == "Tokens &lt;by&gt; month"
    assert lines[1:] == [
        "Month  Tokens  Users",
        "m0          0      –",
        "m1        100      –  ████████",
        "m2        200      –  ████████████████",
    ]


def test_numbers_sort_as_numbers_and_say_what_is_read() -> None:
    """A cell has both; one without a value is text."""
    (table,) = (block for block in figures.native(example()) if block["type"] == "data_table")
    assert table["rows"][3][1:] == [
        {"type": "raw_number", "value": 200, "text": "200"},
        {"type": "raw_text", "text": "–"},
    ]


def test_what_does_not_fit_is_left_out_and_said() -> None:
    """A paragraph takes so many rows; Slack's own table a hundred."""
    many = example(500)
    (drawing,) = (block for block in figures.plain(many) if block["block_id"] == "table")
    found = re.search(r"The first (\d+) of 500 rows\.$", drawing["text"]["text"])
    assert found is not None
    assert 10 < int(found[1]) < 500
    (table,) = (block for block in figures.native(many) if block["type"] == "data_table")
    assert len(table["rows"]) == figures.MOST_ROWS + 1


@pytest.mark.parametrize(
    ("value", "said"), [(1204, "1,204"), (1204.5, "1,204.5"), (-3.0, "-3"), (100.0, "100"), (0, "0")]
)
def test_numbers_are_read_as_people_write_them(value: float, said: str) -> None:
    """With commas between thousands, and no zeros at the end that say nothing."""
    assert figures.number(value) == said


@given(cell=text)
def test_nothing_in_a_cell_ends_the_text_around_it(cell: str) -> None:
    """No backtick, no line end, no mention."""
    shown: Any = figures.bare(Figures("Six.", table=Table("c", ("Product",), ((cell,),))))
    inside = shown.split("```")
    assert len(inside) == 3
    assert inside[1].count("\n") == 1
    assert "<" not in shown
