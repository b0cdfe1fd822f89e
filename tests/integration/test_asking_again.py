"""Other figures of a file that is there: by the command and by what stands under an answer, to one person alone."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

import pytest

from sandbox.slack.messages import Message
from sandbox.tokenflex.spoilt import Way
from storage.audit import Act
from tests.harness.allowed import pass_time, recorded
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
    """A bot with an export whose answer is there, of products, people and months."""
    house = await quick_house(new_house)
    await is_ready(house)
    await house.member("ana").hears("#finance", "Read: ", private=False, timeout=20)
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
    if "userName" not in by:  # people are counted then
        for key, names in people.items():
            sums[key].append(Decimal(len(names)))
    first = sorted(sums, key=lambda key: ([-each for each in sums[key]], key))[:top]
    return [[*(value or "(empty)" for value in key), *map(plain, sums[key])] for key in first]


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
    """By columns in people's words, longer, under a condition: each as an independent computation has it.

    Each costs one call at most, leaves no file, and is on record: by which columns, not under which condition.
    """
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
    assert not [*house.folder.glob("*.files/*")]
    assert [entry.result for entry in await recorded(house) if entry.act is Act.ANSWER] == [
        "privately, by userName, with names of people",
        "privately, by productName",
        "privately, by userName and productName, with names of people",
        "privately, by productName, with a condition",
        "privately, by userName, with a condition, with names of people",
    ]


async def test_what_stands_under_an_answer_asks_again(house: House) -> None:
    """Menus carry the whole query; the private message makes way for the next; its question can be saved."""
    rows, ana = rows_of(house), house.member("ana")
    shown = await told(house, f"{AGAIN} where productName='Revit'", "Only rows where productName='Revit'")
    revit = partial(_is, "productName", "Revit")
    await ana.chooses(shown, "Show by …", "User name")
    shown = await ana.hears("#finance", "Tokens by user", private=True, timeout=20)
    assert table_of(shown)[1:] == expected(rows, ("userName",), 10, revit)
    await ana.chooses(shown, "Top …", "As many as fit")
    everybody = expected(rows, ("userName",), 100, revit)
    await ana.waits(lambda: any(table_of(each)[1:] == everybody for each in answers(house)), timeout=20)
    assert len(answers(house)) == 1
    shown = await told(house, f"{AGAIN} by product, user, month top all", "Tokens by product, user and month")
    groups = {tuple(row[name] for name in FIELDS) for row in rows}
    (table,) = (block for block in shown.blocks if block["type"] == "data_table")
    assert f"(the first {len(table['rows']) - 1} of {len(groups):,})" in table["caption"]
    assert len(table["rows"]) - 1 <= 100
    await ana.presses(shown, "Save as template")
    await ana.sees_modal("Save as template")


#: What was typed, what is said to it, and the command on the button beside that.
REFUSED = (
    ("#1 by machine", "Machine name is not in this file; it has Product name (productName)", "answer #1"),
    ("#1 by usr top 5", "The file has no column “usr”; did you mean User name?", "answer #1 by userName top 5"),
    ("#1 where hubName='x'", "Hub name is not in this file", "answer #1"),
    ("#1 where prodName='x'", "did you mean productName?", "answer #1"),
    ("#1 by tokens", "Tokens is what is counted; ask by Product name", "answer #1"),
    ("#7", "I know of no export #7 here.", ""),
    ("", "Which export? Write /tokenflex answer #42", "list"),
)


async def test_what_cannot_be_told_says_why(house: House) -> None:
    """Beside what may be meant, as a button that does it; nothing is fetched for it. Nor where there is no file."""
    before = len(house.token_flex.downloads)
    for typed, said, button in REFUSED:
        shown = await told(house, f"/tokenflex answer {typed}", said)
        assert shown.buttons() == ([f"/tokenflex {button}"] if button else [])
    ana, exports = house.member("ana"), house.token_flex.exports
    exports.hold()
    await ana.types("#finance", ASK.replace("name=mine", "name=other"))
    await ana.hears("#finance", "Got it: export #2", private=True)
    await told(house, "/tokenflex answer #2 by user", "Export #2 is", "so there is no file yet.")
    exports.delete(exports.all()[0].key)
    await told(house, f"{AGAIN} by user", "Export #1 is no longer at Autodesk, so there is no file.")
    assert len(house.token_flex.downloads) == before
    assert Act.ANSWER not in {entry.act for entry in await recorded(house)}


async def test_others_are_refused_as_for_links(new_house: OpenHouse) -> None:
    """By who asked for it, and where; and where no figures are shown at all."""
    house = await quick_house(new_house, LINK_AUDIENCE="requester")
    await is_ready(house)
    ana = house.member("ana")
    answer = await ana.hears("@tokenflex", "Answer to export #1", "Show people", timeout=20)
    await ana.presses(answer, "Show people")
    await ana.hears("@tokenflex", "Tokens by product and user", "Only you can see this.", timeout=20)
    await told(house, f"{AGAIN} by user", "The figures of export #1 are for @ana only, who asked for it.", by="ben")
    await told(house, f"{AGAIN} by user", "Tokens by user")
    await house.stop_bot()
    await house.start_bot(LINK_AUDIENCE="channel", ANSWER_DETAIL="link")
    await told(house, f"{AGAIN} by user", "I read no files here and show links alone", by="ben")
    assert [entry.person for entry in await recorded(house) if entry.act is Act.ANSWER] == [ana.id] * 2


async def test_a_slack_without_tables_shows_them_as_text(house: House) -> None:
    """To one person as to a channel."""
    house.slack.workspace.refused_blocks = frozenset({"data_table", "data_visualization"})
    shown = await told(house, f"{AGAIN} by user", "Tokens by user", "█")
    assert {block["type"] for block in shown.blocks} == {"section", "actions", "context"}


async def test_figures_that_take_longer_come_by_themselves(house: House) -> None:
    """Who waits for a new link is told so after a moment; a file that cannot be read is told too."""
    controls = house.token_flex.controls
    controls.spoil_download_next(Way.ENDED)
    controls.slow_next(8, path_contains="refreshUrl")
    await told(house, f"{AGAIN} by user", "Reading the file of export #1. The figures come by themselves.")
    await house.member("ana").hears("#finance", "Tokens by user", private=True, timeout=30)
    controls.spoil_download_next(Way.PAGE)
    await told(house, f"{AGAIN} by month", "There are no figures of this file", "The link works all the same.")


def answers(house: House) -> list[Message]:
    """The private answers that stand in #finance."""
    messages = house.slack.workspace.channel("#finance").messages
    return [each for each in messages if each.ephemeral_for and "Only you can see this." in each.visible_text()]


