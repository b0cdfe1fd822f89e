"""The file in the thread: once, as far as Slack lets us know, whatever dies or fails; never where it must not be."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.answers.engine.document import Found
from bot.answers.files.attaching import NO_CSV, Attaching, _due
from bot.answers.files.folder import Folder
from bot.answers.files.reading import File
from bot.answers.plan import plan
from bot.calls.budget import Rank
from bot.cards import file_card
from bot.cards.figures import Fault, Unread
from bot.cards.file_card import NoFile
from bot.cards.names import Names
from bot.errors import LinkUnavailableError, MembershipUnknownError, NoLink, Wish, WrongStateError
from bot.exports import announcements, removal
from bot.people.permissions import Posting
from bot.runtime.bell import Bell
from bot.settings import AttachFiles, LinkAudience
from bot.slack.errors import (
    FileGoneError,
    SlackError,
    SlackRateLimitedError,
    SlackUnreachableError,
    SlackUnsureError,
    refusal,
)
from bot.slack.files import Begun, Standing
from bot.tokenflex.catalogue import Catalogue
from storage import answers, attachments, exports, outbox
from storage.answers import Figures, NewAnswer
from storage.attachments import Attachment, AttachmentState
from storage.database import Table
from storage.models import About, Export, MessageKind, NewDelivery, SentMessage
from storage.states import Event
from tests.harness.moved_clock import MovedClock
from tests.harness.rows import FOUND
from tests.harness.stored import MemoryDatabase, requested

CSV = b"tokensConsumed\r\n1204.5\r\n"
S = AttachmentState


class DiedError(BaseException):
    """The process was killed."""


@dataclass
class Slack:
    """Slack's side of files. `shows` are the files that people see, each as often as they see it."""

    may_write: bool = True
    may_read: bool = True
    loses: int = 0  #: the next so many shares
    shares_twice: bool = False  #: whether the same file can be completed twice
    fails: dict[str, list[tuple[SlackError, bool]]] = field(default_factory=dict)  #: with whether it had its effect
    bytes: dict[str, bytes] = field(default_factory=dict)
    completed: set[str] = field(default_factory=set)
    shows: list[tuple[str, str, str | None]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def will(self, method: str, *errors: SlackError, effect: bool = False) -> None:
        """Have the next calls of a method fail."""
        self.fails.setdefault(method, []).extend((each, effect) for each in errors)

    async def _do(self, method: str, effect: Callable[[], Any]) -> Any:
        self.asked.append(method)
        if self.fails.get(method):
            error, has_effect = self.fails[method].pop(0)
            if has_effect:
                effect()
            raise error
        return effect()

    async def begin(self, _name: str, length: int) -> Begun:
        assert length > 0
        made: Begun = await self._do("begin", lambda: Begun(f"F{len(self.asked)}", "https://secret"))
        return made

    async def send(self, begun: Begun, path: Path, length: int) -> None:
        content = await asyncio.to_thread(path.read_bytes)
        assert len(content) == length
        await self._do("send", lambda: self.bytes.__setitem__(begun.id, content))

    async def share(self, file_id: str, title: str, comment: str, channel: str, thread_ts: str | None) -> None:
        def _effect() -> None:
            if file_id not in self.bytes or (file_id in self.completed and not self.shares_twice):
                raise FileGoneError("file_not_found")
            self.completed.add(file_id)
            if self.loses:
                self.loses -= 1
            else:
                self.shows.append((file_id, channel, thread_ts))
                self.comments.append(f"{title}: {comment}")

        await self._do("share", _effect)

    async def standing(self, file_id: str) -> Standing | None:
        shown = {channel: "9.1" for each, channel, _ in self.shows if each == file_id}
        found = Standing(shown) if file_id in self.completed else None
        done: Standing | None = await self._do("standing", lambda: found)
        return done

    async def delete(self, file_id: str) -> None:
        def _effect() -> None:
            self.shows[:] = [each for each in self.shows if each[0] != file_id]
            self.deleted.append(file_id)

        await self._do("delete", _effect)


@dataclass
class Autodesk:
    """Files at Autodesk, and what they say."""

    folder: Folder
    content: bytes = CSV
    outcome: Found | Unread = FOUND
    trouble: Unread | Exception | None = None
    downloads: int = 0

    @asynccontextmanager
    async def file(self, _export: Export, *, person: str, rank: Rank) -> AsyncIterator[File | Unread]:
        assert person
        assert rank is Rank.METADATA
        if isinstance(self.trouble, Exception):
            raise self.trouble
        if self.trouble is not None:
            yield self.trouble
            return
        self.downloads += 1
        async with self.folder.place() as place:
            path = place / "file.csv"
            path.write_bytes(self.content)
            yield File(path)

    async def figures(self, _file: File, _plan: object) -> Found | Unread:
        return self.outcome


@dataclass
class Access:
    """Who reads a channel."""

    shows: Posting | Exception = Posting.ALL

    async def posting(self, _channel: str) -> Posting:
        if isinstance(self.shows, Exception):
            raise self.shows
        return self.shows


class House:
    """An export that is ready and announced, its answer wanted; a bot that may be killed, and come again."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.clock, self.slack, self.access = MovedClock(), Slack(), Access()
        self.database = MemoryDatabase()
        self.folder = Folder(folder / "bot.db")
        self.autodesk = Autodesk(self.folder)
        self.more = {"form": AttachFiles.CSV, "audience": LinkAudience.CHANNEL} | more
        now, db = self.clock.now(), self.database.db
        requested(db, now, "key")
        export = exports.move(db, 1, Event.FINISH, now)
        assert export is not None
        announcements.result(db, export, now)
        origin = answers.origin_of(1, 1)
        self.answer, _ = answers.add_wanted(db, NewAnswer(origin=origin, export=1, announcement=1), now)
        for subject in ("card:1", "result:1:1"):
            row = outbox.find(db, subject)
            assert row is not None
            outbox.keep_message(db, SentMessage(row.id, "C0FINANCE1", f"1.{row.id}"))
            outbox.mark_sent(db, row)
        db.conn.commit()
        self.bot = self.made()

    def made(self, database: Any = None, wake: Bell | None = None) -> Attaching:
        """A new process."""
        parts: dict[str, Any] = {
            "database": database or self.database,
            "reading": self.autodesk,
            "folder": self.folder,
            "files": self.slack,
            "access": self.access,
        }
        return Attaching(
            **parts,
            **self.more,
            clock=self.clock,
            wake=wake or Bell(self.clock),
            plan=lambda export: plan(export.request, Catalogue()),
            names_of=lambda _: Names(Catalogue()),
        )

    async def is_read(self, bot: Attaching | None = None) -> None:
        """The file is read, and what was found is stored, unless that was done before."""
        if (await self.database.read(answers.get, self.answer.id)).state is not answers.AnswerState.WANTED:
            return
        export = await self.database.read(exports.get, 1)
        asked = plan(export.request, Catalogue())
        await (bot or self.bot).read(export, asked, person="U1", rank=Rank.METADATA)
        figures = Figures(document="{}", sha256="")
        await self.database.write(answers.found, self.answer.id, figures, self.clock.now())

    async def is_deleted(self) -> None:
        """A person deletes the export."""
        export = await self.database.read(exports.get, 1)
        await self.database.write(removal.ours, export, self.clock.now())

    async def goes_on(self, seconds: float = 300, bot: Attaching | None = None) -> None:
        """Let the bot live for so long."""
        bot, end = bot or self.bot, self.clock.now().timestamp() + seconds
        for _ in range(400):
            todo, next_try, uploads = await self.database.read(_due, self.more["audience"], self.clock.now())
            await bot._held.release_all_but(uploads)
            for attachment in todo:
                await bot.step(attachment)
            if [await self.database.read(attachments.get, each.id) for each in todo] != list(todo):
                continue  # a commit wakes it
            if next_try is None or next_try.timestamp() > end:
                break
            await self.clock.advance((next_try - self.clock.now()).total_seconds())
        await self.clock.advance(end - self.clock.now().timestamp())

    async def attachment(self) -> Attachment | None:
        return await self.database.read(attachments.of, 1, 1)

    async def state(self) -> AttachmentState | None:
        found = await self.attachment()
        return None if found is None else found.state

    def told(self) -> list[tuple[str, str]]:
        """What is said of files: the kind, and the word for the reason."""
        kinds = {MessageKind.NO_FILE.value, MessageKind.PRIVATE_NO_FILE.value}
        rows = self.database.db.query("SELECT kind, detail FROM outbox ORDER BY id")
        return [(row["kind"], row["detail"]) for row in rows if row["kind"] in kinds]

    def left(self) -> list[str]:
        """What is left on the disk."""
        return [each.name for each in self.folder.path.rglob("*")] if self.folder.path.exists() else []


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Callable[..., House]]:
    houses: list[House] = []
    counter = itertools.count()

    def _make(**more: Any) -> House:
        folder = tmp_path / str(next(counter))
        folder.mkdir()
        houses.append(House(folder, **more))
        return houses[-1]

    yield _make
    for house in houses:
        await house.database.close()


Make = Callable[..., House]


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
    row = NewDelivery(
        subject=f"answer:{house.answer.id}",
        kind=MessageKind.ANSWER,
        about=About.EXPORT,
        about_id=1,
        recipient="C0FINANCE1",
    )
    await house.database.write(outbox.put_once, row, house.clock.now())
    await house.goes_on(60)
    assert await house.state() is S.UPLOADED
    known = outbox.find(house.database.db, row.subject)
    assert known is not None
    await house.database.write(outbox.mark_sent, known)
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
    "no scope": lambda house: setattr(house.slack, "may_write", False),
    "a shared channel": lambda house: setattr(house.access, "shows", Posting.DISCREET),
    "a shared channel that takes nothing": lambda house: setattr(house.access, "shows", Posting.NOTHING),
    **{
        f"no CSV: {fault.value}": lambda house, fault=fault: setattr(house.autodesk, "outcome", Unread(fault))  # type: ignore[misc]
        for fault in NO_CSV
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


# --- lost answers and lost shares ----------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", [True, False])
async def test_without_looking_a_lost_answer_is_never_asked_again(make: Make, effect: bool) -> None:
    house = make()
    house.slack.may_read = False
    house.slack.will("share", SlackUnsureError("TimeoutError"), effect=effect)
    await house.is_read()
    await house.goes_on()
    assert house.slack.asked.count("share") == 1
    assert house.told() == [("no file", NoFile.UNSURE)]
    assert await house.state() is S.UNSEEN


async def test_without_looking_slacks_word_has_to_do(make: Make) -> None:
    house = make()
    house.slack.may_read = False
    await house.is_read()
    await house.goes_on()
    assert (len(house.slack.shows), await house.state(), house.told()) == (1, S.UNSEEN, [])
    assert "standing" not in house.slack.asked


async def test_after_a_lost_answer_nothing_is_done_before_slack_was_asked(make: Make) -> None:
    house = make()
    house.slack.will("share", SlackUnsureError("TimeoutError"))
    await house.is_read()
    await house.goes_on()
    shares = [at for at, each in enumerate(house.slack.asked) if each == "share"]
    assert "standing" in house.slack.asked[shares[0] : shares[1]]


async def test_a_call_that_slack_still_works_on_is_waited_for(make: Make) -> None:
    """Its answer was lost, and the file is not there yet; what is looked for too early proves nothing."""
    house = make()
    house.slack.will("share", SlackUnsureError("TimeoutError"))
    await house.is_read()
    await house.goes_on(15)
    file_id = next(iter(house.slack.bytes))
    house.slack.completed.add(file_id)
    house.slack.shows.append((file_id, "C0FINANCE1", "1.1"))
    await house.goes_on()
    assert len(house.slack.shows) == 1
    assert house.slack.asked.count("share") == 1


async def test_a_share_that_was_lost_is_asked_for_once_more(make: Make) -> None:
    house = make()
    house.slack.loses, house.slack.shares_twice = 1, True
    await house.is_read()
    await house.goes_on()
    assert len(house.slack.shows) == 1
    assert await house.state() is S.SHOWN


@pytest.mark.parametrize("shares_twice", [True, False])
async def test_a_share_that_stays_lost_is_said(make: Make, shares_twice: bool) -> None:
    house = make()
    house.slack.loses, house.slack.shares_twice = 9, shares_twice
    await house.is_read()
    await house.goes_on()
    assert house.told() == [("no file", NoFile.LOST)]
    assert await house.state() is S.LOST
    assert house.slack.asked.count("share") == 2


async def test_a_share_that_comes_late_comes_once(make: Make) -> None:
    house = make()
    house.slack.loses, house.slack.shares_twice = 1, True
    await house.is_read()
    await house.goes_on(40)
    house.slack.shows.append((next(iter(house.slack.bytes)), "C0FINANCE1", "1.1"))
    await house.goes_on()
    assert len(house.slack.shows) == 1
    assert house.slack.asked.count("share") == 1


# --- every crossing ------------------------------------------------------------------------------------------------


class Crossings:
    """Counts what crosses the border of the process, in order, and kills it before or after one of them."""

    def __init__(self, house: House, dies_at: int, *, before: bool) -> None:
        self._house, self._dies_at, self._before = house, dies_at, before
        self.seen = 0

    async def cross(self, work: Callable[[], Awaitable[Any]]) -> Any:
        self.seen += 1
        is_it = self.seen == self._dies_at
        if is_it and self._before:
            raise DiedError
        result = await work()
        if is_it:
            raise DiedError
        return result

    def database(self) -> Any:
        """The database, whose writes are crossings."""
        crossings, real = self, self._house.database

        class _Counted:
            async def write(self, *work: Any, **more: Any) -> Any:
                return await crossings.cross(lambda: real.write(*work, **more))

            async def read(self, *work: Any, **more: Any) -> Any:
                return await real.read(*work, **more)

        return _Counted()

    def slack(self) -> Any:
        """Slack, whose calls are crossings."""
        crossings, real = self, self._house.slack

        class _Counted:
            def __getattr__(self, name: str) -> Any:
                found = getattr(real, name)
                if name in {"may_write", "may_read"}:
                    return found
                return lambda *given: crossings.cross(lambda: found(*given))

        return _Counted()


def _mortal(house: House, dies_at: int, *, before: bool) -> tuple[Attaching, Crossings]:
    crossings = Crossings(house, dies_at, before=before)
    real, house.slack = house.slack, crossings.slack()
    bot = house.made(crossings.database())
    house.slack = real
    return bot, crossings


def moments() -> Iterator[tuple[int, bool, bool]]:
    """Every crossing of one file's life, before and after it, by whether Slack may be asked."""
    return itertools.product(range(1, 12), (True, False), (True, False))


@pytest.mark.parametrize(("dies_at", "before", "may_read"), list(moments()))
async def test_killed_at_any_crossing_it_comes_once(make: Make, dies_at: int, before: bool, may_read: bool) -> None:
    house = make()
    house.slack.may_read = may_read
    bot, crossings = _mortal(house, dies_at, before=before)
    try:
        await house.is_read(bot)
        await house.goes_on(300, bot)
    except DiedError:
        await house.folder.clear()  # as every start does
        house.bot = house.made()
        await house.is_read()
        await house.goes_on()
    assert crossings.seen >= min(dies_at, 6)
    if may_read:
        assert (len(house.slack.shows), house.told(), await house.state()) == (1, [], S.SHOWN)
    else:  # where nobody can say whether it came, that is said, and it is never there twice
        assert len(house.slack.shows) <= 1
        assert house.slack.shows or house.told() == [("no file", NoFile.UNSURE)]
        assert await house.state() is S.UNSEEN
    assert house.autodesk.downloads <= 2
    assert house.left() == []


# --- what else ------------------------------------------------------------------------------------------------------


async def test_what_is_deleted_meanwhile_is_not_handed_over(make: Make) -> None:
    house = make()
    await house.is_read()
    await house.is_deleted()
    await house.goes_on()
    assert (house.slack.shows, await house.state(), house.left()) == ([], S.DELETED, [])


async def test_what_is_deleted_while_its_file_is_read_is_not_wanted(make: Make) -> None:
    house = make()
    exports.move(house.database.db, 1, Event.DELETE, house.clock.now())
    await house.is_read()
    await house.goes_on()
    assert await house.database.read(attachments.of_export, 1) == ()
    assert (house.slack.shows, house.left()) == ([], [])


async def test_deleting_takes_the_file_from_slack(make: Make) -> None:
    house = make()
    await house.is_read()
    await house.goes_on()
    for _ in range(2):
        await house.is_deleted()
        await house.goes_on()
        assert (house.slack.shows, await house.state()) == ([], S.DELETED)
    assert house.slack.asked.count("delete") == 1


async def test_what_slack_does_not_delete_is_said_and_can_be_tried_again(make: Make) -> None:
    house = make()
    await house.is_read()
    await house.goes_on()
    house.slack.will("delete", refusal("cant_delete_file"))
    await house.is_deleted()
    await house.goes_on()
    assert await house.state() is S.KEPT
    assert house.told() == [("private no file", NoFile.KEPT)]
    await house.is_deleted()
    await house.goes_on()
    assert await house.state() is S.DELETED


async def test_a_deletion_that_slack_was_away_for_is_made_later(make: Make) -> None:
    house = make()
    await house.is_read()
    await house.goes_on()
    house.slack.will("delete", SlackUnreachableError(), SlackUnsureError("TimeoutError"), refusal("token_revoked"))
    await house.is_deleted()
    await house.goes_on(1)
    assert await house.state() is S.DELETING
    await house.goes_on()
    assert (house.slack.shows, await house.state()) == ([], S.DELETED)


async def test_a_file_that_somebody_deletes_is_not_put_there_again(make: Make) -> None:
    house = make()
    house.slack.loses = 1
    await house.is_read()
    await house.goes_on(1)
    house.slack.completed.clear()
    await house.goes_on()
    assert (house.slack.shows, house.told()) == ([], [])
    assert house.slack.asked.count("share") == 1


#: What can keep the file from being fetched again by a process that does not hold it, and what follows.
NO_DOWNLOAD: dict[str, tuple[Unread | Exception, list[tuple[str, str]]]] = {
    "a page": (Unread(Fault.PAGE), [("no file", "page")]),
    "no link now": (LinkUnavailableError(1, NoLink.NO_CALL), []),
    "no way there": (Unread(Fault.UNREACHABLE), []),
}


@pytest.mark.parametrize("name", NO_DOWNLOAD)
async def test_a_file_that_has_to_be_fetched_again(make: Make, name: str) -> None:
    trouble, told = NO_DOWNLOAD[name]
    house = make()
    await house.is_read()
    await house.bot._held.release_all_but(())
    house.bot, house.autodesk.trouble = house.made(), trouble
    await house.goes_on(3)
    house.autodesk.trouble = None
    await house.goes_on()
    assert house.told() == told
    assert len(house.slack.shows) == (0 if told else 1)


async def test_an_export_that_is_gone_meanwhile_is_no_trouble(make: Make) -> None:
    house = make()
    await house.is_read()
    await house.bot._held.release_all_but(())
    export = await house.database.read(exports.get, 1)
    house.autodesk.trouble = WrongStateError(export, Wish.LINK)
    await house.goes_on()
    assert (house.slack.asked, await house.state(), house.told()) == ([], S.REFUSED, [])


async def test_a_crash_waits_and_the_others_go_on(make: Make) -> None:
    house = make()
    house.slack.will("begin", RuntimeError("a slip"))  # type: ignore[arg-type]
    await house.is_read()
    await house.goes_on()
    assert len(house.slack.shows) == 1


async def test_the_loop_is_woken_by_commits_and_rests_where_nothing_can_be_done(make: Make) -> None:
    """It begins what is wanted at once; while the answer is still to be posted it does not turn for nothing."""
    house = make()
    bell = Bell(house.clock)
    for table in (Table.ATTACHMENTS, Table.OUTBOX):
        house.database.subscribe(table, bell.ring)
    house.bot = house.made(wake=bell)
    loop = asyncio.ensure_future(house.bot.run())
    try:
        await house.clock.advance(1)
        await house.is_read()
        for _ in range(100):
            await house.clock.advance(1)
            if await house.state() is S.SHOWN:
                break
            await asyncio.sleep(0.01)
        assert len(house.slack.shows) == 1
        assert house.autodesk.downloads == 1
        assert house.left() == []
        turns = len(house.slack.asked)
        await house.clock.advance(60)
        assert len(house.slack.asked) == turns
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def test_what_was_seen_before_the_last_step_ended_is_not_done_again(make: Make) -> None:
    """The loop has read what is to be done, and what it read is done when it begins with that."""
    house = make()
    await house.is_read()
    seen = []
    for _ in range(4):  # wanted, uploaded, handed, shown
        attachment = await house.attachment()
        assert attachment is not None
        seen.append(attachment)
        await house.bot.step(attachment)
    assert [each.state for each in seen] == [S.WANTED, S.UPLOADED, S.HANDED, S.SHOWN]
    asked = list(house.slack.asked)
    for each in seen[:-1]:
        await house.bot.step(each)
    assert house.slack.asked == asked
    assert len(house.slack.shows) == 1


async def test_a_file_that_is_read_for_another_answer_is_not_kept(make: Make) -> None:
    """It stands in its thread already: nothing is put on record, and the loop removes it all the same."""
    house = make()
    bell = Bell(house.clock)
    house.database.subscribe(Table.ATTACHMENTS, bell.ring)
    house.bot = house.made(wake=bell)
    await house.is_read()
    await house.goes_on()
    assert await house.state() is S.SHOWN
    loop = asyncio.ensure_future(house.bot.run())
    try:
        await house.clock.advance(1)
        export = await house.database.read(exports.get, 1)
        await house.bot.read(export, plan(export.request, Catalogue()), person="U2", rank=Rank.METADATA)
        for _ in range(50):
            await asyncio.sleep(0.01)
        assert house.left() == []
        assert len(house.slack.shows) == 1
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def test_what_waits_for_its_answer_takes_no_room_from_others(make: Make) -> None:
    """Nothing is to be done for a file whose answer is still to be posted, however many there are."""
    house = make()
    await house.is_read()
    row = NewDelivery(
        subject=f"answer:{house.answer.id}",
        kind=MessageKind.ANSWER,
        about=About.EXPORT,
        about_id=1,
        recipient="C0FINANCE1",
    )
    await house.database.write(outbox.put_once, row, house.clock.now())
    attachment = await house.attachment()
    assert attachment is not None
    await house.bot.step(attachment)
    assert await house.state() is S.UPLOADED
    due = LinkAudience.CHANNEL, house.clock.now()
    assert (await house.database.read(_due, *due))[0] == ()
    known = outbox.find(house.database.db, row.subject)
    assert known is not None
    await house.database.write(outbox.mark_sent, known)
    assert len((await house.database.read(_due, *due))[0]) == 1


async def test_nothing_is_said_of_a_file_that_is_deleted_meanwhile(make: Make) -> None:
    """Its step ends in vain after the export was deleted."""
    house = make()
    await house.is_read()
    attachment = await house.attachment()
    assert attachment is not None
    await house.bot.step(attachment)
    seen = await house.attachment()
    assert seen is not None
    await house.is_deleted()
    await house.bot._refuse(seen, NoFile.VAIN)
    await house.goes_on()
    assert (house.told(), await house.state()) == ([], S.DELETED)
