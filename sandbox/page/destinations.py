"""Where one can travel to in time: days on which something happens that is worth seeing. Pure."""

from calendar import SUNDAY, monthcalendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sandbox.tokenflex.contracts import ContractYear

_MORNING = time(7, 59)  #: a minute before reports come
_NIGHT = time(1, 55)  #: of the day on which clocks go back: 02:00 to 03:00 comes twice in most of Europe
_LATE = time(23, 55)
_OCTOBER = 10
_A_LITTLE = timedelta(minutes=1)  #: what is no journey


@dataclass(frozen=True, slots=True)
class Destination:
    """A day and a time of day in the zone of the workspace; `name` is known to the page alone."""

    name: str
    label: str
    at: datetime

    @property
    def said(self) -> str:
        """When that is, in words."""
        return said(self.at)


def said(moment: datetime) -> str:
    """Return a moment in words, in its own zone: `Monday, 2 November 2026, 07:59`."""
    return f"{moment:%A}, {moment.day} {moment:%B %Y}, {moment:%H:%M}"


def destinations(now: datetime, zone: ZoneInfo, years: Sequence[ContractYear]) -> tuple[Destination, ...]:
    """Return where one can travel to from now, the nearest first; `years` are those of the contract."""
    here = now.astimezone(zone)
    today = here.date()
    found = [
        ("monday", "Next Monday", today + timedelta(days=7 - today.weekday()), _MORNING),
        ("month", "The first of next month", _next_month(today), _MORNING),
        ("october", "The last Sunday of October", _october(here), _NIGHT),
        ("a_year", "A year from now", _in_a_year(today), _MORNING),
    ]
    ends = [each.end for each in years if datetime.combine(each.end, _LATE, zone) - here > _A_LITTLE]
    if ends:
        found.append(("contract_year", "The end of the contract year", min(ends), _LATE))
    ahead = [Destination(name, label, datetime.combine(day, at, zone)) for name, label, day, at in found]
    return tuple(sorted(ahead, key=lambda each: each.at))


def _next_month(today: date) -> date:
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1)


def _october(here: datetime) -> date:
    """Return the next last Sunday of October whose night is still ahead."""
    for year in (here.year, here.year + 1):
        last = max(week[SUNDAY] for week in monthcalendar(year, _OCTOBER))
        found = date(year, _OCTOBER, last)
        if datetime.combine(found, _NIGHT, here.tzinfo) - here > _A_LITTLE:
            break
    return found


def _in_a_year(today: date) -> date:
    last = today.replace(day=1, year=today.year + 1)
    return min(last + timedelta(days=today.day - 1), _next_month(last) - timedelta(days=1))
