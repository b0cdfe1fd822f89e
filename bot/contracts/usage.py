"""What a contract has used and has left, at a glance: pure, from what Token Flex counted and when."""

import json
from calendar import monthrange
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from bot.cards.usage_card import Month, Outlook, Usage
from bot.contracts import pace
from bot.tokenflex.catalogue import CATEGORIES
from bot.tokenflex.models import MonthOfUse, TokenYear

MOST_MONTHS: Final = 12  #: that are shown
#: Where nobody knows through which day usage is known (source: Token Flex; it is delivered daily, a day or two late).
_LATE: Final = timedelta(days=2)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Counted:
    """What Token Flex had counted of a contract `at` that time: its years, and each month's use by category.

    `known_through` is the last day of which usage was known, None where nobody knew that.
    """

    contract: str
    at: datetime
    known_through: date | None
    years: tuple[TokenYear, ...]
    months: tuple[MonthOfUse, ...]

    def as_json(self) -> str:
        """Return the text that `from_json` reads."""
        return json.dumps(asdict(self), default=lambda moment: moment.isoformat())

    @classmethod
    def from_json(cls, text: str) -> "Counted":
        """Return what a text of `as_json` says."""
        kept = json.loads(text)
        return cls(
            contract=kept["contract"],
            at=datetime.fromisoformat(kept["at"]),
            known_through=date.fromisoformat(kept["known_through"]) if kept["known_through"] else None,
            years=tuple(TokenYear(**_with_dates(each, "first", "last")) for each in kept["years"]),
            months=tuple(MonthOfUse(**_with_dates(each, "month")) for each in kept["months"]),
        )


def usage_of(counted: Counted) -> Usage:
    """Return a contract at a glance, as it was on the day on which it was counted."""
    today, known_through = counted.at.date(), counted.known_through
    begun = [year for year in counted.years if year.first <= today]
    over_with_tokens = [year for year in begun if year.provisioned and year.last < today]
    year = begun[-1] if begun else None
    if year and year.last < today and over_with_tokens:
        year = over_with_tokens[-1]
    through = counts_through(counted.at, known_through)
    months = _months(counted.months, through)[:MOST_MONTHS]
    return Usage(
        contract=counted.contract,
        at=counted.at,
        known_through=known_through,
        year=year,
        goes_on=year is not None and today <= year.last,
        over=_part_over(year, through) if year else 0.0,
        used=year.consumed / year.provisioned if year and year.provisioned > 0 else None,
        outlook=_outlook(counted, year, through) if year and today <= year.last else None,
        months=tuple(months),
        categories=_in_order({name for month in months for name in month.users}),
    )


def counts_through(at: datetime, known_through: date | None) -> date:
    """Return the last day whose usage counts, of what was counted at a time."""
    today = at.date()
    return min(known_through or today - _LATE, today - _DAY)


def whole_months(counted: Counted, through: date) -> tuple[pace.Month, ...]:
    """Return the months of a contract that were over by that day, oldest first, without the one that it began in.

    Token Flex leaves out months without use, so one between others used nothing.
    """
    used = Counter[date]()
    for each in counted.months:
        used[each.month] += each.tokens
    if not used:
        return ()
    begins = min(used)
    while counted.years and begins < counted.years[0].first:
        begins = _next(begins)
    found = list[pace.Month]()
    while (after := _next(begins)) <= through + _DAY:
        found.append(pace.Month(used[begins], (after - begins).days))
        begins = after
    return tuple(found)


def _outlook(counted: Counted, year: TokenYear, through: date) -> Outlook | None:
    if year.remaining <= 0:
        return None
    told = pace.forecast(whole_months(counted, through), year.remaining, (year.last - through).days)
    if told is None:
        return None

    def _day(number: int | None) -> date | None:
        return None if number is None else through + number * _DAY

    return Outlook(_day(told.expected), _day(told.earliest), _day(told.latest), told.left, told.least, told.most)


def _part_over(year: TokenYear, through: date) -> float:
    gone = (through - year.first).days + 1
    return min(1.0, max(0.0, gone / ((year.last - year.first).days + 1)))


def _months(counted: Sequence[MonthOfUse], through: date) -> list[Month]:
    months: dict[date, Month] = {}
    for each in counted:
        before = months.get(each.month, Month(each.month, 0, {}, whole=_next(each.month) <= through + _DAY))
        users = {**before.users, each.category: None if each.category in before.users else each.unique_users}
        months[each.month] = replace(before, tokens=before.tokens + each.tokens, users=users)
    return [months[first] for first in sorted(months, reverse=True)]


def _in_order(names: set[str]) -> tuple[str, ...]:
    """Return categories in the order of the catalogue, and after these what it does not know."""
    known = [category.name for category in CATEGORIES if category.name in names]
    return (*known, *sorted(names.difference(known)))


def _next(month: date) -> date:
    return month + timedelta(days=monthrange(month.year, month.month)[1])


def _with_dates(kept: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**kept, **{name: date.fromisoformat(str(kept[name])) for name in names}}
