"""The file itself in the thread: the bytes behind the link, or a spreadsheet of them, once, whatever dies."""

import csv
import io
from decimal import Decimal

import openpyxl

from sandbox.slack.messages import Message
from tests.harness.allowed import house_where
from tests.harness.files import download
from tests.harness.house import CONTRACT, House
from tests.harness.once import bots_of, posts
from tests.harness.talk import AS_IT_IS, OpenHouse, calls, card_of, deletes, eventually, export, gets

BY_PRODUCT = f'export contract={CONTRACT} fields=productName,usageMonth metrics=tokensConsumed where="contractYear=1"'
ENGINE = 30  #: seconds that a machine at work may take to start the engine


def files_of(house: House, number: int = 1) -> list[Message]:
    """The messages that show the file of an export."""
    return [each for each in posts(house) if each.content.files and f"#{number}:" in each.text]


def left_of_files(house: House) -> list[str]:
    """What is left on the disk of files that were read."""
    return [each.name for each in (house.folder / "tokenflex.db.files").rglob("*")]


async def test_the_csv_is_the_one_behind_the_link(new_house: OpenHouse) -> None:
    """It stands in the thread, after the answer, for nobody but who reads there; it costs no second link."""
    house = await house_where(new_house, ATTACH_FILES="csv")
    ana = house.member("ana")
    await ana.types("#finance", f"/tokenflex {BY_PRODUCT} name=year1")
    result = await ana.hears("#finance", "export #1 is ready", "Download")
    _, content = await download(result.links()[0])
    message = await ana.hears("#finance", "File of export #1: as it came from Autodesk", timeout=ENGINE)
    answer = await ana.hears("#finance", "Answer to export #1")
    assert ana.downloads(message, "year1.csv") == content
    assert message.text.endswith(f"{len(content):,} bytes.")
    assert (message.thread_ts, message.broadcast) == (card_of(ana).ts, False)
    assert float(message.ts) > float(answer.ts)
    assert calls(house, "POST", "/refreshUrl") <= 1
    await eventually(lambda: left_of_files(house) == [])
    assert len(files_of(house)) == 1


async def test_the_spreadsheet_has_the_numbers_of_the_file(new_house: OpenHouse) -> None:
    """Every row and every number, as numbers."""
    house = await house_where(new_house, ATTACH_FILES="xlsx")
    ana = house.member("ana")
    await ana.types("#finance", f"/tokenflex {BY_PRODUCT} name=year1")
    result = await ana.hears("#finance", "export #1 is ready", "Download")
    _, content = await download(result.links()[0])
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    message = await ana.hears(
        "#finance", f"File of export #1: a spreadsheet of all its rows ({len(rows):,}).", timeout=ENGINE
    )
    sheet = openpyxl.load_workbook(io.BytesIO(ana.downloads(message, "year1.xlsx")))["Usage"]
    header, *lines = sheet.iter_rows(values_only=True)
    assert header == ("Product name", "Month", "Tokens")
    made = [(str(name or ""), f"{month:%Y-%m-%d}", Decimal(str(tokens))) for name, month, tokens in lines]
    assert made == [(row["productName"], row["usageMonth"][:10], Decimal(row["tokensConsumed"])) for row in rows]


async def test_with_requester_it_is_in_their_conversation_alone(new_house: OpenHouse) -> None:
    """After the private answer; the channel sees nothing of it."""
    house = await house_where(new_house, ATTACH_FILES="csv", LINK_AUDIENCE="requester")
    ana = house.member("ana")
    await gets(ana, more=AS_IT_IS)
    message = await ana.hears("@tokenflex", "File of export #1", timeout=ENGINE)
    assert message.place.is_im
    assert [each.channel for each in files_of(house)] == ["@tokenflex"]


async def test_a_shared_channel_gets_no_file(new_house: OpenHouse) -> None:
    """Nor is anything handed to Slack for it; what is asked for elsewhere is."""

    async def furnished(**arguments: object) -> House:
        house: House = await new_house(**arguments)
        house.slack.workspace.add_member("fay", foreign=True)
        house.slack.workspace.join("#finance", "fay")
        return house

    house = await house_where(furnished, ATTACH_FILES="csv")
    ana = house.member("ana")
    await ana.types("#finance", export(more=AS_IT_IS))
    await ana.hears("#finance", "Answer to export #1", timeout=ENGINE)
    await gets(ana, "#general", "year2", number=2, more=AS_IT_IS)
    await ana.hears("#general", "File of export #2", timeout=ENGINE)
    assert files_of(house) == []
    asked = [call for call in house.slack.calls if call.method == "files.getUploadURLExternal"]
    assert {call.arguments["filename"] for call in asked} == {"year2.csv"}


