"""What an alert is about, as a value, and its one message: when it begins, while it lasts, when it is over.

It speaks of contracts, products and cost centres, never of a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from bot.cards import actions
from bot.cards.blocks import Block, Message, context, section
from bot.cards.text import code, day, escape, flat, mention, moment, shorten

_VALUE: Final = 80  #: characters of the name of a product or a cost centre


@dataclass(frozen=True, slots=True)
class ShareUsed:
    """So many per cent of a contract year's tokens are used; `over` is the part of the year that is over, up to 1."""

    year: int
    percent: int
    used: int
    provisioned: int
    over: float


@dataclass(frozen=True, slots=True)
class RunsOut:
    """At this pace a contract year's tokens are used up on a day before it ends; None: they are used up."""

    year: int
    on: date | None
    ends: date
    provisioned: int


@dataclass(frozen=True, slots=True)
class OverUsual:
    """A month or a week used more than usual; one that is not `whole` is not over, or not all of it is known yet."""

    period: str
    tokens: int
    usual: int
    whole: bool


@dataclass(frozen=True, slots=True)
class OverLimit:
    """A product or a cost centre used more tokens in a period than somebody had set; `of` says which."""

    of: str
    period: str
    tokens: int
    limit: int


@dataclass(frozen=True, slots=True)
class LeftUnused:
    """So many of a contract year's tokens are likely to be left when it ends, four times out of five within a range."""

    year: int
    left: int
    least: int
    most: int
    provisioned: int
    ends: date


Matter = ShareUsed | RunsOut | OverUsual | OverLimit | LeftUnused


class Phase(StrEnum):
    """How an alert stands that was told."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    PUT_OFF = "put-off"
    OVER = "over"


class Ending(StrEnum):
    """Why an alert is over."""

    EASED = "eased"  #: what it was about holds no more
    PERIOD_OVER = "period-over"  #: another month, week or contract year has begun
    NEXT_STEP = "next-step"  #: a higher step was told in its place


@dataclass(frozen=True, slots=True)
class Told:
    """An alert as its message shows it; `person` acknowledged it or put it off until a moment.

    `again`: it was put off, and it still holds.
    """

    contract: str
    matter: Matter
    phase: Phase
    person: str = ""
    until: datetime | None = None
    ending: Ending | None = None
    again: bool = False


def message(told: Told, buttons: Sequence[Block] = ()) -> Message:
    """Return the message of an alert; what can be done with it stands below while it lasts."""
    lasts = told.phase is not Phase.OVER
    said = finding(told.contract, told.matter)
    if told.ending is not None:
        said = f"Over: {ended(told.contract, told.matter, told.ending)}"
    elif told.again:
        said = f"Still so: {said}"
    note = standing(told)
    row = [actions.row("buttons", *buttons)] if buttons and lasts else []
    return Message(said, [section("alert", f"*{said}*"), *row, *([context("standing", note)] if note else [])])


def standing(told: Told) -> str:
    """Return what people did about an alert; "" where nobody did anything, or where it no longer matters."""
    if told.phase is Phase.ACKNOWLEDGED:
        return f"{mention(told.person)} has seen to it."
    if told.phase is Phase.PUT_OFF and told.until is not None:
        return f"{mention(told.person)} put it off until {moment(told.until)}. If it still holds then, I'll say so."
    return ""


def finding(contract: str, matter: Matter) -> str:
    """Return what an alert tells, in a sentence or two of mrkdwn that stand alone."""
    named = f"Contract {code(contract)}"
    match matter:
        case ShareUsed():
            used = f"{100 * matter.used // matter.provisioned} % of the tokens of contract year {matter.year} are used"
            figures = f"{matter.used:,} of {matter.provisioned:,}"
            return f"{named}: {used}, {figures}. {round(100 * matter.over)} % of the year is over."
        case RunsOut():
            return f"{named}: {_how_long(matter)}"
        case OverUsual():
            so_far = "" if matter.whole else " so far"
            return f"{named}: {matter.tokens:,} tokens were used in {matter.period}{so_far}, {_more(matter)}."
        case OverLimit():
            of = escape(shorten(flat(matter.of), _VALUE))
            return (
                f"{named}: {of} used {matter.tokens:,} tokens in {matter.period}, over the limit of {matter.limit:,}."
            )
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
        return f"a later message says more about {_about(matter)} of {named}."
    if ending is Ending.PERIOD_OVER:
        return f"{_about(matter)} of {named} are a matter of the past."
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
            of = escape(shorten(flat(matter.of), _VALUE))
            return f"{of}, {named}, is below the limit of {matter.limit:,} tokens in {matter.period}."
        case LeftUnused():
            return f"fewer tokens of contract year {matter.year}, {named}, are likely to be left."


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
        case OverUsual() | OverLimit():
            return f"the tokens used in {matter.period}"


def _more(matter: OverUsual) -> str:
    more = round(100 * (matter.tokens - matter.usual) / matter.usual)
    return f"{more} % more than usual ({matter.usual:,}, the middle of the last six)"


def _days(number: int) -> str:
    return "one day" if number == 1 else f"{number} days"
