"""Answers that are wanted: the file is read, what was found is stored, and its message follows from that.

An announcement never waits for this. The link that it shows does for the file as well, where it lives long enough.
"""

from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog
from sqlite_utils import Database as Connection

from bot.answers import announcing, kept
from bot.answers.engine.document import Found
from bot.answers.files.download import PASSING
from bot.answers.files.reading import ENOUGH
from bot.answers.plan import Plan
from bot.answers.shown import Shown
from bot.calls.budget import Rank
from bot.cards.figures import Fault, Unread
from bot.errors import LinkUnavailableError, NoLink, WrongStateError
from bot.exports.fresh_links import FreshLinks
from bot.questions.identity import days_asked, question_key
from bot.runtime.backoff import OWN
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.runtime.supervision import TaskGroup
from bot.settings import AnswerDetail, LinkAudience
from storage import answers, outbox
from storage import exports as export_store
from storage.answers import Answer, Figures
from storage.database import Database
from storage.models import Export, Refusal
from storage.states import ExportState

_TRIES: Final = 6  #: in vain, until there are no figures for good
_PATIENCE: Final = timedelta(days=1)  #: for what concerns all calls
_AT_ONCE: Final = 20  #: answers that wait for links
#: States in which its file is there, or may be again without another announcement.
_MAY_BE_READY: Final = frozenset({ExportState.READY, ExportState.VANISHED})

log = structlog.get_logger(__name__)


class Reads(Protocol):
    """Reads the file of an export, one after another."""

    async def read(self, export: Export, plan: Plan, *, person: str, rank: Rank = Rank.PEOPLE) -> Found | Unread:
        """Return what is in the file, or why there are no figures; nothing of the file is left.

        Raises:
            WrongStateError: the export is not ready (any more).
            LinkUnavailableError: Token Flex did not give a link.

        """
        ...


