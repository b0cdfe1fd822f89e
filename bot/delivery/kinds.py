"""What each kind of message is about and says: a new kind of message is one more entry of `KINDS`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from sqlite_utils import Database as Connection

from bot.answers import earlier
from bot.answers.earlier import Before
from bot.answers.shown import Shown
from bot.cards import answer_card, export_card, file_card, notices, schedule_card, usage_card
from bot.cards.blocks import Message, paragraph
from bot.cards.export_card import Report
from bot.cards.names import Names
from bot.cards.notices import Closing
from bot.cards.usage_card import Usage
from bot.contracts import usage_cache
from bot.contracts.usage import usage_of
from bot.people.permissions import Posting
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import DownloadLink
from storage import answers, audit, channels, exports, logins, outbox, runs, schedules
from storage.models import About, Delivery, Export, MessageKind, SentMessage
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


Matter = Export | LostLogin | PostedUsage | AnswerOf | ReportOf | ScheduleNews
M = TypeVar("M", Export, LostLogin, PostedUsage, AnswerOf, ReportOf, ScheduleNews)


@dataclass(frozen=True, slots=True)
class Words:
    """With what messages are drawn: our own name, how a contract calls its fields, what is shown of answers."""

    bot_name: str = "tokenflex"
    names_of: Callable[[str], Names | None] = lambda _: None
    answers: Shown = field(default_factory=lambda: Shown(Catalogue()))


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a card is given besides what it is about."""

    delivery: Delivery
    link: DownloadLink | None
    words: Words
    discreet: bool = False  #: for a channel that others read too
    names: Names | None = None  #: what the customer calls what was asked for; None: what everybody does


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery with what it is about, as that stands when it goes out."""

    delivery: Delivery
    matter: Matter
    draw: Callable[[Drawing], Message]
    resembles: Callable[[str], bool] | None  #: whether a text of ours without metadata may be this message
    is_private: bool
    announces: bool
    broadcast: bool = True
    standing: SentMessage | None = None  #: the message itself, where it has been posted
    thread: SentMessage | None = None  #: the message that it is a reply to
    posting: Posting = Posting.ALL  #: what may be shown where it goes

    @property
    def export(self) -> Export | None:
        """The export that it is about, if it is about one."""
        matter = self.matter.export if isinstance(self.matter, AnswerOf | ReportOf) else self.matter
        return matter if isinstance(matter, Export) else None

    @property
    def stands(self) -> bool:
        """Whether it is an edit of a message that stands in Slack."""
        return self.standing is not None or self.delivery.kind is MessageKind.EXPIRY

    @property
    def removes(self) -> bool:
        """Whether it is an edit after which a message shows no figures any more."""
        return self.standing is not None and isinstance(self.matter, AnswerOf) and self.matter.answer is None

    @property
    def thread_ts(self) -> str | None:
        """The thread that it belongs to."""
        return None if self.thread is None else self.thread.ts

    @property
    def is_discreet(self) -> bool:
        """Whether it shows nothing of the data."""
        return self.posting is not Posting.ALL

    def message(self, link: DownloadLink | None, words: Words) -> Message:
        """Return the message; `link` is shown where there is one, and what was asked is called as in its contract."""
        names = words.names_of(self.export.request.contract_number) if self.export else None
        return self.draw(Drawing(self.delivery, link, words, self.is_discreet, names))


@dataclass(frozen=True, slots=True)
class Kind(Generic[M]):
    """How a message of a kind comes about.

    `announces` says of one that it goes out before others, since its link runs out; and that the requester gets a link
    of their own after it where links are not for the channel. A reply that is not `broadcast` stays in its thread.
    """

    load: Callable[[Connection, Delivery], M]
    card: Callable[[M, Drawing], Message]
    is_private: bool = False
    announces: bool = False
    broadcast: bool = True
    resembles: Callable[[M, str], bool] | None = None

    def letter(self, db: Connection, delivery: Delivery) -> Letter:
        """Return a delivery of this kind with what it is about."""
        matter = self.load(db, delivery)
        return Letter(
            delivery=delivery,
            matter=matter,
            draw=partial(self.card, matter),
            resembles=None if self.resembles is None else partial(self.resembles, matter),
            is_private=self.is_private,
            announces=self.announces,
            broadcast=self.broadcast,
            standing=outbox.message(db, delivery.id),
            thread=outbox.message(db, delivery.thread),
        )


def load(db: Connection, delivery: Delivery) -> Letter:
    """Return a delivery with what it is about; the end of a link is the message that shows it, drawn without one."""
    if delivery.kind is not MessageKind.EXPIRY or delivery.after is None:
        return KINDS[delivery.kind].letter(db, delivery)
    shows_link = load(db, outbox.get(db, delivery.after))
    draw = partial(_without_link, shows_link)
    return replace(shows_link, delivery=delivery, draw=draw, is_private=False, announces=False)


def _without_link(letter: Letter, drawing: Drawing) -> Message:
    return letter.draw(replace(drawing, delivery=letter.delivery, link=None))


def _export(db: Connection, delivery: Delivery) -> Export:
    if delivery.about is not About.EXPORT or delivery.about_id is None:
        raise LookupError(f"{delivery.subject} is about no export")
    return exports.get(db, delivery.about_id)


def _login(db: Connection, _delivery: Delivery) -> LostLogin:
    newest = exports.newest(db, 1)
    return LostLogin(newest[0].channel if newest else "", logins.renewal_under_way(db) is not None)


def _usage(db: Connection, delivery: Delivery) -> PostedUsage:
    if delivery.about is not About.USAGE or delivery.about_id is None:
        raise LookupError(f"{delivery.subject} is about no act")
    act = audit.get(db, delivery.about_id)
    counted = usage_cache.known(db, delivery.detail)
    channel = channels.current(db, act.channel)
    return PostedUsage(act.person, channel, None if counted is None else usage_of(counted))


def _answer(db: Connection, delivery: Delivery) -> AnswerOf:
    export, answer = _export(db, delivery), answers.find(db, int(delivery.detail))
    private = delivery.kind is MessageKind.PRIVATE_ANSWER
    return AnswerOf(export, answer, earlier.before(db, export, answer, private=private) if answer else None)


def _report(db: Connection, delivery: Delivery) -> ReportOf:
    export = _export(db, delivery)
    run = None if export.run is None else runs.get(db, export.run)
    schedule = None if run is None else schedules.find(db, run.schedule)
    unchanged = None if run is None else runs.unchanged_since(db, run)
    return ReportOf(export, schedule_card.report_of(export, run, schedule, unchanged))


def _schedule(db: Connection, delivery: Delivery) -> ScheduleNews:
    if delivery.about not in {About.SCHEDULE, About.RUN} or delivery.about_id is None:
        raise LookupError(f"{delivery.subject} is about no schedule")
    if delivery.about is About.SCHEDULE:
        return ScheduleNews(schedules.find(db, delivery.about_id))
    run = runs.get(db, delivery.about_id)
    return ScheduleNews(None if run is None else schedules.find(db, run.schedule), run)


def _news(news: ScheduleNews, drawing: Drawing, *, private: bool = False) -> Message:
    if news.schedule is None:
        return schedule_card.gone()
    return schedule_card.became(news.schedule, news.run, discreet=drawing.discreet, private=private)


def _is_about(export: Export, text: str) -> bool:
    return re.search(rf"\bexport #{export.number}\b", text, re.IGNORECASE) is not None


def _is_card(text: str) -> bool:
    return text.startswith("Export #")


def _is_announcement(text: str) -> bool:
    return text.startswith("<@")


def _is_answer(matter: AnswerOf, text: str) -> bool:
    return text.startswith(f"{answer_card.begin(matter.export.number)}: ")


def _private_result(export: Export, drawing: Drawing) -> Message:
    delivery = drawing.delivery
    why = notices.not_announced(export, Closing(delivery.detail) if delivery.detail else None, drawing.words.bot_name)
    return export_card.private_result(export, delivery.edition, why)


_KindOfSchedules = Kind[ReportOf] | Kind[ScheduleNews]
KINDS: Mapping[MessageKind, Kind[Export] | Kind[LostLogin] | Kind[PostedUsage] | Kind[AnswerOf] | _KindOfSchedules] = {
    MessageKind.CARD: Kind(
        _export,
        lambda export, drawing: export_card.card(export, drawing.link, discreet=drawing.discreet, names=drawing.names),
        resembles=lambda export, text: _is_about(export, text) and _is_card(text),
    ),
    MessageKind.RESULT: Kind(
        _export,
        lambda export, drawing: export_card.announcement(
            export, drawing.delivery.edition, drawing.link, discreet=drawing.discreet
        ),
        announces=True,
        resembles=lambda export, text: _is_about(export, text) and _is_announcement(text),
    ),
    MessageKind.REPORT: Kind(
        _report,
        lambda matter, drawing: export_card.announcement(
            matter.export, drawing.delivery.edition, drawing.link, discreet=drawing.discreet, report=matter.said
        ),
        announces=True,
        resembles=lambda matter, text: text.startswith(f"Report {matter.export.label}"),
    ),
    MessageKind.SCHEDULE: Kind(_schedule, _news),
    MessageKind.PRIVATE_SCHEDULE: Kind(_schedule, partial(_news, private=True), is_private=True),
    MessageKind.PRIVATE_LINK: Kind(
        _export, lambda export, drawing: export_card.private_link(export, drawing.link), is_private=True
    ),
    MessageKind.REFUSAL: Kind(
        _export, lambda export, drawing: export_card.refusal(export, drawing.names), is_private=True
    ),
    MessageKind.PRIVATE_RESULT: Kind(_export, _private_result, is_private=True),
    MessageKind.LONG_WAIT: Kind(_export, lambda export, _: export_card.long_wait(export), is_private=True),
    MessageKind.NOT_DELETED: Kind(_export, lambda export, _: export_card.not_deleted(export), is_private=True),
    MessageKind.NOT_REMOVED: Kind(_export, lambda export, _: notices.not_removed(export), is_private=True),
    MessageKind.CHANNEL_TROUBLE: Kind(
        _export,
        lambda export, drawing: notices.channel_trouble(
            export, Closing(drawing.delivery.detail), drawing.words.bot_name
        ),
        is_private=True,
    ),
    MessageKind.POST_IN_DOUBT: Kind(_export, lambda export, _: notices.post_in_doubt(export), is_private=True),
    MessageKind.ANSWER: Kind(
        _answer,
        lambda matter, drawing: drawing.words.answers.message(
            matter.export, matter.answer, drawing.names, discreet=drawing.discreet, before=matter.before
        ),
        broadcast=False,
        resembles=_is_answer,
    ),
    MessageKind.PRIVATE_ANSWER: Kind(
        _answer,
        lambda matter, drawing: drawing.words.answers.message(
            matter.export, matter.answer, drawing.names, private=True, before=matter.before
        ),
        is_private=True,
    ),
    MessageKind.NO_FILE: Kind(
        _export,
        lambda export, drawing: file_card.none(export, drawing.delivery.detail),
        broadcast=False,
        resembles=lambda export, text: text.startswith(file_card.begin(export.number)),
    ),
    MessageKind.PRIVATE_NO_FILE: Kind(
        _export, lambda export, drawing: file_card.none(export, drawing.delivery.detail), is_private=True
    ),
    MessageKind.USAGE: Kind(_usage, lambda posted, drawing: usage_card.posted(posted.usage, discreet=drawing.discreet)),
    MessageKind.USAGE_TROUBLE: Kind(
        _usage,
        lambda posted, drawing: paragraph(
            notices.not_posted(
                "how the contract stands", posted.channel, Closing(drawing.delivery.detail), drawing.words.bot_name
            )
        ),
        is_private=True,
    ),
    MessageKind.LOGIN_LOST: Kind(
        _login,
        lambda login, drawing: notices.login_needed(was_cut_off=login.was_cut_off, detail=drawing.delivery.detail),
        is_private=True,
    ),
}
#: What goes out before all else, in this order: links that have expired, then those that run out.
URGENT = (MessageKind.EXPIRY, *(kind for kind, entry in KINDS.items() if entry.announces))


def due(db: Connection, now: datetime) -> tuple[tuple[tuple[Delivery, bool], ...], datetime | None]:
    """Return what is due, and when more will be."""
    return outbox.due(db, now, URGENT), outbox.next_due(db, now)
