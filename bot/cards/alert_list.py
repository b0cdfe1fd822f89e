"""The list of alerts: each with what it watches for, how it stands, whose it is, and what who looks can do with it."""

from dataclasses import dataclass
from typing import Final

from bot.cards import actions, alert_card, blocks, pages
from bot.cards.alert_told import Told
from bot.cards.blocks import Block, Message
from bot.cards.pages import Page
from bot.cards.text import channel, code, escape, mention, shorten
from storage.alerts import Alert

_EMPTY: Final = (
    "Nothing is watched here yet. *New alert* has me tell a channel when tokens run short, when much more is used than "
    "usual, or when a product or a cost centre is over a number."
)
_WATCHED: Final = 300  #: characters


@dataclass(frozen=True, slots=True)
class Line:
    """An alert, what it watches for in words, what it told that is not over, why it is paused, and who looks."""

    alert: Alert
    said: str  #: plain text; "" where nobody understands it any more
    told: Told | None
    paused: str  #: mrkdwn; "" where it is not
    may_change: bool
    counts: bool = True  #: whether who looks may see figures of files, which are its owner's


def listing(page: Page[Line], note: str = "") -> Message:
    """Return a page of alerts; `note` is mrkdwn about what was just done."""
    above = [blocks.section("note", note)] if note else []
    if not page.count:
        said = blocks.section("empty", _EMPTY)
        return Message(note or _EMPTY, [*above, said, actions.row("new", actions.new_alert())])
    count = "One alert" if page.count == 1 else f"{page.count} alerts"
    named = "; ".join(escape(shorten(line.said, 60)) for line in page.shown[:3] if line.said)
    rows = [block for line in page.shown for block in _row(line)]
    return Message(note or f"{count}: {named}.", [*above, *rows, _below(page)])


def at_home(line: Line) -> Block:
    """Return an alert for the Home tab, with a button where it is paused and who looks can let it go on."""
    goes_on = next((each for each in _wanted(line) if each in {actions.RESUME_ALERT, actions.TAKE_OVER_ALERT}), None)
    return _shown(line) | ({} if goes_on is None else {"accessory": actions.of_alert(goes_on, line.alert)})


def all_of_them(count: int) -> Block:
    """Return the button that opens the list, for the Home tab."""
    words = "Show the alert" if count == 1 else f"Show all {count} alerts"
    return actions.turn(actions.ALERTS, words, "in a message", "0")


def _row(line: Line) -> list[Block]:
    buttons = [actions.of_alert(action, line.alert) for action in _wanted(line)]
    return [_shown(line), *([actions.row(f"buttons.{line.alert.id}", *buttons)] if buttons else [])]


def _shown(line: Line) -> Block:
    alert = line.alert
    said = shorten(line.said, _WATCHED) or "An alert that nobody understands any more"
    where = f"Contract {code(alert.contract)} · {channel(alert.channel)} · {mention(alert.owner)}"
    return blocks.section(f"alert.{alert.id}", "\n".join([f"*{escape(said)}*", where, _standing(line)]))


def _standing(line: Line) -> str:
    if line.paused:
        return line.paused
    if line.told is None:
        return "It tells nothing at the moment." if line.alert.looked_at else "I have not looked yet."
    done = alert_card.standing(line.told)
    said = alert_card.finding(line.told.contract, line.told.matter, counts=line.counts)
    return f"It tells: {said} {done}".strip()


def _wanted(line: Line) -> list[str]:
    """Return what who looks can do with an alert."""
    goes_on = alert_card.goes_on_by(line.alert)
    if not line.may_change:
        return [each for each in goes_on if each == actions.TAKE_OVER_ALERT]
    return [*(goes_on if line.alert.paused_why else [actions.PAUSE_ALERT]), *_ALWAYS]


_ALWAYS: Final = (actions.CHANGE_ALERT, actions.UNWATCH)


def _below(page: Page[Line]) -> Block:
    return actions.row("pages", actions.new_alert(), *pages.turns(actions.ALERTS, "alerts", page))
