"""The one export a day that an alert asks for itself: of which days, what of them, and what was used when. Pure.

Usage is known a day or two late, so the period that counts is the one of the last known day: what is booked to a month
after its end is still seen.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from bot.alerts.rules import MOST_PERIODS, Amount
from bot.answers.engine.document import Found
from bot.cards.alert_watched import Every, Limit, Unusual, Watched
from bot.cards.text import day
from bot.contracts.years import ContractYear
from bot.questions import filters
from bot.questions.filters import Filter, Operator
from bot.questions.periods import Days
from bot.questions.questions import Question
from bot.tokenflex.catalogue import Catalogue

DAY: Final = "usageDate"
_TOKENS: Final = "tokensConsumed"
_ONE: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_LATE: Final = timedelta(days=14)  #: after the end of something there may still be usage of it that was not known


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of such an export: asked on a day, about these days, through which usage was known then."""

    asked_on: date
    days: Days
    known_through: date | None  #: None: nobody knew
    found: Found


def reads_files(watched: Watched) -> bool:
    """Return whether an alert looks at an export of its own instead of what Token Flex counts by itself."""
    return isinstance(watched, Limit) or (isinstance(watched, Unusual) and watched.every is Every.WEEK)


def question(watched: Watched, today: date, years: Sequence[ContractYear], catalogue: Catalogue) -> Question | None:
    """Return what to ask today; None: nothing, as after the contract's end, or nobody knows its years."""
    is_over = bool(years) and today - _ONE > years[-1].last + _LATE
    first = _first(watched, today - _ONE, years) if reads_files(watched) and not is_over else None
    if first is None:
        return None
    where = ""
    fields: tuple[str, ...] = (DAY,)
    if isinstance(watched, Limit):
        where = filters.clause_of([Filter(watched.field, Operator.IS, (watched.value,))], catalogue)
        fields = (watched.field, DAY)
    return Question(fields, (_TOKENS,), (), where, Days(first, today - _ONE))


def amounts(watched: Watched, read: Read, years: Sequence[ContractYear]) -> tuple[Amount, ...]:
    """Return what was used in each period, oldest first, up to the one of the last known day."""
    through = min(read.known_through or read.days.last - _ONE, read.days.last)
    used = _by_day(read.found)
    found = []
    for first, last, label in _periods(watched, read.days, years):
        if first <= through:
            tokens = sum((count for on, count in used.items() if first <= on <= last), Decimal(0))
            found.append(Amount(label, first, round(tokens), whole=last <= through))
    if _years_are_over(watched, read.asked_on, years):
        after = years[-1].last + _ONE
        found.append(Amount(f"after {day(years[-1].last)}", after, 0))
    return tuple(found)


def _by_day(found: Found) -> Mapping[date, Decimal]:
    return {moment.day: moment.sums[0] for moment in found.timelines[0]} if found.timelines else {}


def _first(watched: Watched, last: date, years: Sequence[ContractYear]) -> date | None:
    """Return from which day on to ask: all of the period that goes on and of the one before it, or of the usual."""
    if isinstance(watched, Unusual):
        return _monday(last) - (MOST_PERIODS + 1) * _WEEK
    if not isinstance(watched, Limit):
        return None
    match watched.every:
        case Every.MONTH:
            return _month(_month(last) - _ONE)
        case Every.WEEK:
            return _monday(last) - _WEEK
        case Every.YEAR:
            begun = [year for year in years if year.first <= last <= year.last + _LATE]
            return begun[0].first if begun else None


def _periods(watched: Watched, days: Days, years: Sequence[ContractYear]) -> Iterator[tuple[date, date, str]]:
    """Yield the first and the last day of each period, and how it is called."""
    every = watched.every if isinstance(watched, Limit | Unusual) else Every.WEEK
    if every is Every.YEAR:
        for year in years:
            if days.first <= year.first <= days.last:
                yield year.first, year.last, f"contract year {year.number}"
        return
    begin: Callable[[date], date] = _month if every is Every.MONTH else _monday
    first = begin(days.first)
    while first <= days.last:
        after = _next_month(first) if every is Every.MONTH else first + _WEEK
        label = f"{first:%B %Y}" if every is Every.MONTH else f"the week from {day(first)}"
        yield first, after - _ONE, label
        first = after


def _years_are_over(watched: Watched, asked_on: date, years: Sequence[ContractYear]) -> bool:
    """Return whether the last year of the contract is over for so long that all of it is known."""
    is_of_year = isinstance(watched, Limit) and watched.every is Every.YEAR
    return is_of_year and bool(years) and asked_on > years[-1].last + _LATE - _WEEK


def _month(on: date) -> date:
    return on.replace(day=1)


def _next_month(first: date) -> date:
    return _month(first.replace(day=28) + 4 * _ONE)


def _monday(on: date) -> date:
    return on - on.weekday() * _ONE
