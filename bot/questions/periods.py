"""The days that a question is about: said in words, kept as a value, and made into days when an export is made.

Days are days of `usageDate`; today is left out, since its usage is not complete.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.cards.text import day as day_said
from bot.contracts.years import ContractYear
from bot.tokenflex.catalogue import nearest

#: For words that mean the same on every day.
ANY_DAY: Final = date(2000, 1, 1)
_DAY: Final = timedelta(days=1)
#: Years that a period may be in; what is outside is a slip.
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


class PeriodError(ValueError):
    """There are no such days; the text says why and what to write or choose, for the person."""


class Relative(StrEnum):
    """Days that depend on the day on which somebody asks; the values are the words of a command."""

    LAST_MONTH = "last-month"
    THIS_MONTH = "this-month"
    LAST_7_DAYS = "last-7-days"
    LAST_30_DAYS = "last-30-days"
    LAST_90_DAYS = "last-90-days"
    THIS_CONTRACT_YEAR = "this-contract-year"
    LAST_CONTRACT_YEAR = "last-contract-year"
    YEAR_TO_DATE = "year-to-date"
    ALL = "all"

    @property
    def label(self) -> str:
        """What a menu shows."""
        return self.value.replace("-", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Days:
    """All days from the first to the last, both included.

    Raises:
        PeriodError: the last is before the first, or they are outside of the years that anybody means.

    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise PeriodError(f"{_word(self.first)}..{_word(self.last)} ends before it begins: swap the two days.")
        if self.first.year < _FIRST_YEAR or self.last.year > _LAST_YEAR:
            raise PeriodError(f"{words(self)} is outside of the years {_FIRST_YEAR} to {_LAST_YEAR}.")


Period = Relative | Days

_LENGTHS: Final = {Relative.LAST_7_DAYS: 7, Relative.LAST_30_DAYS: 30, Relative.LAST_90_DAYS: 90}
_CONTRACT_YEARS: Final = (Relative.THIS_CONTRACT_YEAR, Relative.LAST_CONTRACT_YEAR)
#: What people write besides the values, in the form that `_plain` gives it.
_ALSO: Final = {
    "ytd": Relative.YEAR_TO_DATE,
    "this-year": Relative.YEAR_TO_DATE,
    "contract-year": Relative.THIS_CONTRACT_YEAR,
    "current-contract-year": Relative.THIS_CONTRACT_YEAR,
    "previous-contract-year": Relative.LAST_CONTRACT_YEAR,
    "current-month": Relative.THIS_MONTH,
    "month-to-date": Relative.THIS_MONTH,
    "previous-month": Relative.LAST_MONTH,
    "everything": Relative.ALL,
    "all-time": Relative.ALL,
    "all-days": Relative.ALL,
    **{f"{days}-days": relative for relative, days in _LENGTHS.items()},
}
_WORDS: Final = {**{relative.value: relative for relative in Relative}, **_ALSO}
_EXAMPLES: Final = "2026-10 or 2026-10-01..2026-10-15"


# --- words --------------------------------------------------------------------------------------------------------


def parse(text: str, today: date) -> Period:
    """Return the period that a person wrote; a month without a year is the newest that has begun.

    Raises:
        PeriodError: nobody can tell which days are meant, or there are none.

    """
    plain = _plain(text)
    if plain in _WORDS:
        return _WORDS[plain]
    first, apart, last = _parted(plain)
    begin = _days(first, today)
    end = _days(last, today) if apart else begin
    if begin is None or end is None:
        raise PeriodError(_unknown(text, plain))
    return Days(begin.first, end.last)


def as_word(period: Period) -> str:
    """Return the one word of a command that `parse` makes the same period of."""
    if isinstance(period, Relative):
        return period.value
    if (period.first.day, period.last) == (1, _month_end(period.last)):
        if (period.first.month, period.last.month, period.first.year) == (1, 12, period.last.year):
            return f"{period.first:%Y}"
        first, last = f"{period.first:%Y-%m}", f"{period.last:%Y-%m}"
    else:
        first, last = _word(period.first), _word(period.last)
    return first if first == last else f"{first}..{last}"


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", "-", text.strip().casefold()).strip("-").removeprefix("the-")


