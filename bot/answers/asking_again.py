"""Other figures of a file that is there already: privately, for who may have its link; no new export, no file kept."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlite_utils import Database as Connection

from bot.answers import announcing, columns, earlier, kept
from bot.answers.answer import answer_of
from bot.answers.earlier import Before
from bot.answers.engine.document import Found
from bot.answers.plan import Plan
from bot.answers.recent import Recent
from bot.answers.shown import Shown
from bot.cards.figures import Answer, Unread
from bot.cards.names import Names
from bot.cards.query import Query
from bot.cards.text import is_direct_message
from bot.errors import FiguresOffError, FiguresSharedError, QueryRefusedError, Wish, WrongStateError
from bot.exports.fresh_links import ended_within
from bot.exports.links import Links
from bot.exports.use_cases import entry
from bot.people.access import Access
from bot.people.asker import Asker
from bot.questions.identity import days_asked
from bot.runtime.clock import Clock
from bot.settings import AnswerDetail, LinkAudience
from bot.tokenflex.catalogue import Catalogue
from storage import answers, audit, exports, outbox
from storage.answers import Figures, NewAnswer
from storage.audit import Act
from storage.database import Database
from storage.models import Export
from storage.states import REMOVED

_A_MOMENT: Final = 3.0  #: seconds after which a person is told that figures take longer
#: After which a file is read for what was known, where a process died before it was stored.
_UNLESS_KNOWN: Final = timedelta(seconds=10)


class Reading(Protocol):
    """Reads the file of an export."""

    async def read(self, export: Export, plan: Plan, *, person: str) -> Found | Unread:
        """Return what was found, with one call for a link at most; the file is gone when this returns."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody asked of the file of an export, and the figures, on record as shown; or why there are none."""

    export: Export
    query: Query
    answer: Answer | Unread
    names: Names
    can_be_posted: bool = False  #: whether the thread of the export may show something of it


