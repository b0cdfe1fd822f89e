"""What is written down about a delivery: before it is handed to Slack, after that, and where it was refused."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlite_utils import Database as Connection

from bot.answers import announcing
from bot.answers.files import placing
from bot.cards.notices import Closing
from bot.delivery import ways
from bot.delivery.kinds import Letter
from bot.delivery.matters import AlertNews, AnswerOf, PostedUsage, ScheduleNews
from bot.delivery.ways import Course, Then
from bot.exports import announcements
from bot.exports.links import Shown
from bot.settings import LinkAudience
from bot.slack.errors import ChannelClosedError, SlackError
from bot.slack.posts import Posted
from storage import audit, outbox, troubles
from storage.audit import Act, Entry, Source
from storage.models import About, Delivery, DeliveryState, MessageKind, NewDelivery, Refusal, SentMessage
from storage.states import ExportState

#: By which kind the owner of an alert is told what its channel does not take.
_PRIVATELY = {
    MessageKind.ALERT: MessageKind.PRIVATE_ALERT,
    MessageKind.ALERT_FIGURES: MessageKind.PRIVATE_ALERT_FIGURES,
    MessageKind.ALERT_PAUSED: MessageKind.PRIVATE_ALERT_PAUSED,
}


def before(db: Connection, letter: Letter, expires: datetime | None, slack_now: datetime | None, now: datetime) -> None:
    """Note what is about to be shown, so that a link is taken out again whatever happens."""
    outbox.mark_sending(db, letter.delivery, slack_now)
    if expires is None:
        return
    outbox.plan_expiry(db, letter.delivery, now, expires)
    if letter.standing is not None:  # an edit shows the link of a press, which is on record
        outbox.keep_message(db, replace(letter.standing, link_expires_at=expires))
    else:
        link_is_shown(db, letter, letter.delivery.recipient, now)


def link_is_shown(db: Connection, letter: Letter, place: str, now: datetime) -> None:
    """Put on record that we are about to show a link by ourselves."""
    where = Shown.PRIVATELY if letter.is_private else Shown.IN_MESSAGE
    _record(db, letter, Act.LINK_SHOWN, place, where.value, now)


def nothing_was_shown(db: Connection, letter: Letter, reason: str, now: datetime) -> None:
    """Note that a message did not come to show its link; of an edit, its act takes care."""
    if letter.standing is not None:
        outbox.keep_message(db, letter.standing)
    else:
        link_was_not_shown(db, letter, reason, now)


def link_was_not_shown(db: Connection, letter: Letter, reason: str, now: datetime, place: str = "") -> None:
    """Put on record that a link of ours was not shown after all."""
    _record(db, letter, Act.LINK_NOT_SHOWN, place or letter.delivery.recipient, f"not shown: {reason}", now)


def edit_shows_no_link(db: Connection, letter: Letter, reason: str, now: datetime, *, is_expected: bool) -> None:
    """Note that an edit does not show the link that it was made for; where its act is gone, put that on record."""
    if letter.standing is not None and letter.delivery.shows_link:
        outbox.show_no_link(db, letter.delivery.id)
        if not is_expected and letter.delivery.state is DeliveryState.WAITING:
            _record(db, letter, Act.LINK_NOT_SHOWN, letter.delivery.recipient, f"not shown: {reason}", now)


def _record(db: Connection, letter: Letter, act: Act, place: str, result: str, now: datetime) -> None:
    if letter.export is not None:
        person, number = letter.export.requester, letter.export.number
        audit.add(db, Entry(now, person, act, number, place, Source.BOT, result))


def after(
    db: Connection, letter: Letter, posted: Posted, expires: datetime | None, audience: LinkAudience, now: datetime
) -> None:
    """Note where the message stands, and have a link follow that is not for its channel."""
    outbox.keep_message(db, SentMessage(letter.delivery.id, posted.channel, posted.ts, expires, letter.is_discreet))
    outbox.mark_sent(db, letter.delivery)
    taken(db, letter, now)
    export = letter.export
    private = letter.announces and audience is LinkAudience.REQUESTER
    if private and export is not None and export.state is ExportState.READY:
        announcements.tell(db, export, now, MessageKind.PRIVATE_LINK, occasion=str(export.announcement))


def taken(db: Connection, letter: Letter, now: datetime) -> None:
    """Have all tried again that Slack has refused for a reason that is over, since it has taken this."""
    is_edit = letter.standing is not None
    troubles.over(db, edits=is_edit)
    outbox.take_up(db, letter.delivery.recipient, now, edits_only=is_edit)


def link_is_out(db: Connection, letter: Letter, standing: SentMessage) -> None:
    """Note that a message shows no link any more."""
    outbox.keep_message(db, replace(standing, link_expires_at=None, is_discreet=letter.is_discreet))
    outbox.mark_sent(db, letter.delivery)


def stays_as_it_is(db: Connection, letter: Letter) -> None:
    """Note that a message is gone, or can never be edited again; it is not to be drawn again either."""
    if letter.standing is not None:
        outbox.keep_message(db, replace(letter.standing, is_discreet=True))
    outbox.mark_sent(db, letter.delivery)


def refused(
    db: Connection, letter: Letter, course: Course, error: SlackError, now: datetime,
    administrators: Collection[str] = (),
) -> None:  # fmt: skip
    """Note a refusal, tell whom it concerns, and have the message tried again, unless that was done for long enough."""
    delivery, about = letter.delivery, course.about
    if about is Refusal.WORKSPACE:
        troubles.note(db, str(error), now, edits=letter.stands)
    if course.then is Then.TOLD and ways.is_told(delivery, about, now):
        tell_requester(db, letter, closing(error), now, administrators)
    pause = ways.pause(delivery, about, now, stands=letter.stands)
    put_off(db, delivery, str(error), now, now + pause, state=DeliveryState.WAITING)
    outbox.refused(db, delivery, about, now)


def not_removed(db: Connection, letter: Letter, now: datetime) -> None:
    """Tell the requester, once for each message, that figures stay in Slack."""
    if letter.export is not None:
        announcements.tell(db, letter.export, now, MessageKind.NOT_REMOVED, occasion=letter.delivery.subject)


def closing(error: SlackError) -> Closing:
    """Return what keeps a message from its channel."""
    return error.closing if isinstance(error, ChannelClosedError) else Closing.REFUSED


def tell_requester(
    db: Connection, letter: Letter, why: Closing, now: datetime, administrators: Collection[str] = ()
) -> None:
    """Tell the requester, once, what keeps from its channel what was never posted there.

    `administrators` hear as well of what is paused, since its owner may be nobody who reads that.
    """
    if not letter.stands:
        _tell_whose_it_is(db, letter, why, administrators, now)
    export = letter.export
    if export is None or letter.stands:
        return
    if letter.delivery.kind is MessageKind.NO_FILE:
        placing.tell(db, export, letter.delivery.edition, letter.delivery.detail, LinkAudience.REQUESTER, now)
        return
    if isinstance(letter.matter, AnswerOf):
        if letter.matter.answer is not None:
            announcing.privately(db, export, letter.matter.answer, now)
        return
    is_news = announcements.is_over(export) and letter.delivery.edition == export.announcement
    if letter.announces and not is_news:
        return
    if letter.announces or announcements.is_to_be_announced(db, export):
        announcements.private_result(db, export, why.value, now)
        answer = announcing.of_announcement(db, export)
        if answer is not None:
            announcing.privately(db, export, answer, now)
    else:
        announcements.tell(db, export, now, MessageKind.CHANNEL_TROUBLE, detail=why.value)


def _tell_whose_it_is(
    db: Connection, letter: Letter, why: Closing, administrators: Collection[str], now: datetime
) -> None:
    """Tell whom it concerns of what is about no export."""
    delivery, matter = letter.delivery, letter.matter
    if isinstance(matter, PostedUsage):
        _tell_of_usage(db, delivery, matter, why, now)
    elif isinstance(matter, ScheduleNews) and matter.schedule is not None:
        _tell_owner(db, delivery, MessageKind.PRIVATE_SCHEDULE, matter.schedule.owner, administrators, now)
    elif isinstance(matter, AlertNews) and matter.alert is not None and delivery.kind in _PRIVATELY:
        _tell_owner(db, delivery, _PRIVATELY[delivery.kind], matter.alert.owner, administrators, now)


def _tell_owner(
    db: Connection, delivery: Delivery, kind: MessageKind, owner: str, administrators: Collection[str], now: datetime
) -> None:
    """Have the owner of what acts by itself told, once, what its channel does not take; others by their ids."""
    for recipient, who in ((owner, "owner"), *((each, each) for each in sorted({*administrators} - {owner}))):
        subject = f"{delivery.subject}:{who}"
        private = replace(delivery, kind=kind, recipient=recipient, subject=subject, thread=None, after=None)
        outbox.put_once(db, private, now)


def _tell_of_usage(db: Connection, delivery: Delivery, matter: PostedUsage, why: Closing, now: datetime) -> None:
    told = NewDelivery(
        subject=f"{delivery.subject}:{why.value}",
        kind=MessageKind.USAGE_TROUBLE,
        about=About.USAGE,
        about_id=delivery.about_id,
        recipient=matter.person,
        detail=why.value,
    )
    outbox.put_once(db, told, now)


def put_off(
    db: Connection, delivery: Delivery, reason: str, now: datetime, due: datetime, *, state: DeliveryState | None
) -> None:
    """Have a delivery tried again, unless it is old enough to be given up; the end of a link then simply ends."""
    if not ways.is_over(delivery, now):
        outbox.postpone(db, delivery, due, reason, state=state)
    elif delivery.kind is MessageKind.EXPIRY:
        outbox.mark_sent(db, delivery)
    else:
        is_sending = outbox.get(db, delivery.id).state is DeliveryState.SENDING
        outbox.give_up(db, delivery, reason, in_doubt=is_sending and state is not DeliveryState.WAITING)


def give_up_in_doubt(db: Connection, letter: Letter, code: str, now: datetime) -> None:
    """Post nothing twice, and tell the requester that nobody knows whether it is there."""
    outbox.give_up(db, letter.delivery, code, in_doubt=True)
    if letter.export is not None:
        announcements.tell(db, letter.export, now, MessageKind.POST_IN_DOUBT, occasion=letter.delivery.subject)


def goes_elsewhere(db: Connection, delivery: Delivery) -> bool:
    """Return whether the id of its channel has changed while it was on its way."""
    return outbox.get(db, delivery.id).recipient != delivery.recipient
