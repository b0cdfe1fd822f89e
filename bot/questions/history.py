"""Exports of before, found by such words as `revit`, `@ana`, `failed`, `october` and `#finance`, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlite_utils import Database as Connection

from bot.cards.export_list import PAGE, Listed, Turn
from bot.cards.faces import STATE_WORDS
from bot.people.access import Access
from bot.people.asker import Asker
from bot.questions import periods
from bot.questions.periods import Days, PeriodError, Relative
from bot.runtime.clock import Clock
from storage import export_search
from storage.database import Database
from storage.export_search import Sought
from storage.models import Export

_MOST_PEOPLE: Final = 50  #: of whom Slack is asked what they are called
_LONGEST_NAME: Final = 4  #: words
_LONGEST_PERIOD: Final = 3  #: words
_MOST_DIGITS: Final = 18  #: of a number, so that it fits the database
_ALL: Final = frozenset({"all", "everything"})


@dataclass(frozen=True, slots=True)
class Known:
    """What words can mean for somebody: people and channels by their names, in small letters, and the days."""

    people: Mapping[str, str]
    channels: Mapping[str, str]
    today: date
    zone: str


class History:
    """Shows the exports that somebody may see: their own, and those of the channel where they ask."""

    def __init__(self, database: Database, access: Access, clock: Clock) -> None:
        self._database = database
        self._access = access
        self._clock = clock

    async def page(self, turn: Turn, asker: Asker) -> Listed:
        """Return the exports that words mean, on the page that was turned to."""
        sought, strange = read(turn.words, await self._known(turn.words, asker))
        if strange:
            return Listed((), turn.words, strange)
        found = await self._database.read(_page, asker.person, asker.channel, sought, turn.before, turn.after)
        backwards = bool(turn.after)
        shown = found[-PAGE:] if backwards else found[:PAGE]
        more = len(found) > PAGE
        newer = more if backwards else bool(turn.before)
        older = True if backwards else more
        return Listed(
            shown,
            turn.words,
            newer=Turn(turn.words, after=shown[0].number) if newer and shown else None,
            older=Turn(turn.words, before=shown[-1].number) if older and shown else None,
        )

    async def _known(self, words: Sequence[str], asker: Asker) -> Known:
        people, channels = {"me": asker.person}, dict[str, str]()
        if any(word.startswith("@") for word in words):
            there = await self._database.read(export_search.requesters_in, asker.channel)
            seen = dict.fromkeys((asker.person, *there[:_MOST_PEOPLE]))
            named = await self._access.names_of_people(tuple(seen))
            people |= {name: person for person in reversed(seen) for name in (person.casefold(), *named[person])}
        if any(word.startswith("#") for word in words):
            channels = {name.casefold(): each for each, name in (await self._access.names_of_channels(asker)).items()}
            channels[asker.channel.casefold()] = asker.channel
        zone = await self._access.zone(asker) if words else ""
        return Known(people, channels, periods.today_in(zone, self._clock.now()), zone)


def _page(db: Connection, person: str, channel: str, sought: Sought, before: int, after: int) -> tuple[Export, ...]:
    return export_search.listing(
        db,
        requester=person,
        channel=channel,
        limit=PAGE + 1,
        sought=sought,
        before=before or None,
        after=after or None,
    )


def read(words: Sequence[str], known: Known) -> tuple[Sought, tuple[str, ...]]:
    """Return what words look for, and those that name nobody and no channel."""
    sought, strange, at = Sought(), list[str](), 0
    while at < len(words):
        person, length = _person(words[at:], known.people)
        days, long = _days_at(words[at:], known.today)
        if person:
            found: Sought | None = replace(sought, requesters=(*sought.requesters, person))
        elif days:
            found, length = _with_days(sought, days, known.zone), long
        else:
            found = _with(sought, words[at], known)
        strange += [] if found else [words[at]]
        sought, at = found or sought, at + length
    return sought, tuple(strange)


def _with(sought: Sought, word: str, known: Known) -> Sought | None:
    """Return what one word more looks for; None where it names nobody, or no channel."""
    plain, name = word.casefold(), word[1:].casefold()
    if word.startswith("#") and name.isascii() and name.isdigit() and len(name) <= _MOST_DIGITS:
        return replace(sought, numbers=(*sought.numbers, int(name)))
    if word.startswith(("@", "#")):
        channel = known.channels.get(name) if word.startswith("#") else None
        return replace(sought, channels=(*sought.channels, channel)) if channel else None
    if plain in STATE_WORDS:
        return replace(sought, states=(*sought.states, *STATE_WORDS[plain]))
    return sought if plain in _ALL else replace(sought, texts=(*sought.texts, word))


def _with_days(sought: Sought, days: Days, zone: str) -> Sought:
    """Return what is sought on these days as well: in what both have in common, else from the first to the last."""
    ends = (days.first, days.last + timedelta(days=1))
    since, until = (datetime.combine(day, time(), periods.zone_of(zone)) for day in ends)
    if sought.since and sought.until:
        first, last = max(since, sought.since), min(until, sought.until)
        apart = (min(since, sought.since), max(until, sought.until))
        since, until = (first, last) if first < last else apart
    return replace(sought, since=since, until=until)


def _days_at(words: Sequence[str], today: date) -> tuple[Days | None, int]:
    """Return the days that the words begin with, such as `october 2026`, and how many words say so."""
    if words[0].casefold() in STATE_WORDS:
        return None, 1
    for length in range(min(_LONGEST_PERIOD, len(words)), 0, -1):
        if days := _days(" ".join(words[:length]), today):
            return days, length
    return None, 1


def _person(words: Sequence[str], people: Mapping[str, str]) -> tuple[str, int]:
    """Return whom the words begin with, "" for nobody, and how many words their name has."""
    for length in range(min(_LONGEST_NAME, len(words)), 0, -1):
        name = " ".join(words[:length]).casefold()
        if name.startswith("@") and name[1:] in people:
            return people[name[1:]], length
    return "", 1


def _days(text: str, today: date) -> Days | None:
    """Return the days on which exports were asked for, today among them."""
    begins = {Relative.THIS_MONTH: today.replace(day=1), Relative.YEAR_TO_DATE: today.replace(month=1, day=1)}
    try:
        period = periods.parse(text, today)
        if isinstance(period, Days):
            return period
        if period in begins:
            return Days(begins[period], today)
        days = periods.days_of(period, today)
    except PeriodError:
        return None
    return days if days is None or period is Relative.LAST_MONTH else Days(days.first, today)