class AskingAgain:
    """Answers people from the files of exports that are ready."""

    def __init__(
        self,
        database: Database,
        links: Links,
        access: Access,
        reading: Reading,
        shown: Shown,
        catalogue: Catalogue,
        names_of: Callable[[str], Names],
        audience: LinkAudience,
        clock: Clock,
    ) -> None:
        self._database = database
        self._links = links
        self._access = access
        self._reading = reading
        self._shown = shown
        self._catalogue = catalogue
        self._names_of = names_of
        self._audience = audience
        self._clock = clock
        self._recent = Recent(clock)

    async def run(self) -> None:
        """Forget what was found minutes ago."""
        await self._recent.run()

    async def answer(self, number: int, query: Query, asker: Asker, waiting: Callable[[], Awaitable[object]]) -> Told:
        """Return the figures for this person's eyes, names of people among them; `waiting` is called after a moment.

        Raises:
            NoSuchExportError: there is no such export, or it is not theirs to see.
            NotAllowedError: its file is for others, or its contract is not allowed any more.
            FiguresOffError: no file is read here.
            WrongStateError: there is no file.
            QueryRefusedError: the file cannot tell that.
            LinkUnavailableError: Token Flex gave no link to it.

        """
        export, names = await self._checked(number, asker)
        query = self._resolved(query, export, names)
        asked = self._shown.plan(export, query.text)
        found = await self._read(export, asked, asker, waiting)
        if isinstance(found, Unread):
            return Told(export, query, found, names)
        answer = answer_of(found, asked, names, people=True, days=days_asked(export.request, self._catalogue))
        if not query.text:  # else it answers another question than the runs before
            answer = self._shown.compared(answer, asked, names, found, await self._before(export, asker))
        await self._database.write(_put_on_record, export, asker, query, answer.names_people, self._clock.now())
        return Told(export, query, answer, names, self._can_be_posted(export, asked))

    async def not_shown(self, told: Told, asker: Asker) -> None:
        """Put on record that figures for this person's eyes could not be shown to them."""
        await self._database.write(_not_shown, told.export, asker, self._clock.now())

    async def post(self, number: int, query: Query, asker: Asker, origin: str) -> Export:
        """Have figures posted to the thread of their export, as far as everybody may see them; `origin` is the act.

        What is not known any more is read when its turn comes; the same act again is done once.

        Raises:
            NoSuchExportError, NotAllowedError, FiguresOffError, WrongStateError, QueryRefusedError: as `answer`.
            MembershipUnknownError: Slack does not say now who reads in the channel.

        """
        export, names = await self._checked(number, asker)
        query = self._resolved(query, export, names)
        try:
            await self._access.check_figures(export.channel)
        except FiguresSharedError:  # what was posted before others were let in is drawn again
            await self._database.write(outbox.draw_again, export.channel, self._clock.now())
            raise
        asked = self._shown.plan(export, query.text)
        known = self._recent.of(export, asked) if query.text else None  # else it is a run of the question
        now = self._clock.now()
        reads_at = now + _UNLESS_KNOWN if known else None
        origin = f"answer:posted:{origin}"
        answer, is_new = await self._database.write(_want, export, asker, query, origin, reads_at, now)
        if known and is_new:
            self._shown.remember(answer.id, known, asked)
            figures = Figures(document=kept.figures(known, asked), sha256=known.sha256)
            await self._database.write(announcing.found, answer.id, figures, self._audience, now)
        return export

    async def _checked(self, number: int, asker: Asker) -> tuple[Export, Names]:
        export = await self._links.check(number, asker, Wish.ANSWER)
        if self._shown.detail is AnswerDetail.LINK:
            raise FiguresOffError
        return export, self._names_of(export.request.contract_number)

    async def _before(self, export: Export, asker: Asker) -> Before | None:
        """Return the earlier runs of which this person may have the files too; elsewhere those are their own alone."""
        place = await self._access.place_of(export, asker)
        private = self._audience is LinkAudience.REQUESTER or place != export.channel
        return await self._database.read(earlier.of_export, export, private=private)

    def _can_be_posted(self, export: Export, asked: Plan) -> bool:
        """Return whether there is a thread that everybody reads, and something that everybody may see."""
        is_for_all = self._shown.detail is AnswerDetail.ALL or asked.for_all is not None
        in_channel = self._audience is LinkAudience.CHANNEL and not is_direct_message(export.channel)
        return is_for_all and in_channel

    def _resolved(self, query: Query, export: Export, names: Names) -> Query:
        resolved = columns.resolved(query, export.request, self._catalogue, names)
        if isinstance(resolved, Query):
            return resolved
        likely = columns.likely(query, export.request, self._catalogue, names)
        raise QueryRefusedError(export.number, resolved, f"answer {export.label} {likely.words}".strip())

    async def _read(
        self, export: Export, asked: Plan, asker: Asker, waiting: Callable[[], Awaitable[object]]
    ) -> Found | Unread:
        known = self._recent.of(export, asked)
        if known is not None:
            return known
        reading = asyncio.ensure_future(self._reading.read(export, asked, person=asker.person))
        try:
            if not await ended_within(self._clock, _A_MOMENT, reading):
                await waiting()
            found = await reading
        finally:
            reading.cancel()
        if isinstance(found, Found):
            self._recent.keep(export, asked, found)
        return found


def _put_on_record(
    db: Connection, export: Export, asker: Asker, query: Query, names_people: bool, now: datetime
) -> None:
    people = ", with names of people" if names_people else ""
    audit.add(db, entry(asker, Act.ANSWER, export, now, f"privately{_said(query)}{people}"))


def _not_shown(db: Connection, export: Export, asker: Asker, now: datetime) -> None:
    audit.add(db, entry(asker, Act.ANSWER, export, now, "not shown: no way to the person"))


def _want(
    db: Connection, export: Export, asker: Asker, query: Query, origin: str, reads_at: datetime | None, now: datetime
) -> tuple[answers.Answer, bool]:
    """Have an answer made for the thread, once for each act; the file is not read for it before `reads_at`.

    Raises:
        WrongStateError: the export was deleted since it was looked at.

    """
    standing = exports.get(db, export.number)
    if standing.state in REMOVED:
        raise WrongStateError(standing, Wish.LINK)
    new = NewAnswer(
        origin=origin, export=export.number, announcement=export.announcement, asked=query.text, person=asker.person
    )
    answer, is_new = answers.add_wanted(db, new, now)
    if is_new:
        audit.add(db, entry(asker, Act.ANSWER, export, now, f"for the thread{_said(query)}"))
    if is_new and reads_at is not None:
        answers.pause(db, answer.id, 0, reads_at, now)
    return answer, is_new


def _said(query: Query) -> str:
    """Return a query in words of ours: its condition, which a person has typed, is told by its presence alone."""
    by = f", by {' and '.join(query.by)}" if query.by else ""
    return f"{by}, with a condition" if query.where else by
