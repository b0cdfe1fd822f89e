"""Alerts by themselves: figures are looked at as they come, by the rights of who owns the alert at that moment.

Everything begins from the database, so that a restart goes on where the process before ended: as of when the figures
were that an alert was looked at by stands beside it, and how it stands is stored with what people are told of that.
What people ask of a contract is looked at for nothing; else it is asked at the lowest rank, twice a day.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import structlog

from bot.alerts import daily, episodes, kept, own, pausing, rules, telling
from bot.alerts.daily import Read
from bot.alerts.episodes import State
from bot.alerts.rules import Finding
from bot.alerts.telling import Seen
from bot.answers import kept as kept_figures
from bot.answers.engine.document import DocumentError
from bot.answers.shown import Shown
from bot.cards import alert_watched
from bot.cards.alert_watched import AlertError, Watched
from bot.cards.pauses import Paused
from bot.contracts import usage_cache
from bot.contracts.cache import ContractCache
from bot.contracts.usage import Counted, usage_of
from bot.contracts.usage_cache import UsageCache
from bot.contracts.years import ContractYear, years_of
from bot.errors import MembershipUnknownError
from bot.exports.use_cases import Exports
from bot.people import owners
from bot.people.access import Access
from bot.people.asker import Asker, Source
from bot.questions import periods, questions
from bot.questions.identity import days_asked
from bot.questions.questions import Asked
from bot.runtime.backoff import OWN
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.settings import AnswerDetail
from storage import alerts, tellings
from storage import calls as call_log
from storage.alerts import Alert
from storage.answers import Answer
from storage.database import Database, StorageFullError
from storage.models import Export

MOST_CALLS: Final = 4  #: of a day for one contract (source: house plan, "Schedules and alerts")
_A_LOOK: Final = 2  #: calls
_DAY: Final = timedelta(days=1)
_GOOD_FOR: Final = _DAY * _A_LOOK / MOST_CALLS
_AFTER_A_FAILURE: Final = timedelta(hours=4)
_AFTER_NO_CALL: Final = timedelta(minutes=10)  #: none was made, as without a login
_TOO_OLD: Final = timedelta(days=2)  #: figures that say nothing of today any more
_KEPT: Final = timedelta(days=400)  #: how long it is known what messages said
log = structlog.get_logger(__name__)


class AlertWatcher:
    """Has alerts looked at."""

    def __init__(
        self,
        database: Database,
        exports: Exports,
        contracts: ContractCache,
        usage: UsageCache,
        access: Access,
        shown: Shown,
        clock: Clock,
        wake: Bell,
    ) -> None:
        self._database = database
        self._exports = exports
        self._contracts = contracts
        self._usage = usage
        self._access = access
        self._shown = shown
        self._clock = clock
        self._wake = wake
        self._forgot_on: date | None = None
        self._known: dict[str, Counted | None] = {}  # in this round
        self._asked_at: dict[str, datetime] = {}  # when a contract was to be counted, also where no call was made
        self._later: dict[int, datetime] = {}  # until when an alert is left alone, of which Slack does not tell

    async def run(self) -> None:
        """Look at what is new, then wait for more, for a moment that matters, or for a commit."""
        while True:
            await self._wake.wait(*await self.look())

    async def look(self) -> tuple[datetime | None, ...]:
        """Look at what is new now, and ask for what is due; return when more will be."""
        now = self._clock.now()
        if self._forgot_on != now.date():
            self._forgot_on = now.date()
            await self._database.write(tellings.forget, now - _KEPT)
        for alert in await self._database.read(pausing.closed):
            await self._pause(alert, Paused.CLOSED)
        self._later = {each: until for each, until in self._later.items() if now < until <= now + OWN.first}
        self._known.clear()
        moments = [
            await self._safely(alert)
            for alert in await self._database.read(alerts.watching)
            if alert.id not in self._later
        ]
        return _midnight(now), *self._later.values(), *moments

    async def _safely(self, alert: Alert) -> datetime | None:
        """Look at one alert, and at others whatever becomes of that; return when it is to be looked at again."""
        try:
            until = await self._look_at(alert)
            put_off = episodes.next_moment(kept.of_text(alert.standing), self._clock.now())
            return min((each for each in (until, put_off) if each is not None), default=None)
        except AlertError:
            await self._pause(alert, Paused.RULE)
            return None
        except MembershipUnknownError as error:
            log.info("an alert waits until Slack says whether it may be looked at", alert=alert.id, reason=str(error))
        except StorageFullError:
            raise
        except Exception:
            log.exception("an alert could not be looked at", alert=alert.id)
        until = self._later[alert.id] = self._clock.now() + OWN.first
        return until

    async def _look_at(self, alert: Alert) -> datetime | None:
        watched = alert_watched.of_text(alert.watched)
        if rules.names_people(watched, self._shown.catalogue, self._shown.personal):
            await self._pause(alert, Paused.PEOPLE)
        elif daily.reads_files(watched):
            await self._by_file(alert, watched)
        else:
            return await self._by_usage(alert, watched)
        return None

    # --- by what Token Flex counts itself -------------------------------------------------------------------------

    async def _by_usage(self, alert: Alert, watched: Watched) -> datetime | None:
        """Look at what is known where that is new, and have it counted anew where that is due; return when it is."""
        counted, now = await self._counted(alert.contract), self._clock.now()
        if counted is not None and _is_of(counted.at, now, _TOO_OLD) and self._is_new(alert, counted.at):
            if await self._admitted(alert) is None:
                return None
            state = kept.of_text(alert.standing)
            finding = rules.look(watched, usage_of(counted), (), state.held)
            await self._looked(alert, state, finding, Seen(counted.at, counted=counted.as_json()))
        if counted is not None and _is_of(counted.at, now, _GOOD_FOR):
            return counted.at + _GOOD_FOR
        return await self._have_counted(alert, now)

    async def _counted(self, contract: str) -> Counted | None:
        """Return what is known of a contract, looked up once for all alerts on it."""
        if contract not in self._known:
            self._known[contract] = await self._usage.known(contract)
        return self._known[contract]

    async def _have_counted(self, alert: Alert, now: datetime) -> datetime | None:
        """Have a contract counted anew, within the calls of a day; return when that may be tried again."""
        contract = alert.contract
        if self._usage.is_asked(contract):
            return None
        spent, last = await self._database.read(call_log.between, usage_cache.for_alerts(contract), now - _DAY, now)
        if spent + _A_LOOK > MOST_CALLS:
            return now + _AFTER_A_FAILURE  # there may be room again
        if last is not None and now - last < _AFTER_A_FAILURE:
            return last + _AFTER_A_FAILURE
        asked_at = self._asked_at.get(contract)
        if asked_at is not None and _is_of(asked_at, now, _AFTER_NO_CALL):
            return asked_at + _AFTER_NO_CALL
        if await self._admitted(alert) is not None:
            self._asked_at[contract] = now
            self._usage.ask_ahead(contract)
        return None

    # --- by an export of its own ----------------------------------------------------------------------------------

    async def _by_file(self, alert: Alert, watched: Watched) -> None:
        if self._shown.detail is AnswerDetail.LINK:
            await self._pause(alert, Paused.FIGURES)
            return
        now = self._clock.now()
        of_now = await self._database.read(own.of, alert, now)
        newest = of_now.newest
        if newest is not None and _is_of(newest[1].changed_at, now, _TOO_OLD):
            await self._by_answer(alert, watched, *newest)
        if of_now.fails(alert.changed_at):
            await self._pause(alert, Paused.FAILING)
        elif not (of_now.is_under_way or of_now.has_asked):
            await self._ask_own(alert, watched, of_now.origin, now.date())

    async def _by_answer(self, alert: Alert, watched: Watched, export: Export, answer: Answer) -> None:
        if not self._is_new(alert, answer.changed_at) or await self._admitted(alert) is None:
            return
        days = days_asked(export.request, self._shown.catalogue)
        try:
            found, _ = kept_figures.figures_of(answer.document, frozenset())
        except DocumentError as error:
            log.info("figures of an older version are not looked at", answer=answer.id, reason=str(error))
            return
        state, finding = kept.of_text(alert.standing), None
        if days is not None:
            read = Read(export.accepted_at.date(), days, export.known_through, found)
            amounts = daily.amounts(watched, read, self._years(alert.contract))
            finding = rules.look(watched, None, amounts, state.held)
        await self._looked(alert, state, finding, Seen(answer.changed_at, answer=answer.id))

    async def _ask_own(self, alert: Alert, watched: Watched, origin: str, today: date) -> None:
        """Ask for the export of a day; once, also where this is repeated."""
        question = daily.question(watched, today, self._years(alert.contract), self._shown.catalogue)
        asker = await self._admitted(alert) if question is not None else None
        if question is None or asker is None:
            return
        request = questions.request(question, Asked(alert.contract, today))
        period = periods.as_word(question.period)
        accepted = await self._exports.accept(
            request, asker, channel=alert.channel, origin=origin, period=period, alert=alert.id
        )
        structlog.contextvars.unbind_contextvars("export")  # the loop goes on to others
        log.info("an alert asks for figures", alert=alert.id, export=accepted.export.number)

    def _years(self, contract: str) -> Sequence[ContractYear]:
        known = next((each for each in self._contracts.offered if each.number == contract), None)
        return () if known is None else years_of(known)

    # --- what follows ---------------------------------------------------------------------------------------------

    def _is_new(self, alert: Alert, at: datetime) -> bool:
        """Return whether an alert is to be looked at by figures of that moment, or again since it was put off."""
        return alert.looked_at != at or episodes.is_due(kept.of_text(alert.standing), self._clock.now())

    async def _admitted(self, alert: Alert) -> Asker | None:
        """Let the owner of an alert in, by what they may do now; else it is paused."""
        asker = await owners.admit(self._access, alert.owner, alert.contract, alert.channel, Source.ALERT)
        if isinstance(asker, Paused):
            await self._pause(alert, asker)
            return None
        return asker

    async def _looked(self, alert: Alert, before: State, finding: Finding | None, seen: Seen) -> None:
        now = self._clock.now()
        state, acts = episodes.looked(before, finding, now)
        for act in acts:
            log.info("an alert tells something", alert=alert.id, act=type(act).__name__)
        await self._database.write(telling.looked, alert, state, acts, seen, self._shown.audience, now)

    async def _pause(self, alert: Alert, why: Paused) -> None:
        log.warning("an alert is paused", alert=alert.id, why=why.value)
        administrators = await owners.to_tell(self._access) if why is Paused.CLOSED else frozenset()
        await self._database.write(pausing.pause, alert, why, administrators, self._clock.now())


def _is_of(at: datetime, now: datetime, length: timedelta) -> bool:
    """Return whether a moment is of the last hours or days; one that lies ahead was written by another clock."""
    return timedelta(0) <= now - at < length


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(UTC).date() + _DAY, time(0), UTC)
