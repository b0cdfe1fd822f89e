"""What an answer says of earlier ones to the same question: what rose, fell, is new, is gone. Pure.

Which runs may be compared is decided elsewhere (`bot/answers/earlier.py`); here they are chosen by their days alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from bot.answers.answer import keys_shown, label, title
from bot.answers.differences import Change, Comparison, Key, compare
from bot.answers.engine.document import MOST_ROWS, Found, Grouped
from bot.answers.plan import KEPT, Plan, goes_with_time
from bot.cards.figures import Answer, Cell, Column, Table, number
from bot.cards.names import Names
from bot.cards.text import day
from bot.questions import periods
from bot.questions.periods import Days

_MOVERS: Final = 2  #: that a sentence names of what rose, and of what fell
_NAMED: Final = 3  #: that it names of what is new, and of what is gone
_GONE_ROWS: Final = 10  #: of a table
_LATE: Final = timedelta(days=7)  #: usage of a day is known a day or two later; a change after so many is Autodesk's


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a question: the id of its answer, the days that it asked for (None: all), when it was answered.

    `known_through` is the last day of which usage was known as it was asked, where it asked for more.
    """

    answer: int
    days: Days | None
    at: datetime
    known_through: date | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """The runs that one is compared with: the last of the same days, and the last of days before those."""

    same: Run | None = None
    other: Run | None = None


def earlier(now: Run, runs: Iterable[Run]) -> Earlier:
    """Return which of some runs that were answered before it a run is compared with.

    Of other days those that are as long come first, then those that ended last. All days are compared with all days,
    and with nothing else.
    """
    known = sorted(runs, key=lambda run: (run.at, run.answer))
    same = [run for run in known if run.days == now.days]
    others = [
        ((_is_fair(run.days, now.days), run.days.last), place)
        for place, run in enumerate(known)
        if run.days is not None and _is_before(run.days, now.days)
    ]
    return Earlier(same[-1] if same else None, known[max(others)[1]] if others else None)


def compared(
    answer: Answer, plan: Plan, names: Names, now: tuple[Run, Found], before: Sequence[tuple[Run, Found]]
) -> Answer:
    """Return an answer with what it says of earlier runs; that of other days comes first and has the table's columns.

    Its table gets them only where it is the one that names nobody.
    """
    run, found = now
    for then, found_then in sorted(before, key=lambda each: each[0].days == run.days):
        difference = _Difference(
            run, then, compare(found, found_then, plan), plan, names, found.sha256 == found_then.sha256
        )
        said = tuple(difference.sentences())
        if said and not answer.comparison:
            answer = replace(answer, table=difference.table(answer, found))
        notes = tuple(each for each in difference.notes() if each not in answer.notes) if said else ()
        answer = replace(answer, comparison=(*answer.comparison, *said), notes=(*answer.notes, *notes))
    return answer


