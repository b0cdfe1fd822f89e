"""The answer to an export, from the command to the figures in the thread, with the real engine."""

import csv
import io
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from bot.cards.figures import FAULTS, Fault
from sandbox.slack.messages import Message
from sandbox.tokenflex.spoilt import Way
from storage import answers
from tests.harness.allowed import house_where
from tests.harness.files import download
from tests.harness.house import CONTRACT, House
from tests.harness.talk import OpenHouse, calls

BY_PRODUCT = f'export contract={CONTRACT} fields=productName metrics=tokensConsumed where="contractYear=1"'
BY_PERSON = f'export contract={CONTRACT} fields=userName metrics=tokensConsumed where="contractYear=1"'
ENGINE = 30  #: seconds that a machine at work may take to start the engine


def table_of(message: Message) -> list[list[str]]:
    """The table of an answer, as text."""
    (table,) = (block for block in message.blocks if block["type"] == "data_table")
    return [[str(cell["text"]) for cell in row] for row in table["rows"]]


def whole(message: Message) -> str:
    """Everything that a message says."""
    return json.dumps([message.text, message.blocks], ensure_ascii=False)


def left_of_files(house: House) -> list[Path]:
    """What is left of files that were read."""
    return list((house.folder / "tokenflex.db.files").rglob("*"))


async def test_the_figures_in_the_thread_are_those_of_the_file(house: House) -> None:
    """Every number of the answer, computed from the file by itself; it costs no second link and leaves no file."""
    ana = house.member("ana")
    await ana.types("#finance", f"/tokenflex {BY_PRODUCT}")
    result = await ana.hears("#finance", "export #1 is ready", "Download")
    status, content = await download(result.links()[0])
    assert status == 200
    answer = await ana.hears("#finance", "Answer to export #1", timeout=ENGINE)
    assert answer.thread_ts == result.thread_ts
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    tokens = defaultdict[str, Decimal](Decimal)
    for row in rows:
        tokens[row["productName"]] += Decimal(row["tokensConsumed"])
    best = sorted(tokens, key=lambda name: (-tokens[name], name))[:10]
    header, *lines = table_of(answer)
    assert header == ["Product name", "Tokens"]
    assert sorted(map(tuple, lines)) == sorted((name, shown(tokens[name])) for name in best)
    total = shown(sum(tokens.values(), Decimal()))
    assert f"{total} tokens; most for" in whole(answer)
    assert f"Read: {len(rows):,} rows, {len(content):,} bytes" in whole(answer)
    assert calls(house, "POST", "/refreshUrl") <= 1
    assert left_of_files(house) == []


def shown(value: Decimal) -> str:
    """A number as people read it."""
    return f"{round(value, 2):,.2f}".rstrip("0").rstrip(".")


@pytest.mark.parametrize("detail", ["figures", "all"])
async def test_people_are_named_in_a_channel_only_where_the_settings_say_so(new_house: OpenHouse, detail: str) -> None:
    """Otherwise they are counted; the database names nobody in either case."""
    house = await house_where(new_house, ANSWER_DETAIL=detail)
    ana = house.member("ana")
    await ana.types("#finance", f"/tokenflex {BY_PERSON}")
    answer = await ana.hears("#finance", "Answer to export #1", "Different users", timeout=ENGINE)
    result = await ana.hears("#finance", "export #1 is ready", "Download")
    _, content = await download(result.links()[0])
    people = {row["userName"] for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"))) if row["userName"]}
    assert any(person in whole(answer) for person in people) == (detail == "all")
    await house.stop_bot()
    stored = b"".join(file.read_bytes() for file in house.folder.iterdir() if file.is_file())
    assert not any(person.encode() in stored for person in people)


async def test_who_wants_no_figures_gets_the_link_alone(house: House) -> None:
    """By a word of the command; *Run again* opens the form with what was chosen, and the box makes up for it."""
    ana = house.member("ana")
    await ana.types("#finance", f"/tokenflex {BY_PRODUCT} answer=no")
    result = await ana.hears("#finance", "export #1 is ready", "Download")
    assert await house.side.database.read(answers.of_export, 1) == ()
    await ana.presses(result, "Run again")
    modal = await ana.sees_modal("New export")
    assert modal.value("Figures") == []
    modal.fill("Figures", ["Show totals, a chart and a table when the file is ready"])
    await modal.submit()
    await ana.hears("#finance", "Answer to export #2", timeout=ENGINE)


async def test_a_file_without_figures_has_a_sentence_and_its_link(house: House) -> None:
    """The log says which fault, and no row; nothing is left of the file."""
    lift = house.token_flex.controls.spoil_downloads(Way.PAGE)
    ana = house.member("ana")
    await ana.types("#finance", f"/tokenflex {BY_PRODUCT}")
    result = await ana.hears("#finance", "export #1 is ready", "Download")
    told = await ana.hears("#finance", "Answer to export #1: There are no figures of this file", timeout=ENGINE)
    assert FAULTS[Fault.PAGE] in told.text
    assert told.thread_ts == result.thread_ts
    lift()
    await ana.presses(result, "Get a fresh link")
    await ana.waits(lambda: bool(result.links()))
    assert (await download(result.links()[0]))[0] == 200
    await ana.presses(result, "Details")
    details = await ana.hears("#finance", FAULTS[Fault.PAGE], private=True)
    await ana.presses(details, "Show the answer")
    await ana.hears("#finance", "Only you can see this.", "Tokens by", private=True, timeout=ENGINE)
    assert left_of_files(house) == []
