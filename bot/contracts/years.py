"""The years of a contract, as far as its first and last day tell them."""

from dataclasses import dataclass
from datetime import date, timedelta

from bot.tokenflex.models import Contract

_LONGEST = 100  #: years; a contract that ends later has no end


@dataclass(frozen=True, slots=True)
class ContractYear:
    """One year of a contract, counted from 1; both days belong to it."""

    number: int
    first: date
    last: date


def years_of(contract: Contract) -> tuple[ContractYear, ...]:
    """Return the years from one anniversary to the next; none where the contract's days say nothing.

    Years join without a gap and the last may be short (source: Token Flex, contract object).
    ASSUMPTION: each but the last has twelve months.
    """
    try:
        start, end = date.fromisoformat(contract.start_date[:10]), date.fromisoformat(contract.end_date[:10])
    except ValueError:
        return ()
    if start.year + _LONGEST > date.max.year:
        return ()  # a day that nobody means
    years: list[ContractYear] = []
    first = start
    while first <= end and len(years) < _LONGEST:
        last = min(_anniversary(start, len(years) + 1) - timedelta(days=1), end)
        years.append(ContractYear(len(years) + 1, first, last))
        first = last + timedelta(days=1)
    return tuple(years)


def _anniversary(start: date, number: int) -> date:
    """Return the day a number of years later: after 29 February it is 1 March in most years."""
    year = start.year + number
    try:
        return start.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