@dataclass(frozen=True, slots=True)
class _Difference:
    now: Run
    then: Run
    comparison: Comparison
    plan: Plan
    names: Names
    is_same_file: bool

    # --- what kind of comparison it is ----------------------------------------------------------------------------

    @property
    def _is_again(self) -> bool:
        """Whether it is about the same days."""
        return self.now.days == self.then.days

    @property
    def _is_fair(self) -> bool:
        return self._is_again or (
            self.now.days is not None and self.then.days is not None and _is_fair(self.then.days, self.now.days)
        )

    @property
    def _tells_groups(self) -> bool:
        """Whether groups of both runs can be the same: days and months of other periods cannot."""
        return bool(self.comparison.changes) and (self._is_again or not goes_with_time(self.comparison.by))

    # --- sentences ------------------------------------------------------------------------------------------------

    def sentences(self) -> Iterator[str]:
        """Yield what there is to say; nothing where nothing can be compared."""
        if self._is_again and (self.is_same_file or (self.comparison.totals and self.comparison.is_same)):
            yield f"The figures are the same as on {self._when}."
        elif self.comparison.totals:
            totals = "; ".join(self._totals())
            yield f"{self._since()}{totals}{self._movers()}.{self._come_and_gone()}"

    def _since(self) -> str:
        if not self._is_again:
            return ""
        if self.then.known_through is not None:
            known = f"usage was known only through {day(self.then.known_through)}"
            return f"Since {self._when}, when {known}, more has become known. "
        if self.now.days is None:
            return f"The figures have changed since {self._when}. "
        if self.then.at.date() <= self.now.days.last:
            return f"Since {self._when}, when these days were not over, more has become known. "
        if self.then.at.date() - self.now.days.last <= _LATE:
            return f"The figures of these days have changed since {self._when}. "
        return f"Autodesk has changed the figures of these days since {self._when}. "

    @property
    def _when(self) -> str:
        same_day = self.then.at.date() == self.now.at.date()
        return f"{day(self.then.at)} at {self.then.at:%H:%M} UTC" if same_day else day(self.then.at)

    def _totals(self) -> Iterator[str]:
        than = "" if self._is_again else f" than {_joined_to_days(self.then.days)}"
        for place, (measure, change) in enumerate(self.comparison.totals.items()):
            named = (
                title(measure, self.plan, self.names) if place == 0 else _lowered(title(measure, self.plan, self.names))
            )
            rate = change if self._is_fair else self._per_day(change)
            begin = f"{named}: " if self._is_fair else f"{named}: {number(rate.now)} a day, "
            yield f"{begin}{_more(rate)}{than if place == 0 else ''}{_percent(rate)}"
        if self.comparison.people is not None and self._is_fair and self.comparison.people.amount:
            yield f"different users: {_more(self.comparison.people)}"

    def _per_day(self, change: Change) -> Change:
        then, now = self.then.days, self.now.days
        if then is None or now is None:
            raise AssertionError("all days are compared with all days alone")
        return Change(change.before / _length(then), change.now / _length(now))

    def _movers(self) -> str:
        """Return what rose and what fell most, of what was there both times; of several numbers it says in which."""
        measure = self.comparison.measure
        if measure is None or not (self._is_fair and self._tells_groups):
            return ""
        of = f"{_lowered(title(measure, self.plan, self.names))} " if len(self.comparison.totals) > 1 else ""
        stayed = [(key, each) for key, each in self.comparison.changes.items() if each.was_there and each.is_there]
        ordered = sorted(stayed, key=lambda each: each[1].amount)
        fell = [self._mover(*each) for each in ordered[:_MOVERS] if each[1].amount < 0]
        rose = [self._mover(*each) for each in ordered[::-1][:_MOVERS] if each[1].amount > 0]
        parts = [f"{word} most for {_and(moved)}" for word, moved in (("up", rose), ("down", fell)) if moved]
        return f"; {of}{', '.join(parts)}" if parts and len(stayed) > 1 else ""

    def _mover(self, key: Key, change: Change) -> str:
        return f"{label(self.comparison.by, key, self.names)} ({_signed(change.amount)})"

    def _come_and_gone(self) -> str:
        """Return what is new and what is gone; of unequal periods only what the longer one cannot explain."""
        if not self._tells_groups:
            return ""
        changes = self.comparison.changes.items()
        new = [key for key, each in changes if not each.was_there] if self._may_be_new else []
        gone = [key for key, each in changes if not each.is_there] if self._may_be_gone else []
        return "".join(f" {word}: {self._list(keys)}." for word, keys in (("New", new), ("Gone", gone)) if keys)

    @property
    def _may_be_new(self) -> bool:
        return self._is_fair or self._longer < 0

    @property
    def _may_be_gone(self) -> bool:
        return self._is_fair or self._longer > 0

    @property
    def _longer(self) -> int:
        """By how many days the period is longer than the one before."""
        return _length(self.now.days) - _length(self.then.days) if self.now.days and self.then.days else 0

    def _list(self, keys: Sequence[Key]) -> str:
        said = [label(self.comparison.by, key, self.names) for key in keys[:_NAMED]]
        return _and([*said, f"{len(keys) - _NAMED:,} more"] if len(keys) > _NAMED else said)

    # --- what must not be misread ---------------------------------------------------------------------------------

    def notes(self) -> Iterator[str]:
        """Yield what bounds the comparison."""
        if self.now.days is not None and self.then.days is not None and not self._is_again:
            yield from self._notes_on_days(self.now.days, self.then.days)
        if not self.comparison.is_whole and self._tells_groups:
            yield f"Of an answer the first {KEPT} groups are kept, so smaller ones are not compared."

    def _notes_on_days(self, now: Days, then: Days) -> Iterator[str]:
        lengths = f"{_length(now)} and {_length(then)} days"
        if not self._is_fair:
            yield f"The two periods have {lengths}, so they are compared per day."
        elif self._longer and self.comparison.totals:
            measure, change = next(iter(self.comparison.totals.items()))
            rate = self._per_day(change)
            said = (
                f"{number(rate.now)} and {number(rate.before)} {_lowered(title(measure, self.plan, self.names))} a day"
            )
            yield f"The two periods have {lengths}: that is {said}."
        shared = (min(now.last, then.last) - max(now.first, then.first)).days + 1
        if shared > 0:
            yield f"The two periods have {shared:,} {'day' if shared == 1 else 'days'} in common."
        for run, which in ((self.now, "this"), (self.then, "the earlier")):
            if run.known_through is not None:
                yield f"When {which} file was asked for, usage was known only through {day(run.known_through)}."

    # --- the table ------------------------------------------------------------------------------------------------

    def table(self, answer: Answer, found: Found) -> Table | None:
        """Return the answer's table with columns for then and for the change, and rows for what is gone."""
        place, table = self.plan.for_all, answer.table
        if table is None or place is None or answer.names_people or not (self._is_fair and self._tells_groups):
            return table
        grouped = found.grouped[place]
        if self.comparison.measure != grouped.grouping.measures[grouped.grouping.order] or self.comparison.is_same:
            return table
        at = len(grouped.grouping.by) + 1
        shown = zip(table.rows, grouped.rows, strict=False)
        rows = [(*row[:at], *_cells(self.comparison.changes.get(group.keys)), *row[at:]) for row, group in shown]
        gone = self._gone(grouped, len(table.columns) - at)[: MOST_ROWS - len(rows)]
        titles = Column(self._title, is_number=True), Column("Change", is_number=True), Column("%", is_number=True)
        columns = (*table.columns[:at], *titles, *table.columns[at:])
        return replace(table, columns=columns, rows=(*rows, *gone), groups=table.groups + len(gone))

    @property
    def _title(self) -> str:
        return periods.words(self.then.days) if not self._is_again else self._when

    def _gone(self, grouped: Grouped, others: int) -> list[tuple[Cell, ...]]:
        gone = [(key, each) for key, each in self.comparison.changes.items() if not each.is_there]
        by = grouped.grouping.by
        return [
            (*keys_shown(by, key, self.names), _plain(change.now), *_cells(change), *([None] * others))
            for key, change in gone[:_GONE_ROWS]
        ]