class AnswerWorker:
    """Has the files read for which figures are wanted, the oldest first."""

    def __init__(
        self,
        database: Database,
        reading: Reads,
        shown: Shown,
        links: FreshLinks,
        clock: Clock,
        audience: LinkAudience,
        wake: Bell,
    ) -> None:
        self._database = database
        self._reading = reading
        self._shown = shown
        self._links = links
        self._clock = clock
        self._audience = audience
        self._wake = wake
        self._busy: set[int] = set()
        self.tasks = TaskGroup()

    async def run(self) -> None:
        """Begin what is due, then wait for more to be wanted, for a pause to end, or for a link."""
        while True:
            wanted, later = await self._database.read(_due, self._clock.now())
            for answer, is_announced in wanted:
                if self._may_begin(answer, is_announced=is_announced):
                    self._busy.add(answer.id)
                    self.tasks.start(f"answer {answer.id}", self._answer(answer), export=answer.export)
            await self._forget_names()
            await self._wake.wait(later)

    def _may_begin(self, answer: Answer, *, is_announced: bool) -> bool:
        """Return whether nothing is in the way, and there is a link or nobody else is about to fetch one."""
        if answer.id in self._busy:
            return False
        if self._links.known(answer.export, ENOUGH) is not None:
            return True  # before it ends, whoever waits for a call
        fetches_none = is_announced or self._audience is LinkAudience.PRESS
        return fetches_none and len(self._busy) < _AT_ONCE

    async def _forget_names(self) -> None:
        remembered = tuple(each for each in self._shown.remembered if each not in self._busy)
        if remembered:
            self._shown.forget(await self._database.read(announcing.sent, remembered))

    async def _answer(self, seen: Answer) -> None:
        """Have the file of an answer read, unless that was done or put off since it was `seen`."""
        try:
            await self._read_unless_done(seen)
        finally:
            self._busy.discard(seen.id)
        self._wake.ring()  # there is room for another one

    async def _read_unless_done(self, seen: Answer) -> None:
        try:
            if await self._database.read(answers.find, seen.id) == seen:
                await self._read(seen)
        except Exception:
            log.exception("the file of an export could not be read")
            await self._later(seen, Unread(Fault.CRASH))

    async def _read(self, answer: Answer) -> None:
        export = await self._database.read(export_store.get, answer.export)
        if self._shown.detail is AnswerDetail.LINK or export.state not in _MAY_BE_READY:
            await self._database.write(answers.remove, answer.id)  # another announcement may want another one
            return
        plan = self._shown.plan(export, answer.asked)
        try:
            outcome = await self._reading.read(
                export,
                plan,
                person=answer.person or export.requester,
                rank=_rank(answer, export),
            )
        except WrongStateError:
            await self._later(answer, Unread(Fault.GONE))
        except LinkUnavailableError as error:
            await self._without_link(answer, error)
        else:
            await self._ended(answer, export, plan, outcome)

    async def _without_link(self, answer: Answer, error: LinkUnavailableError) -> None:
        if error.why is NoLink.STOPPING:
            return
        waits_for_all = error.cause is not None and error.cause.concerns_all
        fault = Fault.GONE if error.why is NoLink.GONE else Fault.NO_LINK
        await self._later(answer, Unread(fault), counts=not waits_for_all)

    async def _ended(self, answer: Answer, export: Export, plan: Plan, outcome: Found | Unread) -> None:
        now = self._clock.now()
        if isinstance(outcome, Unread):
            if outcome.fault in PASSING:
                await self._later(answer, outcome)
            else:
                told = kept.fault(outcome, plan)
                await self._database.write(_unread, answer.id, outcome.fault.value, told, self._audience, now)
            return
        self._shown.remember(answer.id, outcome, plan)
        days = days_asked(export.request, self._shown.catalogue)
        figures = Figures(
            document=kept.figures(outcome, plan),
            sha256=outcome.sha256,
            question_key="" if answer.asked else question_key(export.request, self._shown.catalogue),
            first_day=None if days is None else days.first,
            last_day=None if days is None else days.last,
        )
        await self._database.write(announcing.found, answer.id, figures, self._audience, now)
        log.info("the file of an export was read", rows=outcome.rows, bytes=outcome.size)

    async def _later(self, answer: Answer, fault: Unread, *, counts: bool = True) -> None:
        """Have a file read after a pause, or never, where it was tried often or long enough."""
        now, tries = self._clock.now(), answer.attempts + counts
        if tries >= _TRIES or now - answer.wanted_at > _PATIENCE:
            export = await self._database.read(export_store.get, answer.export)
            plan = self._shown.plan(export, answer.asked)
            told = kept.fault(fault, plan)
            await self._database.write(_unread, answer.id, fault.fault.value, told, self._audience, now)
        else:
            pause = OWN.after(max(tries, 1))
            await self._database.write(answers.pause, answer.id, tries, now + pause, now)


def _rank(answer: Answer, export: Export) -> Rank:
    """Return who waits for an answer: a person, a run whose message depends on it, or nobody."""
    if answer.person:
        return Rank.PEOPLE
    return Rank.REPORT if export.asks_by_itself else Rank.AHEAD


def _due(db: Connection, now: datetime) -> tuple[list[tuple[Answer, bool]], datetime | None]:
    """Return what is to be read now, each with whether its announcement needs no link any more, and when more is."""
    due = [(answer, _is_announced(db, answer)) for answer in answers.wanted(db, now)]
    return due, answers.next_try(db, now)


def _is_announced(db: Connection, answer: Answer) -> bool:
    """Return whether no message that is still to be posted will fetch a link that serves the file too."""
    waiting = outbox.to_show_links(db, answer.export)
    return all(row.refusal is not Refusal.NONE or row.attempts for row in waiting)


def _unread(db: Connection, answer_id: int, fault: str, document: str, audience: LinkAudience, now: datetime) -> None:
    """Store why there are no figures, and have that posted."""
    answer = answers.unread(db, answer_id, fault, now, document=document)
    if answer is not None:
        announcing.announce(db, answer, audience, now)
