"""The same question again: what its answer says of the one before, in a whole bot; and what a deletion takes away."""

import csv
import io
import json
from collections import defaultdict
from decimal import Decimal

from sandbox.slack.member import Member
from sandbox.slack.messages import Message
from storage import answers
from tests.harness.files import download
from tests.harness.house import CONTRACT, House
from tests.harness.talk import OpenHouse, deletes, eventually

ENGINE = 30  #: seconds that a machine at work may take to start the engine
QUESTION = f"export products contract={CONTRACT}"


async def answer_to(
    member: Member, number: int, month: str, channel: str = "#finance"
) -> tuple[Message, list[dict[str, str]]]:
    """Ask which products used the tokens of a month; return the answer, and the rows of the file."""
    await member.types(channel, f"/tokenflex {QUESTION} period={month}")
    result = await member.hears(channel, f"export #{number} is ready", "Download", timeout=ENGINE)
    _, content = await download(result.links()[0])
    answer = await member.hears(channel, f"Answer to export #{number}", "Tokens", timeout=ENGINE)
    return answer, list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def table_of(message: Message) -> list[list[str]]:
    """The table of an answer, as text."""
    (table,) = (block for block in message.blocks if block["type"] == "data_table")
    return [[str(cell["text"]) for cell in row] for row in table["rows"]]


def tokens_of(rows: list[dict[str, str]]) -> dict[str, Decimal]:
    """The tokens of each product."""
    tokens = defaultdict[str, Decimal](Decimal)
    for row in rows:
        tokens[row["productName"]] += Decimal(row["tokensConsumed"])
    return dict(tokens)


def shown(value: Decimal) -> str:
    """A number as people read it."""
    return f"{round(value, 2):,.2f}".rstrip("0").rstrip(".")


async def test_a_starter_question_asked_again_says_what_has_changed(house: House) -> None:
    """Another month: with numbers that the two files give by themselves, whoever asked. The same month: the same."""
    ana, ben = house.member("ana"), house.member("ben")
    first, before = await answer_to(ana, 1, "2026-09")
    assert "than in" not in json.dumps(first.blocks)
    second, now = await answer_to(ben, 2, "2026-10")
    then, today = tokens_of(before), tokens_of(now)
    change = sum(today.values(), Decimal()) - sum(then.values(), Decimal())
    said = f"Tokens: {shown(abs(change))} {'more' if change > 0 else 'less'} than in September 2026"
    assert said in second.visible_text()
    header, *lines = table_of(second)
    assert header[:5] == ["Product name", "Tokens", "September 2026", "Change", "%"]
    for product, tokens, earlier, more, part in lines:
        key = "" if product == "(empty)" else product
        assert (tokens, earlier) == (shown(today.get(key, Decimal())), shown(then.get(key, Decimal())))
        assert more == shown(today.get(key, Decimal()) - then.get(key, Decimal()))
        assert (part == "gone") == (key not in today)
        assert (part == "new") == (key not in then)
    third, _ = await answer_to(ana, 3, "2026-10")
    assert "The figures are the same as on" in third.visible_text()
    assert said in third.visible_text()
    await _another_channel_knows_nothing(house)
    await _a_deletion_takes_it_away(house, ana, second, third)


async def test_a_private_look_says_what_has_changed_too(new_house: OpenHouse) -> None:
    """To who presses in the channel, where they may have both files; elsewhere it is of what they asked themselves."""
    house = await new_house()
    await house.start_bot(LINK_AUDIENCE="press")
    ana, ben = house.member("ana"), house.member("ben")
    for member, number, month in ((ana, 1, "2026-09"), (ben, 2, "2026-10")):
        await member.types("#finance", f"/tokenflex {QUESTION} period={month}")
        await member.hears("#finance", f"Answer to export #{number}", "Show the answer", private=False, timeout=ENGINE)
    button = await ana.hears("#finance", "Answer to export #2", "Show the answer", private=False)
    await ana.presses(button, "Show the answer")
    shown = await ana.hears(
        "#finance", "Only you can see this.", "than in September 2026", private=True, timeout=ENGINE
    )
    assert table_of(shown)[0][:5] == ["Product name", "Tokens", "September 2026", "Change", "%"]
    await ben.types("#general", "/tokenflex answer #2")
    shown = await ben.hears("#general", "Answer to export #2", private=True, timeout=ENGINE)
    assert "than in" not in shown.visible_text()


async def _another_channel_knows_nothing(house: House) -> None:
    """What was posted elsewhere is not told here."""
    answer, _ = await answer_to(house.member("ana"), 4, "2026-10", "#general")
    assert "than in" not in json.dumps(answer.blocks)
    assert "The figures are the same" not in answer.visible_text()


async def _a_deletion_takes_it_away(house: House, ana: Member, second: Message, third: Message) -> None:
    """The message says so, nothing is kept, and the next run is not compared with it."""
    card = next(each for each in ana.sees("#finance") if "Export #3 ·" in each.visible_text())
    await deletes(ana, card)
    await ana.waits(lambda: "its figures were removed with the export" in third.visible_text())
    assert not [block for block in third.blocks if block["type"] == "data_table"]
    assert "its figures were removed" not in second.visible_text()
    kept = await house.side.database.read(lambda db: answers.of_export(db, 3))
    assert kept == ()
    await eventually(lambda: len(house.token_flex.exports.all()) == 3)
    fifth, _ = await answer_to(ana, 5, "2026-10")
    assert "The figures are the same as on" in fifth.visible_text()