#: Slack's words, the method that is refused, and the sentence.
WORDS = {
    "file_uploads_disabled": ("files.getUploadURLExternal", "the workspace takes no files."),
    "file_uploads_except_images_disabled": ("files.getUploadURLExternal", "takes no files but pictures."),
    "file_type_not_allowed": ("files.getUploadURLExternal", "takes no files of this type."),
    "file_upload_size_restricted": ("files.getUploadURLExternal", "it is larger than files may be"),
    "storage_limit_reached": ("files.getUploadURLExternal", "has no room for more files."),
    "missing_scope": ("files.completeUploadExternal", "has to allow `files:write`"),
    "thread_not_found": ("files.completeUploadExternal", "the card takes no replies."),
}
PRIVATE_WORDS = {
    "posting_to_channel_denied": "keeps me from posting files there.",
    "not_in_channel": "I am not in that channel.",
}


async def test_each_word_of_slacks_has_its_sentence_in_the_thread(new_house: OpenHouse) -> None:
    """The link is there all the same; what the channel refuses is said privately, and goes on when it is mended."""
    house = await house_where(new_house, ATTACH_FILES="csv")
    ana = house.member("ana")
    for number, (word, (method, sentence)) in enumerate(WORDS.items(), 1):
        lift = house.slack.controls.refuse(method, word)
        await gets(ana, name=f"year{number}", number=number, more=AS_IT_IS)
        said = await ana.hears("#finance", f"File of export #{number}: I cannot put it here: ", timeout=ENGINE)
        assert sentence in said.text
        assert said.thread_ts == card_of(ana, number).ts
        assert not said.broadcast
        lift()
    for number, (word, sentence) in enumerate(PRIVATE_WORDS.items(), len(WORDS) + 1):
        lift = house.slack.controls.refuse("files.completeUploadExternal", word, channel="#finance")
        await gets(ana, name=f"year{number}", number=number, more=AS_IT_IS)
        said = await ana.hears("@tokenflex", f"File of export #{number}: I cannot put it here: ", timeout=ENGINE)
        assert sentence in said.text
        lift()
        await ana.hears("#finance", f"File of export #{number}: as it came", timeout=ENGINE)
    assert [len(files_of(house, number)) for number in range(1, 10)] == [0] * 7 + [1] * 2


#: The calls at which a bot is killed, and whether Slack did what was asked before that.
MOMENTS = [
    ("files.getUploadURLExternal", False),
    ("files.getUploadURLExternal", True),
    ("upload", False),
    ("upload", True),
    ("files.completeUploadExternal", False),
    ("files.completeUploadExternal", True),
    ("files.info", True),
]


async def test_a_bot_that_is_killed_at_any_call_puts_it_there_once(new_house: OpenHouse) -> None:
    """The next one goes on: nothing is missing, doubled or left; no address for bytes is in a log."""
    house = await new_house(token_flex={"durations": (1.0, 1.0), "link_life": 300.0})
    ana = house.member("ana")
    async with bots_of(house) as bots:
        await bots.start(ATTACH_FILES="csv")
        for number, (method, after_effect) in enumerate(MOMENTS, 1):
            before = sum(call.method == method for call in house.slack.calls)
            house.slack.controls.never_answer_next(method, after_effect=after_effect)
            await gets(ana, name=f"year{number}", number=number, more=AS_IT_IS)
            await eventually(lambda: sum(call.method == method for call in house.slack.calls) > before)  # noqa: B023
            await bots.kill()
            await bots.start(ATTACH_FILES="csv")
            await eventually(lambda: len(files_of(house, number)) == 1)  # noqa: B023
        await ana.hears("#finance", f"Answer to export #{len(MOMENTS)}")
        await house.clock.sleep(120)
        log = bots.log
    assert [len(files_of(house, number)) for number in range(1, len(MOMENTS) + 1)] == [1] * len(MOMENTS)
    assert not [each for each in posts(house) if "I cannot put it here" in each.text]
    assert left_of_files(house) == []
    assert not [file for file in house.slack.files._files.values() if file.secret in log]


async def test_a_share_that_slack_loses_is_said(new_house: OpenHouse) -> None:
    """Slack has taken the file, so it is not asked for a third time."""
    house = await house_where(new_house, ATTACH_FILES="csv")
    house.slack.controls.lose_shares(2)
    ana = house.member("ana")
    await gets(ana, more=AS_IT_IS)
    await ana.hears("#finance", "File of export #1: Slack has taken it and does not show it.", timeout=ENGINE)
    assert files_of(house) == []


async def test_a_deleted_export_takes_its_file_along(new_house: OpenHouse) -> None:
    """The message that shows it goes with it."""
    house = await house_where(new_house, ATTACH_FILES="csv")
    ana = house.member("ana")
    await gets(ana, more=AS_IT_IS)
    await ana.hears("#finance", "File of export #1", timeout=ENGINE)
    await deletes(ana, card_of(ana))
    await eventually(lambda: not [each for message in files_of(house) for each in message.content.files])
