"""What each kind of message is about and says: a new kind of message is one more entry of `KINDS`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from sqlite_utils import Database as Connection

from bot.answers.shown import Shown
from bot.cards import alert_card, answer_card, export_card, file_card, notices, schedule_card, usage_card
from bot.cards.blocks import Message, paragraph
from bot.cards.names import Names
from bot.cards.notices import Closing
from bot.delivery import matters
from bot.delivery.matters import AlertNews, AnswerOf, LostLogin, PaceNews, PostedUsage, ReportOf, ScheduleNews
from bot.people.permissions import Posting
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import DownloadLink
from storage import outbox
from storage.models import Delivery, Export, MessageKind, SentMessage

Matter = Export | LostLogin | PaceNews | PostedUsage | AnswerOf | ReportOf | ScheduleNews | AlertNews
M = TypeVar("M", Export, LostLogin, PaceNews, PostedUsage, AnswerOf, ReportOf, ScheduleNews, AlertNews)


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
    def says_a_pause(self) -> bool:
        """Whether it says that something that acts by itself is paused."""
        is_of_schedule = isinstance(self.matter, ScheduleNews) and self.matter.run is None
        return is_of_schedule or self.delivery.kind is MessageKind.ALERT_PAUSED

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


def _news(news: ScheduleNews, drawing: Drawing, *, private: bool = False) -> Message:
    if news.schedule is None:
        return schedule_card.gone()
    if private and drawing.delivery.detail:
        return schedule_card.handed_over(news.schedule, drawing.delivery.recipient, drawing.delivery.detail)
    return schedule_card.became(news.schedule, news.run, discreet=drawing.discreet, private=private)


def _told(news: AlertNews, drawing: Drawing, *, private: bool = False) -> Message:
    if news.told is None:
        return alert_card.forgotten()
    alert = news.alert if news.can_act else None
    if drawing.discreet:
        return alert_card.discreet(news.told, alert)
    counts = private or drawing.words.answers.shows_in_channel
    return alert_card.message(news.told, alert, counts=counts)


def _alert_paused(news: AlertNews, drawing: Drawing, *, private: bool = False) -> Message:
    if news.alert is None:
        return alert_card.gone()
    return alert_card.became(news.alert, shared=drawing.discreet, private=private)


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


_OfPeople = Kind[Export] | Kind[LostLogin] | Kind[PaceNews] | Kind[PostedUsage] | Kind[AnswerOf]
_ByItself = Kind[ReportOf] | Kind[ScheduleNews] | Kind[AlertNews]
KINDS: Mapping[MessageKind, _OfPeople | _ByItself] = {
    MessageKind.CARD: Kind(
        matters.of_export,
        lambda export, drawing: export_card.card(export, drawing.link, discreet=drawing.discreet, names=drawing.names),
        resembles=lambda export, text: _is_about(export, text) and _is_card(text),
    ),
    MessageKind.RESULT: Kind(
        matters.of_export,
        lambda export, drawing: export_card.announcement(
            export, drawing.delivery.edition, drawing.link, discreet=drawing.discreet
        ),
        announces=True,
        resembles=lambda export, text: _is_about(export, text) and _is_announcement(text),
    ),
    MessageKind.REPORT: Kind(
        matters.of_report,
        lambda matter, drawing: export_card.announcement(
            matter.export, drawing.delivery.edition, drawing.link, discreet=drawing.discreet, report=matter.said
        ),
        announces=True,
        resembles=lambda matter, text: text.startswith(f"Report {matter.export.label}"),
    ),
    MessageKind.SCHEDULE: Kind(matters.of_schedule, _news),
    MessageKind.PRIVATE_SCHEDULE: Kind(matters.of_schedule, partial(_news, private=True), is_private=True),
    MessageKind.ALERT: Kind(matters.of_telling, _told),
    MessageKind.PRIVATE_ALERT: Kind(matters.of_telling, partial(_told, private=True), is_private=True),
    MessageKind.ALERT_FIGURES: Kind(
        matters.of_telling,
        lambda news, drawing: usage_card.posted(news.counted, discreet=drawing.discreet),
        broadcast=False,
    ),
    MessageKind.PRIVATE_ALERT_FIGURES: Kind(
        matters.of_telling, lambda news, _: usage_card.posted(news.counted), is_private=True
    ),
    MessageKind.ALERT_PAUSED: Kind(matters.of_alert, _alert_paused),
    MessageKind.PRIVATE_ALERT_PAUSED: Kind(matters.of_alert, partial(_alert_paused, private=True), is_private=True),
    MessageKind.PRIVATE_LINK: Kind(
        matters.of_export, lambda export, drawing: export_card.private_link(export, drawing.link), is_private=True
    ),
    MessageKind.REFUSAL: Kind(
        matters.of_export, lambda export, drawing: export_card.refusal(export, drawing.names), is_private=True
    ),
    MessageKind.PRIVATE_RESULT: Kind(matters.of_export, _private_result, is_private=True),
    MessageKind.LONG_WAIT: Kind(matters.of_export, lambda export, _: export_card.long_wait(export), is_private=True),
    MessageKind.NOT_DELETED: Kind(
        matters.of_export, lambda export, _: export_card.not_deleted(export), is_private=True
    ),
    MessageKind.NOT_REMOVED: Kind(matters.of_export, lambda export, _: notices.not_removed(export), is_private=True),
    MessageKind.CHANNEL_TROUBLE: Kind(
        matters.of_export,
        lambda export, drawing: notices.channel_trouble(
            export, Closing(drawing.delivery.detail), drawing.words.bot_name
        ),
        is_private=True,
    ),
    MessageKind.POST_IN_DOUBT: Kind(
        matters.of_export, lambda export, _: notices.post_in_doubt(export), is_private=True
    ),
    MessageKind.ANSWER: Kind(
        matters.of_answer,
        lambda matter, drawing: drawing.words.answers.message(
            matter.export, matter.answer, drawing.names, discreet=drawing.discreet, before=matter.before
        ),
        broadcast=False,
        resembles=_is_answer,
    ),
    MessageKind.PRIVATE_ANSWER: Kind(
        matters.of_answer,
        lambda matter, drawing: drawing.words.answers.message(
            matter.export, matter.answer, drawing.names, private=True, before=matter.before
        ),
        is_private=True,
    ),
    MessageKind.NO_FILE: Kind(
        matters.of_export,
        lambda export, drawing: file_card.none(export, drawing.delivery.detail),
        broadcast=False,
        resembles=lambda export, text: text.startswith(file_card.begin(export.number)),
    ),
    MessageKind.PRIVATE_NO_FILE: Kind(
        matters.of_export, lambda export, drawing: file_card.none(export, drawing.delivery.detail), is_private=True
    ),
    MessageKind.USAGE: Kind(
        matters.of_usage, lambda posted, drawing: usage_card.posted(posted.usage, discreet=drawing.discreet)
    ),
    MessageKind.USAGE_TROUBLE: Kind(
        matters.of_usage,
        lambda posted, drawing: paragraph(
            notices.not_posted(
                "how the contract stands", posted.channel, Closing(drawing.delivery.detail), drawing.words.bot_name
            )
        ),
        is_private=True,
    ),
    MessageKind.LOGIN_LOST: Kind(
        matters.of_login,
        lambda login, drawing: notices.login_needed(was_cut_off=login.was_cut_off, detail=drawing.delivery.detail),
        is_private=True,
    ),
    MessageKind.PACE_REFUSED: Kind(
        matters.of_pace, lambda news, _: notices.pace_refused(news.refused), is_private=True
    ),
}
#: What goes out before all else, in this order: links that have expired, then those that run out.
URGENT = (MessageKind.EXPIRY, *(kind for kind, entry in KINDS.items() if entry.announces))


def due(db: Connection, now: datetime) -> tuple[tuple[tuple[Delivery, bool], ...], datetime | None]:
    """Return what is due, and when more will be."""
    return outbox.due(db, now, URGENT), outbox.next_due(db, now)
