"""What messages are about, as that stands when they go out: loaded for each by its kind."""

from dataclasses import dataclass

from sqlite_utils import Database as Connection

from bot.answers import earlier
from bot.answers.earlier import Before
from bot.cards import alert_told, schedule_card
from bot.cards.alert_told import Told
from bot.cards.export_card import Report
from bot.cards.usage_card import Usage
from bot.contracts import usage_cache
from bot.contracts.usage import Counted, usage_of
from storage import alerts, answers, audit, channels, exports, logins, refusals, runs, schedules, tellings
from storage.alerts import Alert
from storage.models import About, Delivery, Export, MessageKind
from storage.refusals import RefusedPace
from storage.runs import Run
from storage.schedules import Schedule


@dataclass(frozen=True, slots=True)
class LostLogin:
    """Our login at Autodesk, which is not accepted; `channel` is one in which people use the bot, "" where none is.

    `was_cut_off` tells whether a renewal of it never had an outcome, which then is the reason.
    """

    channel: str
    was_cut_off: bool


@dataclass(frozen=True, slots=True)
class PaceNews:
    """What Token Flex refused of the chosen pace, None: nobody knows any more; `channel` as of a lost login."""

    refused: RefusedPace | None
    channel: str = ""


@dataclass(frozen=True, slots=True)
class PostedUsage:
    """How a contract stands, posted to a channel by a person; without `usage` nothing is known of it any more."""

    person: str
    channel: str
    usage: Usage | None


@dataclass(frozen=True, slots=True)
class AnswerOf:
    """The answer to an export; None: it was removed."""

    export: Export
    answer: answers.Answer | None
    before: Before | None = None  #: what it is compared with

    @property
    def channel(self) -> str:
        """The channel that it is for."""
        return self.export.channel


@dataclass(frozen=True, slots=True)
class ReportOf:
    """What a run of a schedule has asked for, with what is still known of the run."""

    export: Export
    said: Report

    @property
    def channel(self) -> str:
        """The channel that it is for."""
        return self.export.channel


@dataclass(frozen=True, slots=True)
class ScheduleNews:
    """A schedule, and one run of it where it is about that; None: it was deleted."""

    schedule: Schedule | None
    run: Run | None = None

    @property
    def channel(self) -> str:
        """The channel that it is for, "" where nobody knows any more."""
        return "" if self.schedule is None else self.schedule.channel


@dataclass(frozen=True, slots=True)
class AlertNews:
    """An alert, None: it was deleted; and what it has told where it is about that, None: nobody knows any more.

    `can_act`: this is its newest message, below which stands what can be done.
    """

    alert: Alert | None
    told: Told | None = None
    counted: Usage | None = None  #: how its contract stood then
    can_act: bool = False

    @property
    def channel(self) -> str:
        """The channel that it is for, "" where nobody knows any more."""
        return "" if self.alert is None else self.alert.channel


def of_export(db: Connection, delivery: Delivery) -> Export:
    """Return the export that a delivery is about."""
    if delivery.about is not About.EXPORT or delivery.about_id is None:
        raise LookupError(f"{delivery.subject} is about no export")
    return exports.get(db, delivery.about_id)


def of_login(db: Connection, _delivery: Delivery) -> LostLogin:
    """Return our login at Autodesk, which is lost."""
    return LostLogin(_used(db), logins.renewal_under_way(db) is not None)


def of_pace(db: Connection, _delivery: Delivery) -> PaceNews:
    """Return what Token Flex refused of the pace that was chosen, as it was told last."""
    return PaceNews(refusals.told(db), _used(db))


def _used(db: Connection) -> str:
    """Return a channel in which people use the bot, "" where none is."""
    newest = exports.newest(db, 1)
    return newest[0].channel if newest else ""


def of_usage(db: Connection, delivery: Delivery) -> PostedUsage:
    """Return how a contract stands that a person had posted."""
    if delivery.about is not About.USAGE or delivery.about_id is None:
        raise LookupError(f"{delivery.subject} is about no act")
    act = audit.get(db, delivery.about_id)
    counted = usage_cache.known(db, delivery.detail)
    channel = channels.current(db, act.channel)
    return PostedUsage(act.person, channel, None if counted is None else usage_of(counted))


def of_answer(db: Connection, delivery: Delivery) -> AnswerOf:
    """Return the answer to an export."""
    export, answer = of_export(db, delivery), answers.find(db, int(delivery.detail))
    private = delivery.kind is MessageKind.PRIVATE_ANSWER
    return AnswerOf(export, answer, earlier.before(db, export, answer, private=private) if answer else None)


def of_report(db: Connection, delivery: Delivery) -> ReportOf:
    """Return what a run of a schedule has asked for."""
    export = of_export(db, delivery)
    run = None if export.run is None else runs.get(db, export.run)
    schedule = None if run is None else schedules.find(db, run.schedule)
    unchanged = None if run is None else runs.unchanged_since(db, run)
    return ReportOf(export, schedule_card.report_of(export, run, schedule, unchanged))


def of_schedule(db: Connection, delivery: Delivery) -> ScheduleNews:
    """Return a schedule, or what became of a run of it."""
    if delivery.about not in {About.SCHEDULE, About.RUN} or delivery.about_id is None:
        raise LookupError(f"{delivery.subject} is about no schedule")
    if delivery.about is About.SCHEDULE:
        return ScheduleNews(schedules.find(db, delivery.about_id))
    run = runs.get(db, delivery.about_id)
    return ScheduleNews(None if run is None else schedules.find(db, run.schedule), run)


def of_alert(db: Connection, delivery: Delivery) -> AlertNews:
    """Return an alert."""
    if delivery.about is not About.ALERT or delivery.about_id is None:
        raise LookupError(f"{delivery.subject} is about no alert")
    return AlertNews(alerts.find(db, delivery.about_id))


def of_telling(db: Connection, delivery: Delivery) -> AlertNews:
    """Return what an alert has told in one message."""
    if delivery.about is not About.TELLING or delivery.about_id is None:
        raise LookupError(f"{delivery.subject} is about nothing that an alert has told")
    telling = tellings.find(db, delivery.about_id)
    if telling is None:
        return AlertNews(None)
    alert = alerts.find(db, telling.alert)
    alert = alert if alert is not None and alert.mark == telling.mark else None
    try:
        told = alert_told.of_text(telling.told)
        counted = usage_of(Counted.from_json(telling.counted)) if telling.counted else None
    except (KeyError, TypeError, ValueError):  # another version has written it
        return AlertNews(alert)
    newest = tellings.newest(db, telling.alert, telling.mark)
    return AlertNews(alert, told, counted, can_act=newest is not None and newest.id == telling.id)
