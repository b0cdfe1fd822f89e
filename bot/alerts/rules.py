"""What an alert watches for, and whether that holds now: pure, from what is known of a contract's usage.

Each kind has a threshold, and a second one that is easier to stay above: what was told as *held* is over only below
that one, so that figures which go up and down a little say nothing. Alerts are about contracts, products and cost
centres, never about a person.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Final

from bot.cards.alert_told import LeftUnused, Matter, OverLimit, OverUsual, RunsOut, ShareUsed
from bot.cards.alert_watched import Every, Limit, Shares, Shortage, Surplus, Unusual, Watched
from bot.cards.usage_card import Usage
from bot.contracts import usage as contract_usage
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import TokenYear

MOST_PERIODS: Final = 6  #: months or weeks that the usual is taken from
FEWEST_PERIODS: Final = 3  #: with fewer nobody knows what is usual
WEEK: Final = timedelta(days=7)  #: by so much tokens run out before the year ends, or it is not worth a word
UNUSED_WITHIN: Final = timedelta(days=120)  #: of the year's end: what is left is told, before nobody knows it well
_EASIER_SHARE: Final = 1  #: percentage points
_EASIER_UNUSED: Final = 2  #: percentage points
_EASIER_LIMIT: Final = 0.98  #: of the limit
_EASIER_USUAL: Final = 0.9  #: of what it is over the usual
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Amount:
    """Tokens of a stretch of days; not `whole`: it is not over, or usage is not known to its end."""

    period: str  #: as people say it
    first: date
    tokens: int
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether what is watched for holds, in the period that begins on a day, and at which step of several."""

    period: date
    holds: bool
    step: int = 0
    matter: Matter | None = None  #: there is one where it holds


@dataclass(frozen=True, slots=True)
class Held:
    """What was told last and is not over."""

    period: date
    step: int = 0


def names_people(watched: Watched, catalogue: Catalogue, personal: Collection[str]) -> bool:
    """Return whether that would be watching people, which no alert does; `personal` are fields of the settings."""
    if not isinstance(watched, Limit):
        return False
    field = catalogue.field(watched.field)
    return watched.field in personal or field is None or field.personal_data


# --- whether it holds ---------------------------------------------------------------------------------------------


def look(watched: Watched, usage: Usage | None, amounts: Sequence[Amount], held: Held | None) -> Finding | None:
    """Return whether that holds now; None: too little is known to say, and all stays as it is.

    `amounts` are what the alert's own export counted, oldest first: weeks, or the value's periods, of which the last
    one counts. `held` is what was told and is not over.
    """
    match watched:
        case Limit():
            return _over_limit(watched, amounts[-1], held) if amounts else None
        case Unusual():
            months = months_of(usage) if usage else ()
            return _unusual(watched, months if watched.every is Every.MONTH else amounts, held)
        case Shares() | Shortage() | Surplus():
            return _of_year(watched, usage, usage.year, held) if usage and usage.year else None


def _of_year(watched: Shares | Shortage | Surplus, usage: Usage, year: TokenYear, held: Held | None) -> Finding | None:
    if not usage.goes_on:
        return Finding(year.last + _DAY, holds=False)
    match watched:
        case Shares():
            found = _shares(watched, usage, year, held)
        case Shortage():
            found = _shortage(usage, year, held)
        case Surplus():
            found = _surplus(watched, usage, year, held)
    if found is None and held is not None and held.period < year.first:
        return Finding(year.first, holds=False)  # what was told of the year before is over, whatever this one brings
    return found


def _shares(watched: Shares, usage: Usage, year: TokenYear, held: Held | None) -> Finding | None:
    if year.provisioned <= 0:
        return None
    period, used = year.first, 100 * year.consumed
    easier = held.step if held and held.period == period else 0
    reached = [
        step
        for step in watched.percents
        if used >= year.provisioned * (step - (_EASIER_SHARE if step == easier else 0))
    ]
    if not reached:
        return Finding(period, holds=False)
    step = max(reached)
    return Finding(period, True, step, ShareUsed(year.number, step, year.consumed, year.provisioned, usage.over))


def _shortage(usage: Usage, year: TokenYear, held: Held | None) -> Finding | None:
    period = year.first
    if year.provisioned > 0 and year.remaining <= 0:
        return Finding(period, holds=True, matter=RunsOut(year.number, None, year.last, year.provisioned))
    if usage.outlook is None:
        return None
    on = usage.outlook.expected
    enough = timedelta(0) if held == Held(period) else WEEK
    if on is None or on > year.last - enough:
        return Finding(period, holds=False)
    return Finding(period, holds=True, matter=RunsOut(year.number, on, year.last, year.provisioned))


def _surplus(watched: Surplus, usage: Usage, year: TokenYear, held: Held | None) -> Finding | None:
    period, outlook = year.first, usage.outlook
    if year.provisioned <= 0 or (outlook is None and year.remaining > 0):
        return None
    percent = watched.percent - (_EASIER_UNUSED if held == Held(period) else 0)
    is_near = year.last - usage.at.date() <= UNUSED_WITHIN
    if outlook is None or not is_near or 100 * outlook.left < percent * year.provisioned:
        return Finding(period, holds=False)
    left = LeftUnused(year.number, outlook.left, outlook.least, outlook.most, year.provisioned, year.last)
    return Finding(period, holds=True, matter=left)


def _unusual(watched: Unusual, amounts: Sequence[Amount], held: Held | None) -> Finding | None:
    """Look at the newest period: the one that goes on where it is over already, else the last whole one."""
    whole = [each for each in amounts if each.whole]
    newest = [(whole[-1], whole[:-1])] if whole else []
    if amounts and not amounts[-1].whole:
        newest.insert(0, (amounts[-1], whole))
    judged = [(each, before[-MOST_PERIODS:]) for each, before in newest if len(before) >= FEWEST_PERIODS]
    for each, before in judged:
        usual = median(one.tokens for one in before)
        easier = _EASIER_USUAL if held == Held(each.first) else 1
        if usual > 0 and each.tokens >= usual * (1 + easier * watched.percent / 100):
            over = OverUsual(each.period, each.tokens, round(usual), each.whole, watched.every is Every.WEEK)
            return Finding(each.first, holds=True, matter=over)
        if held == Held(each.first):  # it is over, though the one before it may hold
            return Finding(each.first, holds=False)
    return Finding(judged[-1][0].first, holds=False) if judged else None


def _over_limit(watched: Limit, amount: Amount, held: Held | None) -> Finding:
    limit = watched.tokens * (_EASIER_LIMIT if held == Held(amount.first) else 1)
    if amount.tokens <= limit:
        return Finding(amount.first, holds=False)
    return Finding(amount.first, True, matter=OverLimit(watched.value, amount.period, amount.tokens, watched.tokens))


def months_of(usage: Usage) -> tuple[Amount, ...]:
    """Return the months of a contract, oldest first, up to the last day whose usage is known.

    One that Token Flex leaves out used nothing.
    """
    known = {month.first: month for month in usage.months}
    if not known:
        return ()
    through = contract_usage.counts_through(usage.at, usage.known_through)
    found, first = list[Amount](), min(known)
    while first <= max(*known, through):
        after = (first.replace(day=28) + 4 * _DAY).replace(day=1)
        tokens = known[first].tokens if first in known else 0
        found.append(Amount(f"{first:%B %Y}", first, tokens, whole=after <= through + _DAY))
        first = after
    return tuple(found)
