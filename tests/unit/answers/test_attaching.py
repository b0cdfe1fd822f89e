"""The file in the thread: in the form that the settings want, and what keeps it from there."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.answers.files.attaching import NO_CSV
from bot.cards import file_card
from bot.cards.figures import Unread
from bot.cards.file_card import NoFile
from bot.errors import MembershipUnknownError
from bot.exports import announcements
from bot.people.permissions import Posting
from bot.settings import AttachFiles, LinkAudience
from bot.slack.errors import FileGoneError, SlackRateLimitedError, SlackUnreachableError, SlackUnsureError, refusal
from storage import attachments, exports, outbox
from storage.models import MessageKind, SentMessage
from tests.unit.answers.attaching import CSV, House, Make, S, make

__all__ = ["make"]


async def test_one_download_serves_the_figures_and_the_file(make: Make) -> None:
    house = make()
    await house.is_read()
    await house.goes_on()
    ((file_id, channel, thread),) = house.slack.shows
    assert (channel, thread) == ("C0FINANCE1", "1.1")
    assert house.slack.bytes[file_id] == CSV
    assert house.autodesk.downloads == 1
    assert await house.state() is S.SHOWN
    assert house.told() == []
    assert house.left() == []
    assert house.slack.comments[0].startswith("year1.csv: File of export #1: as it came from Autodesk, 24 bytes.")


async def test_a_spreadsheet_says_how_much_is_in_it(make: Make) -> None:
    house = make(form=AttachFiles.XLSX)
    await house.is_read()
    await house.goes_on()
    assert house.slack.comments == ["year1.xlsx: File of export #1: a spreadsheet of all its rows (1)."]
    assert next(iter(house.slack.bytes.values())).startswith(b"PK")
    assert house.left() == []


async def test_a_spreadsheet_of_a_part_says_so(make: Make) -> None:
    house = make(form=AttachFiles.XLSX)
    export = await house.database.read(exports.get, 1)
    wanted = await house.database.write(attachments.want, 1, 1, "xlsx", house.clock.now())
    part = replace(wanted, rows=200_000, total=5_000_000)
    assert file_card.comment(export, part) == (
        "File of export #1: a spreadsheet of its first 200,000 rows. The CSV behind the link has all 5,000,000."
    )
    assert file_card.comment(export, wanted) == "File of export #1: a spreadsheet of all its rows (0)."


async def test_the_file_comes_after_the_answer(make: Make) -> None:
    """While the row of the answer waits, nobody is shown the file."""
    house = make()
    await house.is_read()
    await house.answer_is_due()
    await house.goes_on(60)
    assert await house.state() is S.UPLOADED
    await house.answer_is_posted()
    await house.goes_on(60)
    assert len(house.slack.shows) == 1


async def test_with_requester_it_goes_into_their_conversation(make: Make) -> None:
    house = make(audience=LinkAudience.REQUESTER)
    await house.is_read()
    export = await house.database.read(exports.get, 1)
    await house.database.write(announcements.tell, export, house.clock.now(), MessageKind.PRIVATE_LINK)
    (row,) = house.database.db.query("SELECT id FROM outbox WHERE kind = 'private link'")
    await house.database.write(outbox.keep_message, SentMessage(row["id"], "D0ANA", "5.1"))
    await house.goes_on()
    assert [(channel, thread) for _, channel, thread in house.slack.shows] == [("D0ANA", None)]


#: What keeps files from being wanted at all: settings, what the app may, who reads, what the file is.
NOT_WANTED: dict[str, Callable[[House], object]] = {
    "no": lambda house: house.more.update(form=AttachFiles.NO),
    "press": lambda house: house.more.update(audience=LinkAudience.PRESS),
    "of an alert": lambda house: house.database.db.execute("UPDATE exports SET alert = 1"),
    "no scope": lambda house: setattr(house.slack, "may_write", False),
    "a shared channel": lambda house: setattr(house.access, "shows", Posting.DISCREET),
    "a shared channel that takes nothing": lambda house: setattr(house.access, "shows", Posting.NOTHING),
    **{
        f"no CSV: {fault.value}": lambda house, fault=fault: setattr(house.autodesk, "outcome", Unread(fault))  # type: ignore[misc]
        for fault in sorted(NO_CSV)
    },
}


@pytest.mark.parametrize("name", NOT_WANTED)
async def test_where_no_file_is_wanted_slack_is_not_asked(make: Make, name: str) -> None:
    house = make()
    NOT_WANTED[name](house)
    house.bot = house.made()
    await house.is_read()
    await house.goes_on()
    assert house.slack.asked == []
    assert await house.attachment() is None
    assert house.told() == []
    assert house.left() == []


async def test_while_slack_does_not_say_who_reads_a_channel_the_file_waits(make: Make) -> None:
    """Nothing of it goes to Slack; when it does say, it comes, without another download."""
    house = make()
    house.access.shows = MembershipUnknownError()
    await house.is_read()
    await house.goes_on()
    assert (house.slack.asked, await house.state(), house.told()) == ([], S.WANTED, [])
    house.access.shows = Posting.ALL
    await house.goes_on(4000)
    assert (len(house.slack.shows), house.autodesk.downloads) == (1, 1)


async def test_a_channel_that_becomes_shared_meanwhile_gets_none(make: Make) -> None:
    house = make()
    await house.is_read()
    house.access.shows = Posting.DISCREET
    await house.goes_on()
    assert house.slack.asked == []
    await house.goes_on(90_000)
    assert (house.slack.asked, await house.state(), house.told(), house.left()) == ([], S.REFUSED, [], [])


async def test_a_channel_that_could_not_be_looked_into_for_a_moment_gets_it(make: Make) -> None:
    """Its id was changing, or the bot was not in it."""
    house = make()
    await house.is_read()
    house.access.shows = Posting.DISCREET
    await house.goes_on(10)
    house.access.shows = Posting.ALL
    await house.goes_on()
    assert (len(house.slack.shows), house.autodesk.downloads) == (1, 1)


#: Each of Slack's words for files, in which step it comes, and to whom its sentence goes.
REFUSALS = {
    "file_uploads_disabled": ("begin", "no file"),
    "file_uploads_except_images_disabled": ("begin", "no file"),
    "file_type_not_allowed": ("begin", "no file"),
    "file_upload_size_restricted": ("begin", "no file"),
    "storage_limit_reached": ("begin", "no file"),
    "missing_scope": ("begin", "no file"),
    "posting_to_channel_denied": ("share", "private no file"),
    "not_in_channel": ("share", "private no file"),
    "thread_not_found": ("share", "no file"),
    "as_yet_unknown_error": ("share", "no file"),
}


@pytest.mark.parametrize("word", REFUSALS)
async def test_what_slack_refuses_is_said_once(make: Make, word: str) -> None:
    """Those that a person may mend are tried again, for a day; nothing is shown meanwhile."""
    step, kind = REFUSALS[word]
    house = make()
    house.slack.will(step, *[refusal(word)] * 100)
    await house.is_read()
    await house.goes_on(90_000)
    reason = NoFile.CARD_CLOSED if word == "thread_not_found" else word
    assert house.told()[0] == (kind, reason)
    assert [each for each in house.told()[1:] if each != ("no file", NoFile.VAIN)] == []
    assert house.slack.shows == []
    assert await house.state() is S.REFUSED
    assert house.left() == []


@pytest.mark.parametrize("word", ["posting_to_channel_denied", "not_in_channel"])
async def test_what_was_mended_goes_on(make: Make, word: str) -> None:
    house = make()
    house.slack.will("share", refusal(word), refusal(word))
    await house.is_read()
    await house.goes_on()
    assert len(house.slack.shows) == 1
    assert house.autodesk.downloads == 1


#: What may come of each step, and whether it had its effect all the same.
TROUBLE = {
    f"{step}: {type(error).__name__}{', with effect' if effect else ''}": (step, error, effect)
    for step in ("begin", "send", "share", "standing")
    for error, effect in (
        (SlackRateLimitedError(7.0), False),
        (SlackUnreachableError(), False),
        (SlackUnsureError("TimeoutError"), False),
        (SlackUnsureError("TimeoutError"), True),
        (refusal("token_revoked"), False),
        (refusal("file_not_found"), False),
    )
    if not (step == "standing" and isinstance(error, FileGoneError))
}


@pytest.mark.parametrize("name", TROUBLE)
async def test_passing_trouble_of_each_step_ends_in_one_file(make: Make, name: str) -> None:
    step, error, effect = TROUBLE[name]
    house = make()
    house.slack.will(step, error, effect=effect)
    await house.is_read()
    await house.goes_on()
    assert len(house.slack.shows) == 1
    assert await house.state() is S.SHOWN
    assert house.told() == []
    assert house.left() == []


async def test_what_slack_does_not_take_for_a_day_is_said(make: Make) -> None:
    house = make()
    house.slack.will("begin", *[SlackUnreachableError()] * 200)
    await house.is_read()
    await house.goes_on(90_000)
    assert house.told() == [("no file", NoFile.VAIN)]
    assert house.autodesk.downloads == 1
    assert house.left() == []