def _is(column: str, value: str, row: Row) -> bool:
    return row[column] == value


async def test_it_is_posted_to_the_thread_once(house: House) -> None:
    """As everybody may see it: people are counted, and only who may have the link is shown their names."""
    ana, ben, rows = house.member("ana"), house.member("ben"), rows_of(house)
    shown = await told(house, f"{AGAIN} by product, user top 25", "Tokens by product and user", "Post to thread")
    read = len(house.token_flex.downloads)
    await ana.presses(shown, "Post to thread")
    await ana.presses(shown, "Post to thread")
    await ana.hears("#finance", "I'll post that below the card of export #1", private=True)
    products = expected(rows, ("productName",), 25)
    await ben.waits(lambda: any(table_of(each)[1:] == products for each in posted(house)), timeout=20)
    assert len(posted(house)) == 2
    assert not any(row["userName"] and row["userName"] in each.visible_text() for each in posted(house) for row in rows)
    assert all(each.thread_ts and not each.broadcast for each in posted(house))
    assert "Show people" in posted(house)[0].buttons()
    await ben.presses(posted(house)[-1], "Show people")
    shown = await ben.hears("#finance", "Tokens by product and user", private=True, timeout=20)
    assert table_of(shown)[1:] == expected(rows, ("productName", "userName"), 25)
    assert shown.thread_ts == posted(house)[-1].thread_ts
    assert len(house.token_flex.downloads) == read  # what was found in the last minutes is known
    house.slack.workspace.channel("#finance").shared = True
    pass_time(house, 6)
    await ben.presses(shown, "Post to thread")
    await ben.hears("#finance", "I show no figures in channels that are shared", private=True)


async def test_who_presses_is_shown_the_answer(new_house: OpenHouse) -> None:
    """Where links are for who presses, so are figures; what is posted there is a button."""
    house = await quick_house(new_house, LINK_AUDIENCE="press")
    await is_ready(house)
    ben = house.member("ben")
    button = await ben.hears("#finance", "The figures of its file are there.", private=False, timeout=20)
    await ben.presses(button, "Show the answer")
    shown = await ben.hears("#finance", "Only you can see this.", private=True, timeout=20)
    assert table_of(shown)[1:] == expected(rows_of(house), ("productName", "userName"), 10)
    assert "Post to thread" not in shown.buttons()


def posted(house: House) -> list[Message]:
    """The answers that everybody in #finance sees."""
    messages = house.slack.workspace.channel("#finance").messages
    return [each for each in messages if not each.ephemeral_for and each.text.startswith("Answer to export #1")]
