"""A contract at a glance, as values and as people read it: tokens used and left, for how long they last, by month."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from bot.cards import actions, drawing
from bot.cards.blocks import Message, paragraph
from bot.cards.drawing import Drawable
from bot.cards.explanations import explain
from bot.cards.figures import Cell, Column, Point, Series, Shape, Table
from bot.cards.names import NAMES
from bot.cards.text import code, day, moment
from bot.tokenflex.errors import TokenFlexError
from bot.tokenflex.models import TokenYear

_MONTH: Final = "Month"
_EVEN: Final = 3  #: percent; a pace that is no farther from an even one is called even
_USERS: Final = "Different users cannot be added up: one person may count in several months and categories."
_BY_PRODUCT: Final = "starter.products this-contract-year"  #: as the form's menu knows the question, with its period


@dataclass(frozen=True, slots=True)
class Month:
    """What was used in a month; one that is not `whole` has days of which usage is not known yet.

    `users` has the different users of each category; they cannot be added up. None where a new contract year began in
    that month and Token Flex counted both parts, since one person may be in both.
    """

    first: date
    tokens: int
    users: Mapping[str, int | None]
    whole: bool = True

    @property
    def label(self) -> str:
        """How it is called in a table."""
        return f"{self.first:%Y-%m}" if self.whole else f"{self.first:%Y-%m} so far"


@dataclass(frozen=True, slots=True)
class Outlook:
    """Until when tokens last at the pace of the last months; None: beyond the contract year.

    `left`, `least` and `most` are what would be left as the year ends.
    """

    expected: date | None
    earliest: date | None
    latest: date | None
    left: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Usage:
    """A contract at a glance, as Token Flex had counted it `at` that time.

    `known_through` is the last day of which usage was known, None where nobody knew that. `year` is the contract year
    that goes on, else the last one that had tokens; None where none has begun. `over` is the part of it, up to 1, that
    was over on the last day whose usage counts here, `used` the part of its tokens that is used, None where it has
    none. `months` are the newest, newest first, and `categories` those that have usage in them.
    """

    contract: str
    at: datetime
    known_through: date | None
    year: TokenYear | None
    goes_on: bool
    over: float
    used: float | None
    outlook: Outlook | None
    months: tuple[Month, ...]
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Glance:
    """What somebody is shown who asks how a contract stands.

    Without `usage` nothing is known yet. What `is_old` is followed by what is new, unless `trouble` is in the way.
    """

    contract: str
    usage: Usage | None
    is_old: bool = False
    trouble: TokenFlexError | None = None


def glance(shown: Glance, *, in_channel: bool) -> Message:
    """Return what a person is shown privately; `in_channel` says whether there is a channel where it can be posted."""
    if shown.usage is None:
        return paragraph(f"I'm asking Autodesk how contract {code(shown.contract)} stands. It comes by itself.")
    buttons = [actions.post_usage(shown.contract)] if in_channel else []
    buttons += [actions.ask("By product", *_by_product(shown.contract)), actions.new_alert("Alert me", shown.contract)]
    return drawing.message(figures_of(shown), buttons)


def posted(usage: Usage | None, *, discreet: bool = False) -> Message:
    """Return the message in a channel; a `discreet` one shows nothing of the data, since others read there too.

    So does one about a contract of which nothing is known any more.
    """
    if discreet:
        return paragraph("The tokens of a contract are not shown here, since other organisations read in this channel.")
    if usage is None:
        return paragraph("How that contract stood is not known any more. `/tokenflex usage` asks anew.")
    shown = Glance(usage.contract, usage)
    return drawing.message(figures_of(shown), [actions.ask("By product", *_by_product(usage.contract))])


def waits_for_channel(contract: str) -> Message:
    """Return the reply to who had it posted."""
    return paragraph(f"I'll post how contract {code(contract)} stands in this channel.")


def figures_of(shown: Glance) -> Drawable:
    """Return the figures of a glance.

    Raises:
        ValueError: nothing is known.

    """
    if shown.usage is None:
        raise ValueError("nothing is known")
    usage = shown.usage
    return Drawable(
        finding=_finding(usage),
        facts=tuple(_facts(usage)),
        series=_series(usage),
        table=_table(usage),
        notes=tuple(_notes(usage, shown)),
    )


def _by_product(contract: str) -> tuple[str, str]:
    return f"{_BY_PRODUCT} {contract}", f"tokens of contract {contract}"


def _finding(usage: Usage) -> str:
    """Return what matters most, in a sentence or two."""
    year, contract = usage.year, f"Contract {code(usage.contract)}"
    if year is None:
        return f"{contract}: no contract year has begun yet, so no tokens are there to be used."
    used = f"{year.consumed:,} of {year.provisioned:,} tokens of contract year {year.number}"
    if not usage.goes_on:
        return f"{contract}: {used} were used; that year ended on {day(year.last)}."
    if year.remaining <= 0:
        return f"{contract}: {used} are used, none are left until {day(year.last)}."
    return f"{contract}: {used} are used, {year.remaining:,} are left. {_how_long(usage, year)}".strip()


def _how_long(usage: Usage, year: TokenYear) -> str:
    if usage.outlook is None:
        return ""
    if usage.outlook.expected is None:
        return f"At this pace they last until the year ends on {day(year.last)}."
    return f"At this pace they last until about {day(usage.outlook.expected)}."


def _facts(usage: Usage) -> Iterator[str]:
    year = usage.year
    if year is None:
        return
    if usage.goes_on and usage.used is not None:
        yield _pace(usage.used, usage.over)
    if usage.outlook is not None:
        yield _range(usage.outlook, year)
    elif usage.goes_on and year.remaining > 0:
        yield "It takes two whole months of usage to say how long the tokens last."
    if year.multiyear_at_start or year.multiyear_consumed:
        left = year.multiyear_at_start - year.multiyear_consumed
        used = f"{year.multiyear_consumed:,} used in this contract year"
        yield f"Multi-year tokens, which are counted apart: {used}, {left:,} left."


def _pace(used: float, over: float) -> str:
    tokens, time = round(100 * used), round(100 * over)
    said = "slower" if tokens < time else "faster"
    even = "about an even pace" if abs(tokens - time) <= _EVEN else f"{said} than an even pace"
    return f"{tokens} % of the tokens are used, and {time} % of the year is over: {even}."


def _range(outlook: Outlook, year: TokenYear) -> str:
    """Return how far the forecast may be off."""
    if outlook.earliest is None:
        return (
            f"About {outlook.left:,} would be left then, four times out of five between {outlook.least:,} and "
            f"{outlook.most:,}."
        )
    last = day(outlook.latest) if outlook.latest else f"the year's end, {day(year.last)}"
    return f"Four times out of five that day is between {day(outlook.earliest)} and {last}."


def _notes(usage: Usage, shown: Glance) -> Iterator[str]:
    counted = f"As Autodesk counted it: {moment(usage.at)}."
    if shown.trouble is not None:
        counted += f" I could not get newer figures. {explain(shown.trouble)}"
    elif shown.is_old:
        counted += " Newer figures come by themselves."
    yield counted
    if usage.known_through is not None:
        yield f"Usage is known through {day(usage.known_through)}."
    if usage.months:
        yield _USERS


def _series(usage: Usage) -> tuple[Series, ...]:
    points = tuple(Point(month.label, Decimal(month.tokens)) for month in reversed(usage.months))
    return (Series("Tokens by month", _MONTH, "Tokens", Shape.BAR, points),) if points else ()


def _table(usage: Usage) -> Table | None:
    """Return tokens and users by month; what nobody uses as a person, such as adjustments, has no column."""
    if not usage.months:
        return None
    counted = tuple(name for name in usage.categories if any(month.users.get(name, 0) != 0 for month in usage.months))
    titles = (NAMES[name].noun or NAMES[name].title.lower() if name in NAMES else name for name in counted)
    users = (Column(f"Users of {title}", is_number=True) for title in titles)
    return Table(
        f"Tokens and different users by month, contract {usage.contract}",
        (Column(_MONTH), Column("Tokens", is_number=True), *users),
        tuple(_row(month, counted) for month in usage.months),
        len(usage.months),
    )


def _row(month: Month, categories: tuple[str, ...]) -> tuple[Cell, ...]:
    return (month.label, month.tokens, *(month.users.get(name, 0) for name in categories))
