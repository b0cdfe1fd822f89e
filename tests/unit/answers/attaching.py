"""An export whose file goes to its thread, between an Autodesk and a Slack on paper; made by the fixture `make`."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.answers.engine.document import Found
from bot.answers.files.attaching import Attaching, _due
from bot.answers.files.folder import Folder
from bot.answers.files.reading import File
from bot.answers.plan import plan
from bot.calls.budget import Rank
from bot.cards.figures import Unread
from bot.cards.names import Names
from bot.exports import announcements, removal
from bot.people.permissions import Posting
from bot.runtime.bell import Bell
from bot.settings import AttachFiles, LinkAudience
from bot.slack.errors import FileGoneError, SlackError
from bot.slack.files import Begun, Standing
from bot.tokenflex.catalogue import Catalogue
from storage import answers, attachments, exports, outbox
from storage.answers import Figures, NewAnswer
from storage.attachments import Attachment, AttachmentState
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

    async def answer_is_due(self) -> None:
        """The message with the answer waits to be posted."""
        row = NewDelivery(
            subject=f"answer:{self.answer.id}",
            kind=MessageKind.ANSWER,
            about=About.EXPORT,
            about_id=1,
            recipient="C0FINANCE1",
        )
        await self.database.write(outbox.put_once, row, self.clock.now())

    async def answer_is_posted(self) -> None:
        """The message that was due stands in its thread."""
        row = outbox.find(self.database.db, f"answer:{self.answer.id}")
        assert row is not None
        await self.database.write(outbox.mark_sent, row)

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
