"""A conversation in the terminal: what was said, tables in columns, charts as bars."""

import os
import sys
import time
from collections.abc import Iterator
from itertools import zip_longest

from sandbox.slack import walking
from sandbox.slack.json_values import Json
from sandbox.slack.messages import Message

_COLORS = {"person": "\033[1;36m", "bot": "\033[1;32m", "note": "\033[2m", "end": "\033[0m"}
_BAR = 30  #: signs of the longest bar


class Terminal:
    """Shows the conversation as it happens."""

    def __init__(self) -> None:
        self._colored = sys.stdout.isatty() and "NO_COLOR" not in os.environ  # noqa: TID251 - not the bot's settings
        self._started = time.monotonic()

    def says(self, who: str, where: str, text: str, kind: str) -> None:
        """Print what somebody wrote."""
        body = "\n".join(f"        {line}" for line in text.splitlines() if line.strip())
        print(f"{self._stamp()} {self._paint(who, kind)} {self._paint(where, 'note')}\n{body}", flush=True)

    def note(self, text: str) -> None:
        """Print what happens outside Slack."""
        print(f"{self._stamp()} {self._paint(text, 'note')}", flush=True)

    def _stamp(self) -> str:
        return self._paint(f"{time.monotonic() - self._started:5.1f}s", "note")

    def _paint(self, text: str, kind: str) -> str:
        return f"{_COLORS[kind]}{text}{_COLORS['end']}" if self._colored else text


def as_read(message: Message) -> str:
    """Return the text of the blocks once, and the buttons in one line below it."""
    labels = message.buttons()
    hidden = {*labels, message.text}
    lines = [line for block in message.blocks for line in _lines(block, message) if line.strip() not in hidden]
    shown = list(dict.fromkeys(lines)) if message.blocks else [message.text]
    return "\n".join([*shown, " ".join(f"[ {label} ]" for label in labels)])


def _lines(block: Json, message: Message) -> Iterator[str]:
    if block["type"] == "data_table":
        yield block["caption"]
        yield from _table(block["rows"])
    elif block["type"] == "data_visualization":
        yield block["title"]
        yield from _bars(block["chart"])
    else:
        for text in walking.texts(block):
            yield from text.read(message.names).splitlines()


def _table(rows: list[list[Json]]) -> Iterator[str]:
    cells = [[str(cell.get("text", cell.get("value", ""))) for cell in row] for row in rows]
    numbers = [all(cell["type"] == "raw_number" for cell in column) for column in zip(*rows[1:], strict=True)]
    widths = [max(map(len, column)) for column in zip_longest(*cells, fillvalue="")]
    for row in cells:
        placed = zip(row, widths, numbers, strict=True)
        yield "  ".join(cell.rjust(width) if number else cell.ljust(width) for cell, width, number in placed).rstrip()


def _bars(chart: Json) -> Iterator[str]:
    """Yield a line for each value of each series, or for each part of a pie."""
    for series in chart.get("series") or [{"name": "", "data": chart.get("segments", [])}]:
        points = series["data"]
        most = max([abs(point["value"]) for point in points if point["value"]], default=1)
        wide = max(len(point["label"]) for point in points)
        for point in points:
            bar = "█" * round(_BAR * max(0, point["value"]) / most)
            yield f"{series['name']}  {point['label']:{wide}}  {bar} {point['value']:,.6g}".strip()
