"""What people read of alerts: the one message while one lasts and when it is over, and why an alert is paused.

It speaks of contracts, products and cost centres, never of a person.
"""

from collections.abc import Mapping
from typing import Final

from bot.cards import actions, alert_watched, pauses
from bot.cards.alert_told import (
    Ending,
    LeftUnused,
    Matter,
    OverLimit,
    OverUsual,
    Phase,
    RunsOut,
    ShareUsed,
    Told,
)
from bot.cards.blocks import Block, Message, context, paragraph, section
from bot.cards.pauses import Paused
from bot.cards.text import channel, code, day, escape, flat, mention, moment, shorten
from storage.alerts import Alert

_VALUE: Final = 80  #: characters of the name of a product or a cost centre
_PAUSED: Final[Mapping[Paused, str]] = {
    Paused.PERSON: "It is paused.",
    Paused.FAILING: "I could not get its figures three times in a row, so it is paused now.",
    Paused.OWNER: "{owner}, who owns it, may not use me any more, so it is paused now.",
    Paused.CONTRACT: "Its contract may not be exported from here any more, so it is paused now.",
    Paused.CHANNEL: "Figures may not be posted to {channel} any more, so it is paused now.",
    Paused.CLOSED: "I cannot post to {channel} any more, so it is paused now.",
    Paused.RULE: "I don't understand any more what it watches for, so it is paused now.",
    Paused.FIGURES: "I am set up to read no figures of files any more, which it needs, so it is paused now.",
    Paused.PEOPLE: "What it watches names people now, and no alert watches people, so it is paused.",
}


def message(told: Told, alert: Alert | None = None, *, counts: bool = True) -> Message:
    """Return the message of an alert; what can be done with it stands below while it lasts and there is an `alert`.

    Without `counts` it has no figure of a file, since not everybody in its channel may see those.
    """
    said = finding(told.contract, told.matter, counts=counts)
    if told.ending is not None:
        said = f"Over: {ended(told.contract, told.matter, told.ending)}"
    elif told.again:
        said = f"Still so: {said}"
    return _with_buttons(said, told, alert, discreet=False)


def discreet(told: Told, alert: Alert | None = None) -> Message:
    """Return the message in a channel that others read too: nothing of the data, else as `message`."""
    said = "An alert of this channel is over."
    if told.phase is not Phase.OVER:
        said = "An alert of this channel holds. It is not shown here what it is, since other organisations read here."
    return _with_buttons(said, told, alert, discreet=True)


def _with_buttons(said: str, told: Told, alert: Alert | None, *, discreet: bool) -> Message:
    notes, row = [standing(told)], []
    if alert is not None and told.phase is not Phase.OVER:
        row = [actions.row("buttons", *_buttons(told, alert, discreet=discreet))]
        notes += [f"{paused(alert)} Until it goes on, this stays as it is."] if alert.paused_why else []
    note = " ".join(filter(None, notes))
    return Message(said, [section("alert", f"*{said}*"), *row, *([context("standing", note)] if note else [])])


def _buttons(told: Told, alert: Alert, *, discreet: bool) -> list[Block]:
    seen, not_useful = (
        actions.of_alert(each, alert, discreet=discreet) for each in (actions.ACKNOWLEDGE, actions.NOT_USEFUL)
    )
    return [*([] if told.phase is Phase.ACKNOWLEDGED else [seen]), actions.put_off(alert), not_useful]


def forgotten() -> Message:
    """Return what is left of a message of an alert that nothing is known of any more."""
    return paragraph("That alert is a matter of the past.")


def became(alert: Alert, *, shared: bool = False, private: bool = False) -> Message:
    """Return what became of an alert that was paused, as it stands now; a `shared` channel is not told which it is."""
    where = f" in {channel(alert.channel)}" if private else ""
    what = "An alert of this channel" if shared else f"The alert {name(alert)}{where}"
    said = f"{what} was paused."
    follows = f"{paused(alert)} {pauses.how(alert.paused_why)}" if alert.paused_why else "It goes on."
    wanted = [*goes_on_by(alert), actions.CHANGE_ALERT, actions.UNWATCH] if alert.paused_why else []
    row = [actions.of_alert(each, alert, discreet=shared) for each in wanted]
    parts = [section("alert", f"{said}\n{follows}"), *([actions.row("buttons", *row)] if row else [])]
    return Message(f"{said} {follows}", parts)


def gone() -> Message:
    """Return what is left of a message about an alert that was deleted."""
    return paragraph("That alert was deleted, or changed: `/tokenflex alerts` lists what there is.")


def name(alert: Alert) -> str:
    """Return which alert it is, as mrkdwn that follows "the alert"."""
    return f"on contract {code(alert.contract)}, {title(alert)},"


def title(alert: Alert) -> str:
    """Return what an alert watches for, as mrkdwn."""
    return f"*{escape(alert_watched.said(alert.watched))}*"