def _cells(change: Change | None) -> tuple[Cell, Cell, Cell]:
    if change is None:  # smaller than what is kept
        return None, None, None
    if not change.was_there or not change.is_there:
        return _plain(change.before), _plain(change.amount), "gone" if change.was_there else "new"
    percent = change.percent
    return _plain(change.before), _plain(change.amount), None if percent is None else round(percent, 1)


def _plain(value: Decimal) -> Decimal:
    return value + 0  # so that nothing is less than nothing


# --- days -------------------------------------------------------------------------------------------------------


def _length(days: Days) -> int:
    return (days.last - days.first).days + 1


def _is_before(then: Days, now: Days | None) -> bool:
    return now is not None and then.last < now.last and then.first <= now.first


def _is_fair(then: Days, now: Days | None) -> bool:
    """Return whether two periods are as long as each other, months being as long as months."""
    if now is None:
        return False
    return _length(then) == _length(now) or (_whole_months(then) == _whole_months(now) != 0)


def _whole_months(days: Days) -> int:
    """Return how many months these days are; 0 where they are not whole."""
    after = days.last + timedelta(days=1)
    if days.first.day != 1 or after.day != 1:
        return 0
    return (after.year - days.first.year) * 12 + after.month - days.first.month


def _joined_to_days(days: Days | None) -> str:
    """Return days as they follow "than": "in October 2026", "on 3 October 2026", "from 1 to 15 October 2026"."""
    said = periods.words(days)
    if days is not None and days.first == days.last:
        return f"on {said}"
    return f"in {said}" if not said[:1].isdigit() or said.isdigit() else f"from {said}"


# --- words ------------------------------------------------------------------------------------------------------


def _more(change: Change) -> str:
    if not change.amount:
        return "no more and no less"
    return f"{number(abs(change.amount))} {'more' if change.amount > 0 else 'less'}"


def _percent(change: Change) -> str:
    percent = change.percent
    if percent is None or not (rounded := round(percent, 1 if abs(percent) < 1 else 0)):
        return ""
    return f" ({_signed(rounded)} %)"


def _signed(value: Decimal) -> str:
    return f"{'+' if value > 0 else ''}{number(value)}"


def _lowered(title: str) -> str:
    return title[:1].lower() + title[1:]


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
