"""Blocks that hold data: `table`, `data_table`, `data_visualization` (source: Slack, tables and charts)."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.slack.json_values import Given
from sandbox.slack.rules.shapes import (
    Check,
    Report,
    anything,
    boolean,
    choice,
    constant,
    distinct,
    each,
    integer,
    shape,
    string,
)

TABLES = ("table", "data_table")
CHART = "data_visualization"
DATA_BLOCKS = frozenset({*TABLES, CHART})
MOST_CHARTS = 2
CELL_CHARACTERS = 10_000
_COLUMNS, _TABLE_ROWS, _DATA_ROWS = 20, 100, 101
_CATEGORIES, _PARTS = 20, 6
_ANY_LENGTH = 1_000_000
_LARGEST = sys.float_info.max


def _finite(value: Given, pointer: str, report: Report) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_LARGEST <= value <= _LARGEST:
        report.add(pointer, "must be a number")


def _positive(value: Given, pointer: str, report: Report) -> None:
    _finite(value, pointer, report)
    if isinstance(value, int | float) and value <= 0:
        report.add(pointer, "must be more than 0")


def _says_something(value: Given, pointer: str, report: Report) -> None:
    if not any(_texts(value)):
        report.add(f"{pointer}/elements", "must be more than 0 characters")


_CELLS: Mapping[str, Check] = {
    "raw_text": shape({"type": constant("raw_text"), "text": string(_ANY_LENGTH)}, {}),
    "raw_number": shape({"type": constant("raw_number"), "value": _finite}, {"text": string(_ANY_LENGTH)}),
    "rich_text": shape(
        {"type": constant("rich_text"), "elements": each(anything, 1, 1000)}, {"block_id": string(255)}, _says_something
    ),
}
_column = shape({}, {"align": choice("left", "center", "right"), "is_wrapped": boolean})


def _cell(value: Given, pointer: str, report: Report) -> None:
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _CELLS:
        report.add(f"{pointer}/type", f"unsupported type: {kind}")
    else:
        _CELLS[kind](value, pointer, report)


def _column_or_null(value: Given, pointer: str, report: Report) -> None:
    if value is not None:
        _column(value, pointer, report)


def _lists(value: Given) -> list[list[Any]]:
    return [row for row in value if isinstance(row, list)] if isinstance(value, list) else []


def _dicts(value: Given) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _rows_fit(value: Given, pointer: str, report: Report) -> None:
    rows = _lists(value.get("rows"))
    for place, row in enumerate(rows[1:], 1):
        if len(row) != len(rows[0]):
            report.add(f"{pointer}/rows/{place}", "all rows must have the same number of cells")
    for place, cell in enumerate(rows[0] if rows else []):
        if isinstance(cell, dict) and cell.get("type") == "rich_text":
            report.add(f"{pointer}/rows/0/{place}/type", "a header cell cannot be rich_text")
    header = value.get("row_header_column_index")
    if isinstance(header, int) and rows and header >= len(rows[0]):
        report.add(f"{pointer}/row_header_column_index", "there is no such column")


TABLE: tuple[Mapping[str, Check], Mapping[str, Check]] = (
    {"rows": each(each(_cell, 1, _COLUMNS), 1, _TABLE_ROWS)},
    {"column_settings": each(_column_or_null, 1, _COLUMNS)},
)
DATA_TABLE: tuple[Mapping[str, Check], Mapping[str, Check], Check] = (
    {"caption": string(_ANY_LENGTH), "rows": each(each(_cell, 1, _COLUMNS), 2, _DATA_ROWS)},
    {"page_size": integer(1, 100), "row_header_column_index": integer(0, _COLUMNS - 1)},
    _rows_fit,
)


def _points_fit(value: Given, pointer: str, report: Report) -> None:
    """Every series has exactly one point for each category, and a name that no other has."""
    config = value.get("axis_config")
    categories = config.get("categories") if isinstance(config, dict) else None
    if not isinstance(categories, list):
        return
    distinct(categories, f"{pointer}/axis_config/categories", report, "categories")
    series = _dicts(value.get("series"))
    for place, one in enumerate(series):
        labels = [point.get("label") for point in _dicts(one.get("data"))]
        if sorted(map(repr, labels)) != sorted(map(repr, categories)):
            report.add(f"{pointer}/series/{place}/data", "must have exactly one point for each category")
    distinct([one.get("name") for one in series], f"{pointer}/series", report, "series names")


_label = string(20)
_point = shape({"label": _label, "value": _finite}, {})
_series = shape({"name": _label, "data": each(_point, 1, _CATEGORIES)}, {})
_axes = shape({"categories": each(_label, 1, _CATEGORIES)}, {"x_label": string(50), "y_label": string(50)})
_axis_chart = shape(
    {"type": choice("bar", "line", "area"), "series": each(_series, 1, _PARTS), "axis_config": _axes}, {}, _points_fit
)
_segment = shape({"label": _label, "value": _positive}, {})
_pie = shape({"type": constant("pie"), "segments": each(_segment, 1, _PARTS)}, {})


def _chart(value: Given, pointer: str, report: Report) -> None:
    is_pie = isinstance(value, dict) and value.get("type") == "pie"
    (_pie if is_pie else _axis_chart)(value, pointer, report)


VISUALIZATION: Mapping[str, Check] = {"title": string(50), "chart": _chart}


def data_faults(blocks: list[Any], report: Report) -> None:
    """Note what the data blocks of a message break together: how many charts, how many characters in cells."""
    placed = [(place, block) for place, block in enumerate(blocks) if isinstance(block, dict)]
    charts = [place for place, block in placed if block.get("type") == CHART]
    for place in charts[MOST_CHARTS:]:
        report.add(f"/blocks/{place}", f"no more than {MOST_CHARTS} charts allowed")
    tables = [(place, block) for place, block in placed if block.get("type") in TABLES]
    if sum(_characters(block.get("rows")) for _, block in tables) > CELL_CHARACTERS:
        report.add(f"/blocks/{tables[-1][0]}/rows", f"cells hold more than {CELL_CHARACTERS} characters")


def _characters(rows: Given) -> int:
    return sum(len(text) for text in _texts(rows))


def _texts(part: Given) -> Iterator[str]:
    if isinstance(part, list):
        for each_part in part:
            yield from _texts(each_part)
    elif isinstance(part, dict):
        shown = next(
            (part[key] for key in ("text", "value", "url", "name", "user_id", "fallback") if key in part), None
        )
        if isinstance(shown, str | int | float):
            yield str(shown)
        yield from _texts(part.get("elements"))
