"""What administrators are shown, and nobody else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.cards import actions, alert_watched, blocks, export_list
from bot.cards.blocks import Block, Message
from bot.cards.explanations import explain
from bot.cards.faces import FACES
from bot.cards.pauses import WHY_PAUSED, Paused
from bot.cards.text import channel, code, escape_within, flat, mention, moment, recipient, shorten
from bot.tokenflex.errors import TokenFlexError
from storage.alerts import Alert
from storage.by_itself import AlertsNow, SchedulesNow
from storage.models import CallsSpent, Delivery, DeliveryState, Export, MessageKind
from storage.schedules import Schedule
from storage.states import ExportState
from storage.troubles import Trouble


@dataclass(frozen=True, slots=True)
class Autodesk:
    """How it stands with Autodesk as a whole, the login included."""

    is_known: bool = False  #: whether any request has told since the start of this process
    trouble: TokenFlexError | None = None  #: what concerns every request, None where all is well
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """How things stand now."""

    states: Mapping[ExportState, int]
    newest: tuple[Export, ...]
    given_up: tuple[Delivery, ...]  #: messages that could not be delivered, the newest first
    spent: CallsSpent
    last_poll: datetime | None  #: None: none since the start of this process
    autodesk: Autodesk = Autodesk()
    trouble: Trouble | None = None  #: what Slack refuses us as a whole
    schedules: SchedulesNow = field(default_factory=SchedulesNow)
    alerts: AlertsNow = field(default_factory=AlertsNow)


_NAME = 100  #: characters of the name of a schedule, or of what an alert watches for
_KINDS = {
    MessageKind.CARD: "the card",
    MessageKind.RESULT: "the announcement",
    MessageKind.REPORT: "the report",
    MessageKind.SCHEDULE: "what became of a schedule",
    MessageKind.PRIVATE_SCHEDULE: "the private message about a schedule",
    MessageKind.ALERT: "an alert",
    MessageKind.PRIVATE_ALERT: "the private message about an alert",
    MessageKind.ALERT_FIGURES: "the figures of an alert",
    MessageKind.PRIVATE_ALERT_FIGURES: "the private message with the figures of an alert",
    MessageKind.ALERT_PAUSED: "that an alert is paused",
    MessageKind.PRIVATE_ALERT_PAUSED: "the private message about a paused alert",
    MessageKind.PRIVATE_LINK: "the private link",
    MessageKind.REFUSAL: "the private message about the refusal",
    MessageKind.PRIVATE_RESULT: "the private message about a result",
    MessageKind.LONG_WAIT: "the private message about a long wait",
    MessageKind.NOT_DELETED: "the private message about a deletion",
    MessageKind.NOT_REMOVED: "the private message about figures that stayed",
    MessageKind.CHANNEL_TROUBLE: "the private message about the channel",
    MessageKind.POST_IN_DOUBT: "the private message about an unsure post",
    MessageKind.ANSWER: "the figures",
    MessageKind.PRIVATE_ANSWER: "the private message with figures",
    MessageKind.NO_FILE: "why there is no file",
    MessageKind.PRIVATE_NO_FILE: "the private message about a missing file",
    MessageKind.USAGE: "how a contract stands",
    MessageKind.USAGE_TROUBLE: "the private message about the tokens of a contract",
    MessageKind.LOGIN_LOST: "the private message about the lost login",
    MessageKind.PACE_REFUSED: "the private message about a refused pace",
    MessageKind.EXPIRY: "taking an expired link out of a message",
}


def overview(shown: Overview) -> Message:
    """Return how things stand, with a button at each message that could not be delivered."""
    counts = ", ".join(f"{FACES[state].word}: {count}" for state, count in shown.states.items())
    parts = [
        blocks.section("states", f"*Exports by state*\n{counts or 'There are none yet.'}"),
        blocks.section("token_flex", _autodesk(shown)),
    ]
    if shown.trouble is not None:
        parts.append(blocks.section("slack", f"*Slack*\n{trouble_with_slack(shown.trouble)}"))
    if shown.newest:
        lines = "\n".join(map(export_list.line, shown.newest))
        parts.append(blocks.section("newest", f"*Newest exports*\n{lines}"))
    parts += _by_itself(shown)
    parts.append(blocks.section("given_up", _given_up(shown)))
    parts += [block for delivery in shown.given_up for block in _delivery(delivery)]
    stuck = len(shown.given_up)
    return Message(f"Exports by state: {counts or 'none'}. Messages that could not be delivered: {stuck}.", parts)


def sent_again(delivery: Delivery) -> Message:
    """Return the answer to `Send again`."""
    of = "" if delivery.export_number is None else f" of export #{delivery.export_number}"
    text = f"Sending {_KINDS[delivery.kind]}{of} again. If Slack still refuses it, `/tokenflex admin` shows it again."
    return blocks.paragraph(text)


def trouble_with_slack(trouble: Trouble) -> str:
    """Return what Slack refuses us as a whole, since when, and what becomes of what waits."""
    what = (
        "changes of messages that stand" if trouble.edits else "messages of mine, neither in channels nor private ones"
    )
    return (
        f"Slack takes no {what}, since {moment(trouble.since)}: {code(shorten(trouble.code, 100))}. Nothing is lost: "
        "what waits goes out by itself when that is over. `/tokenflex link #1`, with the number of an export, gets its "
        "file meanwhile."
    )


def at_home(shown: Overview, limit: int) -> list[Block]:
    """Return how things stand, for the Home tab, with at most so many messages that could not be delivered."""
    counts = ", ".join(f"{FACES[state].word}: {count}" for state, count in shown.states.items())
    parts = [blocks.section("admin", f"*How things stand*\n{counts or 'There are no exports yet.'}")]
    parts.append(blocks.section("token_flex", _autodesk(shown)))
    if shown.trouble is not None:
        parts.append(blocks.section("slack", f"*Slack*\n{trouble_with_slack(shown.trouble)}"))
    parts += _by_itself(shown)
    newest = replace(shown, given_up=shown.given_up[:limit])
    parts.append(blocks.section("given_up", _given_up(newest)))
    return [*parts, *(block for delivery in newest.given_up for block in _delivery(delivery))]


def _by_itself(shown: Overview) -> list[Block]:
    """Return how it stands with what runs by itself; nothing where there is none."""
    said = [*_schedules(shown.schedules), *_alerts(shown.alerts)]
    return [blocks.section("by_itself", "\n".join(said))] if said else []


def _schedules(known: SchedulesNow) -> Iterator[str]:
    if not known.count:
        return
    paused = f", of which {known.paused_count} paused" if known.paused_count else ""
    waiting = f" Reports that wait for their data: {known.wait_for_data}." if known.wait_for_data else ""
    yield f"*Schedules*\n{known.count}{paused}.{waiting}"
    ahead = [f"{_named(each)}, {moment(each.next_at)}" for each in known.next_runs if each.next_at is not None]
    if ahead:
        yield f"Next: {'; '.join(ahead)}."
    yield from _paused(known.paused, known.paused_count)


def _alerts(known: AlertsNow) -> Iterator[str]:
    if not known.count:
        return
    paused = f", of which {known.paused_count} paused" if known.paused_count else ""
    yield f"*Alerts*\n{known.count}{paused}."
    yield from _paused(known.paused, known.paused_count)
    if known.useless:
        least = "; ".join(f"{_named(each)}, {_times(each.useless)}" for each in known.useless)
        yield f"Not useful, as people said: {least}."


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _paused(paused: Sequence[Schedule | Alert], count: int) -> Iterator[str]:
    if paused:
        said = [f"{_named(each)}, {WHY_PAUSED[Paused(each.paused_why)]}" for each in paused]
        more = count - len(said)
        yield f"Paused: {'; '.join(said)}{f'; and {more} more' if more else ''}."


def _named(one: Schedule | Alert) -> str:
    what = one.name if isinstance(one, Schedule) else f"{alert_watched.said(one.watched)}, contract {one.contract}"
    return f"*{escape_within(flat(what), _NAME)}* of {mention(one.owner)} in {channel(one.channel)}"


def _autodesk(shown: Overview) -> str:
    """Return how it stands with the login, and with what may be asked of Autodesk."""
    autodesk = shown.autodesk
    if autodesk.trouble is not None:
        since = f" That is so since {moment(autodesk.since)}." if autodesk.since else ""
        login = f"{explain(autodesk.trouble)}{since}"
    elif autodesk.is_known:
        login = "Autodesk accepts our login and answers."
    else:
        login = "I have not asked Autodesk for anything since I was started."
    return f"*Requests to Autodesk*\n{login}\n{_spent(shown)}\n{_last_poll(shown)}"


def _spent(shown: Overview) -> str:
    spent = shown.spent
    of_minute = f" of {spent.minute_limit}" if spent.saved is None else ""
    text = f"Requests in the last minute: {spent.minute}{of_minute}; in the last 8 hours: {spent.hours}"
    text += f" of {spent.hours_limit}; waiting: {spent.waiting}."
    if spent.refused_at is not None:
        text += f" Autodesk last found them too many {moment(spent.refused_at)}."
    if spent.careful_until is not None:
        text += f" So `CALL_PACE` is not `bucket` now but `careful`, until {moment(spent.careful_until)}."
    if spent.saved is not None:
        text += f" `CALL_PACE` is `bucket`; requests saved up: {spent.saved}."
    return text


def _last_poll(shown: Overview) -> str:
    if shown.last_poll is None:
        return "No export has been under way since I was started, so nothing was checked."
    return f"Exports last checked {moment(shown.last_poll)}."


def _given_up(shown: Overview) -> str:
    if not shown.given_up:
        return "*Messages that could not be delivered*\nNone."
    return f"*Messages that could not be delivered*\nThe newest {len(shown.given_up)}, with what Slack said last:"


def _delivery(delivery: Delivery) -> list[Block]:
    about = "" if delivery.export_number is None else f"#{delivery.export_number}: "
    doubt = "it may be there: " if delivery.state is DeliveryState.LEFT_IN_DOUBT else ""
    text = f"{about}{_KINDS[delivery.kind]} to {recipient(delivery.recipient)}, since {moment(delivery.created_at)}: "
    text += code(shorten(f"{doubt}{delivery.last_error}", 200))
    return [
        blocks.section(f"given_up.{delivery.id}", text),
        actions.row(f"send_again.{delivery.id}", actions.send_again(delivery)),
    ]