def _parted(plain: str) -> tuple[str, str, str]:
    found = re.fullmatch(r"(?:from-)?(.+?)(-?\.{2,}-?|-?…-?|-(?:to|until|till)-|-?[–—]-?)(.+)", plain)
    return (found[1], found[2], found[3]) if found else (plain, "", "")


def _days(plain: str, today: date) -> Days | None:
    """Return the days of a day, a month or a year; None where it is none of these."""
    if found := re.fullmatch(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", plain, re.ASCII):
        return _of_numbers(int(found[1]), int(found[2] or 0), int(found[3] or 0), plain)
    if found := re.fullmatch(r"([a-z]{3,9})\.?(?:-(\d{4}))?", plain, re.ASCII):
        month = next((n for n, name in enumerate(_MONTHS, 1) if name.startswith(found[1])), 0)
        if month and not found[2] and today == ANY_DAY:
            raise PeriodError(f"Of which year is “{plain}”? Write it as in {_EXAMPLES}.")
        if month:
            year = int(found[2]) if found[2] else (today - _DAY).year - (month > (today - _DAY).month)
            return _of_numbers(year, month, 0, plain)
    return None


def _of_numbers(year: int, month: int, day: int, plain: str) -> Days:
    try:
        first = date(year, month or 1, day or 1)
    except ValueError:
        raise PeriodError(f"There is no “{plain}” in the calendar: write {_EXAMPLES}.") from None
    if day:
        return Days(first, first)
    return Days(first, _month_end(first) if month else date(year, 12, 31))


def _unknown(text: str, plain: str) -> str:
    shown = f"I don't know the period “{text.strip()[:40]}”"
    if re.search(r"\d[./]\d", plain):
        return f"{shown}: write days as in {_EXAMPLES}."
    near = nearest(plain, tuple(_WORDS))
    if near:
        return f"{shown}; did you mean {_WORDS[near].value}?"
    return f"{shown}. The periods are {', '.join(Relative)}, and days such as {_EXAMPLES}."


# --- days ---------------------------------------------------------------------------------------------------------


def today_in(zone: str, now: datetime) -> date:
    """Return the day that it is for somebody in an IANA zone; in UTC where nobody knows the zone."""
    return now.astimezone(zone_of(zone)).date()


def zone_of(name: str) -> ZoneInfo:
    """Return the IANA zone of a name; UTC where nobody knows it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def days_of(period: Period, today: date, years: Sequence[ContractYear] = ()) -> Days | None:
    """Return the days that a period means for somebody who asks today, before today; None: all that there are.

    `years` are those of the contract, in their order.

    Raises:
        PeriodError: there is no such day yet, or nobody knows the contract's years.

    """
    if period is Relative.ALL:
        return None
    yesterday = today - _DAY
    whole = period if isinstance(period, Days) else _relative(period, today, years)
    if whole.first > yesterday:
        raise PeriodError(f"There is no usage of {words(whole)} yet: today is left out. Choose an earlier period.")
    return Days(whole.first, min(whole.last, yesterday))


def _relative(period: Relative, today: date, years: Sequence[ContractYear]) -> Days:
    if period in _LENGTHS:
        return Days(today - timedelta(days=_LENGTHS[period]), today - _DAY)
    if period in _CONTRACT_YEARS:
        year = _contract_year(period, today, years)
        return Days(year.first, year.last)
    if period is Relative.LAST_MONTH:
        last = today.replace(day=1) - _DAY
        return Days(last.replace(day=1), last)
    if period is Relative.THIS_MONTH:
        return Days(today.replace(day=1), _month_end(today))
    return Days(date(today.year, 1, 1), date(today.year, 12, 31))


def _contract_year(period: Relative, today: date, years: Sequence[ContractYear]) -> ContractYear:
    if not years:
        raise PeriodError("I don't know the years of this contract: choose another period.")
    over = [year for year in years if year.last < today]
    if period is Relative.LAST_CONTRACT_YEAR:
        if not over:
            raise PeriodError("No year of this contract is over yet: choose this contract year.")
        return over[-1]
    if over and over[-1] == years[-1]:
        raise PeriodError(f"This contract ended on {day_said(over[-1].last)}: choose last contract year.")
    return years[len(over)]


def clause(days: Days | None) -> str:
    """Return the where clause of these days."""
    return f"usageDate >= '{_word(days.first)}' AND usageDate <= '{_word(days.last)}'" if days else ""


def moved_on(period: Period, today: date) -> Period:
    """Return the period of the same length that is the newest one over by today: months stay whole months.

    A relative one moves by itself. One after which none is over yet stays as it is.
    """
    if isinstance(period, Relative) or period.last >= today - _DAY:
        return period
    yesterday = today - _DAY
    if (period.first.day, period.last) != (1, _month_end(period.last)):
        length = period.last - period.first + _DAY
        later = (yesterday - period.last) // length * length
        return Days(period.first + later, period.last + later)
    months = _months_between(period.first, period.last) + 1
    newest = yesterday if yesterday == _month_end(yesterday) else yesterday.replace(day=1) - _DAY
    later_months = _months_between(period.last, newest) // months * months
    return Days(_later(period.first, later_months), _month_end(_later(period.last.replace(day=1), later_months)))


def relative_of(period: Period, today: date, years: Sequence[ContractYear] = ()) -> Period:
    """Return the relative period that meant these days for somebody who asked on that day; the days where none did."""
    for relative in Relative if isinstance(period, Days) else ():
        try:
            if days_of(relative, today, years) == period:
                return relative
        except PeriodError:
            continue
    return period


def _months_between(one: date, other: date) -> int:
    return (other.year - one.year) * 12 + other.month - one.month


def _later(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - _DAY


# --- for people ---------------------------------------------------------------------------------------------------


def words(days: Days | None) -> str:
    """Return the days as people say them: "October 2026", "1 to 15 October 2026"."""
    if days is None:
        return "all days"
    first, last = days.first, days.last
    if (first.day, last) == (1, _month_end(last)):
        if (first.month, last.month, first.year) == (1, 12, last.year):
            return f"{first.year}"
        return _to(("", _month(first), f"{first.year}"), ("", _month(last), f"{last.year}"))
    return _to((f"{first.day} ", _month(first), f"{first.year}"), (f"{last.day} ", _month(last), f"{last.year}"))


def label(period: Period) -> str:
    """Return a period as people say it whatever the day is: "last month", "October 2026"."""
    if period is Relative.ALL or isinstance(period, Days):
        return words(period if isinstance(period, Days) else None)
    return period.label.lower()


def words_of(period: Period, days: Days | None, years: Sequence[ContractYear] = ()) -> str:
    """Return the days as people say them, with the contract year where they are of one."""
    number = next((year.number for year in years if days and year.first <= days.first <= year.last), None)
    return f"contract year {number} ({words(days)})" if period in _CONTRACT_YEARS and number else words(days)


def freshness(days: Days | None, known_through: date) -> str:
    """Return what to say where the usage of these days is not all known yet: "usage is known through 26 November"."""
    return f"usage is known through {day_said(known_through)}" if days and known_through < days.last else ""


def slug(days: Days | None) -> str:
    """Return the days as part of a file's name: `2026_10`, with no sign that Token Flex takes out; "" for all."""
    return as_word(days).replace("-", "_").replace("..", "_to_") if days else ""


def _to(first: tuple[str, str, str], last: tuple[str, str, str]) -> str:
    """Return both ends, without what the first has in common with the last."""
    if first == last:
        return _spoken(last)
    if first[1:] == last[1:]:
        return f"{first[0].strip()} to {_spoken(last)}"
    return f"{first[0]}{first[1]} to {_spoken(last)}" if first[2] == last[2] else f"{_spoken(first)} to {_spoken(last)}"


def _spoken(parts: tuple[str, str, str]) -> str:
    return f"{parts[0]}{parts[1]} {parts[2]}"


def _month(day: date) -> str:
    return _MONTHS[day.month - 1].capitalize()


def _word(day: date) -> str:
    return day.isoformat()
