"""Other figures of a file that is there: by the command and by what stands under an answer, to one person alone."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from sandbox.slack.messages import Message
from tests.harness.house import House
from tests.harness.talk import OpenHouse, calls, quick_house

FIELDS = ("productName", "userName", "usageMonth")
METRICS = ("tokensConsumed", "usageHours")
WHERE = "contractYear=3"
ASK = f'/tokenflex export fields={",".join(FIELDS)} metrics={",".join(METRICS)} where="{WHERE}" name=mine'
AGAIN = "/tokenflex answer #1"

Row = dict[str, str]


@pytest.fixture
async def house(new_house: OpenHouse) -> House:
    """A bot with an export that is ready, of products, people and months."""
    house = await quick_house(new_house)
    await is_ready(house)
    return house


async def is_ready(house: House) -> Message:
    ana = house.member("ana")
    await ana.types("#finance", ASK)
    return await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)


def rows_of(house: House) -> list[Row]:
    """The file, read by Python."""
    (export,) = house.token_flex.exports.all()
    content = house.token_flex.data.csv(export.report)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def expected(
    rows: Sequence[Row], by: Sequence[str], top: int, keeps: Callable[[Row], bool] = lambda _: True
) -> list[list[str]]:
    """The first rows of a table of tokens and hours, computed without any of the bot's code."""
    sums: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    people: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for row in filter(keeps, rows):
        key = tuple(row[name] for name in by)
        for at, metric in enumerate(METRICS):
            sums[key][at] += Decimal(row[metric] or 0)
        people[key] |= {row["userName"]} - {""}
    first = sorted(sums, key=lambda key: (-sums[key][0], key))[:top]
    lines = [[*(value or "(empty)" for value in key), *map(plain, sums[key])] for key in first]
    if "userName" not in by:
        lines = [[*line, f"{len(people[key]):,}"] for line, key in zip(lines, first, strict=True)]
    return lines


def plain(value: Decimal) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def table_of(message: Message) -> list[list[str]]:
    (table,) = (block for block in message.blocks if block["type"] == "data_table")
    return [[str(cell["text"]) for cell in row] for row in table["rows"]]


async def told(house: House, typed: str, *containing: str, by: str = "ana") -> Message:
    member = house.member(by)
    await member.types("#finance", typed)
    return await member.hears("#finance", *containing, private=True, timeout=20)


async def test_the_numbers_are_those_of_the_file(house: House) -> None:
    """By columns in people's words, longer, under a condition: each as an independent computation has it."""
    rows = rows_of(house)
    asked: Sequence[tuple[str, str, Sequence[list[str]]]] = (
        ("by user top 25", "Tokens by user", expected(rows, ("userName",), 25)),
        ("by productName", "Tokens by product", expected(rows, ("productName",), 10)),
        (
            "by userName and product top 5",
            "Tokens by user and product",
            expected(rows, ("userName", "productName"), 5),
        ),
        (
            "by productName top all where productName != 'Revit' and usageMonth >= '2026-02-01'",
            "Only rows where productName != 'Revit'",
            expected(
                rows,
                ("productName",),
                100,
                lambda row: row["productName"] != "Revit" and row["usageMonth"][:10] >= "2026-02-01",
            ),
        ),
        (
            "where userName LIKE 'cad%' top 3 by userName",
            "Only rows where userName LIKE 'cad%'",
            expected(rows, ("userName",), 3, lambda row: row["userName"].startswith("cad")),
        ),
    )
    for typed, said, lines in asked:
        shown = await told(house, f"{AGAIN} {typed}", "Answer to export #1", said)
        assert table_of(shown)[1:] == list(lines), typed
    assert calls(house, "POST", "/refreshUrl") <= len(asked)