def paused(alert: Alert) -> str:
    """Return why an alert is paused, in a sentence."""
    return _PAUSED[Paused(alert.paused_why)].format(owner=mention(alert.owner), channel=channel(alert.channel))


def goes_on_by(alert: Alert) -> list[str]:
    """Return the buttons that let an alert go on: one where it is paused, but where it has to be edited."""
    return pauses.button_of(alert.paused_why, actions.RESUME_ALERT, actions.TAKE_OVER_ALERT)


def standing(told: Told) -> str:
    """Return what people did about an alert; "" where nobody did anything, or where it no longer matters."""
    if told.phase is Phase.ACKNOWLEDGED:
        return f"{mention(told.person)} has seen to it."
    if told.phase is Phase.PUT_OFF and told.until is not None:
        return f"{mention(told.person)} put it off until {moment(told.until)}. If it still holds then, I'll say so."
    return ""


def finding(contract: str, matter: Matter, *, counts: bool = True) -> str:
    """Return what an alert tells, in a sentence or two of mrkdwn that stand alone; `counts` as in `message`."""
    named = f"Contract {code(contract)}"
    match matter:
        case ShareUsed():
            used = f"{100 * matter.used // matter.provisioned} % of the tokens of contract year {matter.year} are used"
            figures = f"{matter.used:,} of {matter.provisioned:,}"
            return f"{named}: {used}, {figures}. {round(100 * matter.over)} % of the year is over."
        case RunsOut():
            return f"{named}: {_how_long(matter)}"
        case OverUsual():
            return f"{named}: {_unusual(matter, counts=counts or not matter.of_file)}"
        case OverLimit():
            return f"{named}: {_over_limit(matter, counts=counts)}"
        case LeftUnused():
            return (
                f"{named}: about {matter.left:,} of {matter.provisioned:,} tokens are likely to be left when contract "
                f"year {matter.year} ends on {day(matter.ends)}, four times out of five between {matter.least:,} and "
                f"{matter.most:,}."
            )


def ended(contract: str, matter: Matter, ending: Ending) -> str:
    """Return what is said of an alert that is over, in one sentence of mrkdwn that stands alone."""
    named = f"contract {code(contract)}"
    if ending is Ending.NEXT_STEP:
        return f"a later message says more about {_about(matter)}, {named}."
    if ending is Ending.PERIOD_OVER:
        return f"{_about(matter)}, {named}, are a matter of the past."
    if ending in {Ending.DELETED, Ending.CHANGED}:
        return f"nobody watches {_about(matter)}, {named}, in this way any more, since the alert was {ending.value}."
    return _eased(named, matter)


def _eased(named: str, matter: Matter) -> str:
    match matter:
        case ShareUsed():
            return (
                f"less than {matter.percent} % of the tokens of contract year {matter.year}, {named}, are used again."
            )
        case RunsOut():
            return f"the tokens of contract year {matter.year}, {named}, are expected to last until it ends."
        case OverUsual():
            return f"what {named} used in {matter.period} is no longer so much more than usual."
        case OverLimit():
            return f"{_value(matter.of)}, {named}, is below the limit of {matter.limit:,} tokens in {matter.period}."
        case LeftUnused():
            return f"fewer tokens of contract year {matter.year}, {named}, are likely to be left."


def _unusual(matter: OverUsual, *, counts: bool) -> str:
    if not counts:
        return f"more tokens than usual were used in {matter.period}."
    so_far = "" if matter.whole else " so far"
    return f"{matter.tokens:,} tokens were used in {matter.period}{so_far}, {_more(matter)}."


def _over_limit(matter: OverLimit, *, counts: bool) -> str:
    of, limit = _value(matter.of), f"the limit of {matter.limit:,}"
    if not counts:
        return f"{of} is over {limit} tokens in {matter.period}."
    return f"{of} used {matter.tokens:,} tokens in {matter.period}, over {limit}."


def _value(of: str) -> str:
    return escape(shorten(flat(of), _VALUE))


def _how_long(matter: RunsOut) -> str:
    if matter.on is None:
        used = f"all {matter.provisioned:,} tokens of contract year {matter.year} are used"
        return f"{used}, and the year ends on {day(matter.ends)}."
    last = f"the tokens of contract year {matter.year} last until about {day(matter.on)}"
    return f"at this pace {last}, {_days((matter.ends - matter.on).days)} less than the year."


def _about(matter: Matter) -> str:
    match matter:
        case ShareUsed() | RunsOut() | LeftUnused():
            return f"the tokens of contract year {matter.year}"
        case OverUsual():
            return f"the tokens used in {matter.period}"
        case OverLimit():
            return f"the tokens that {_value(matter.of)} used in {matter.period}"


def _more(matter: OverUsual) -> str:
    more = round(100 * (matter.tokens - matter.usual) / matter.usual)
    return f"{more} % more than usual ({matter.usual:,}, the middle of the last six)"


def _days(number: int) -> str:
    return "one day" if number == 1 else f"{number} days"
