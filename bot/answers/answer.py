"""What the engine found becomes an answer: a finding in one sentence, facts, a table, series and a receipt. Pure."""

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from bot.answers.engine.document import Count, Found, Group, Grouped, Measure, Moment
from bot.answers.plan import DAY, SESSION, Plan
from bot.cards.figures import (
    Answer,
    Cell,
    Column,
    Fact,
    Point,
    Receipt,
    Series,
    Shape,
    Table,
    cell_text,
    counted,
    number,
)
from bot.cards.names import Names
from bot.cards.text import flat, shorten
from bot.questions import periods
from bot.questions.periods import Days, PeriodError
from bot.signs import visible

_TEXT: Final = 80  #: characters of a value that are shown
_LABEL: Final = 120  #: characters of what a group is called
_MOST_POINTS: Final = 20  #: of a chart (source: Slack, `data_visualization`: categories)
_MOST_SLICES: Final = 6  #: of a pie (source: Slack, `data_visualization`: the lower of two published figures)
_ROWS: Final = "Rows"
_NUMBERS: Final = frozenset({"quantity", "useCount"})  #: metrics whose names are those of numbers
_NOBODY: Final = "Rows without a value stand under (empty)."
_HIDDEN: Final = "Names of people are not shown here."
_UNMEASURED: Final = "The server of the file did not say how long it is, so nobody knows whether all of it came."
_MACHINES: Final = "Arnold, RenderNode and VRED count machines as users, so not all of these are people."


def answer_of(found: Found, plan: Plan, names: Names, *, people: bool, days: Days | None = None) -> Answer:
    """Return the answer; without `people` nothing in it names anybody, and they are counted instead.

    `days` were asked for: they are the period of a file that has no days of its own.
    """
    return _Writing(found, plan, names, people, days).answer()


@dataclass(frozen=True, slots=True)
class _Writing:
    found: Found
    plan: Plan
    names: Names
    people: bool
    days: Days | None

    def answer(self) -> Answer:
        table = self._table() if self.found.kept else None
        series = tuple(self._series()) if self.found.kept else ()
        return Answer(
            self._finding(),
            tuple(self._facts()),
            self._receipt(),
            self._period(),
            table,
            series,
            (*self._notes(table), *self._cut(series)),
            self.people and bool(self._personal(self._main)),
        )

    # --- what there is --------------------------------------------------------------------------------------------

    @property
    def _main(self) -> Grouped | None:
        """The grouping that is shown, as much of it as is shown."""
        place = self.plan.main if self.people else self.plan.for_all
        if place is None:
            return None
        grouped = self.found.grouped[place]
        return replace(grouped, rows=grouped.rows[: self.plan.top])

    def _personal(self, grouped: Grouped | None) -> set[str]:
        return set(grouped.grouping.by) & self.plan.personal if grouped else set()

    def _facts(self) -> Iterator[Fact]:
        yield from (Fact(self.names.title(name), total) for name, total in self.found.totals.items())
        yield from (Fact(self.names.title(name), value) for name, value in self.found.alone.items())
        if self.found.people is not None:
            yield Fact(self.names.title("uniqueUsers"), self.found.people)

    def _receipt(self) -> Receipt:
        last = self.found.last_day if self.plan.task.days == DAY else None
        return Receipt(self.found.rows, self.found.size, self.found.sha256, last)

    def _period(self) -> str:
        first, last = self.found.first_day, self.found.last_day
        if first is None or last is None:
            return periods.words(self.days) if self.days else ""
        if self.plan.task.days == "usageMonth":
            last = last.replace(day=monthrange(last.year, last.month)[1])
        try:
            return periods.words(Days(first, last))
        except PeriodError:  # years that nobody means
            return ""

    def _notes(self, table: Table | None) -> Iterator[str]:
        if not self.found.is_measured:
            yield _UNMEASURED
        for name in self.plan.task.lone:
            if name not in self.found.alone:
                yield f"{self.names.title(name)} cannot be added up: one may count in several rows."
        if self.found.people is not None and self.found.machines:
            yield _MACHINES
        if table and any("" in row for row in table.rows):
            yield _NOBODY
        if not self.people and self.plan.main != self.plan.for_all:
            yield _HIDDEN

    def _cut(self, series: Sequence[Series]) -> Iterator[str]:
        """Say which weeks or months at the ends of a chart have fewer days than the others."""
        first, last = (self.days.first, self.days.last) if self.days else (self.found.first_day, self.found.last_day)
        if self.plan.task.days != DAY or first is None or last is None:
            return
        after = last + timedelta(1)
        for each in series:
            if each.by in _SPANS:
                start, label = _SPANS[each.by]
                ends = [
                    word
                    for word, point, day, is_cut in (
                        ("first", each.points[0], first, start(first) != first),
                        ("last", each.points[-1], last, start(after) != after),
                    )
                    if is_cut and point.label == label(start(day))
                ]
                if ends:
                    yield f"The {_and(ends)} {each.by.lower()} of the chart {'are' if ends[1:] else 'is'} not whole."

    # --- table ----------------------------------------------------------------------------------------------------

    def _table(self) -> Table | None:
        grouped = self._main
        if grouped is None or not grouped.rows:
            return None
        by, shown = grouped.grouping.by, self._shown(grouped)
        keys = (Column(self.names.title(name), is_personal=name in self.plan.personal) for name in by)
        figures = (self._column(grouped.grouping.measures[place]) for place in shown)
        rows = tuple(
            (*keys_shown(by, row.keys, self.names), *(row.figures[place] for place in shown)) for row in grouped.rows
        )
        return Table(self._caption(grouped), (*keys, *figures), rows, grouped.groups)

    def _shown(self, grouped: Grouped) -> list[int]:
        """Return the places of the measures that are true; the one that gives the order comes first."""
        measures = grouped.grouping.measures
        places = [place for place, each in enumerate(measures) if grouped.is_single or each.count is not Count.ALONE]
        return sorted(places, key=lambda place: place != grouped.grouping.order)

    def _column(self, measure: Measure) -> Column:
        return Column(self._title(measure), is_number=measure.count is not Count.NEWEST)

    def _title(self, measure: Measure) -> str:
        return title(measure, self.plan, self.names)

    def _caption(self, grouped: Grouped) -> str:
        first = grouped.grouping.measures[grouped.grouping.order]
        return f"{self._title(first)} by {_and([self.names.noun(name) for name in grouped.grouping.by])}"

    def _label(self, grouped: Grouped, row: Group) -> str:
        return label(grouped.grouping.by, row.keys, self.names)

    # --- charts ---------------------------------------------------------------------------------------------------

    def _series(self) -> Iterator[Series]:
        if self.found.timelines:
            yield from self._over_time()
        grouped = self._main
        if grouped and self._sum_of(grouped) and not set(grouped.grouping.by) & {DAY, "usageMonth"}:
            yield self._shares(grouped)

    def _over_time(self) -> Iterator[Series]:
        of = self.names.title(self.plan.task.timelines[0].metrics[0])
        unit, points = _fitted(self.found.timelines)
        if len(points) > 1:
            yield Series(f"{of} by {unit}", unit.capitalize(), of, Shape.LINE, points)

    def _sum_of(self, grouped: Grouped) -> Measure | None:
        measure = grouped.grouping.measures[grouped.grouping.order]
        return measure if measure.count in {Count.SUM, Count.ROWS} and len(grouped.rows) > 1 else None

    def _shares(self, grouped: Grouped) -> Series:
        """Return the first groups with the rest as "other"."""
        measure = grouped.grouping.measures[grouped.grouping.order]
        figures = ((self._label(grouped, row), row.figures[grouped.grouping.order]) for row in grouped.rows)
        every = [Point(label, Decimal(value)) for label, value in figures if isinstance(value, (Decimal, int))]
        points = _told_apart(every[: _MOST_POINTS - 1])
        rest = self._total(measure) - sum((point.value for point in points), Decimal(0))
        if grouped.groups > len(points):
            points.append(Point("other", rest))
        is_pie = len(points) <= _MOST_SLICES and all(point.value > 0 for point in points)
        by = _and([self.names.noun(name) for name in grouped.grouping.by])
        of, shape = self._title(measure), Shape.PIE if is_pie else Shape.BAR
        personal = bool(self._personal(grouped))
        return Series(f"{of} by {by}", f"{by[:1].upper()}{by[1:]}", of, shape, tuple(points), personal)

    def _total(self, measure: Measure) -> Decimal:
        return self.found.totals[measure.column] if measure.count is Count.SUM else Decimal(self.found.kept)

    # --- the sentence ---------------------------------------------------------------------------------------------

    def _finding(self) -> str:
        if not self.found.rows:
            return "There was no usage: the file has a header and no rows."
        if not self.found.kept:
            return f"None of the file's {counted(self.found.rows, 'rows')} fits the condition."
        grouped = self._main
        if grouped is None or not grouped.rows:
            return f"{self._in_all()}."
        measure = grouped.grouping.measures[grouped.grouping.order]
        if grouped.grouping.ascending:
            return self._least(grouped, measure)
        return f"{self._in_all()}{self._most(grouped, measure)}."

    def _in_all(self) -> str:
        """Return what all of it comes to: "63,230 tokens by 33 people"."""
        totals = [self._amount(name, total) for name, total in self.found.totals.items()]
        if not totals or rows_title(self.plan) != _ROWS:
            totals.insert(0, counted(self.found.kept, _lowered(rows_title(self.plan))))
        said = _and(totals)
        said = f"{said[:1].upper()}{said[1:]}"
        if self.found.people is not None:
            said += f" by {counted(self.found.people, 'users')}"
        period = self._period()
        return f"{said}, {period}" if period else said

    def _amount(self, name: str, value: Decimal | int) -> str:
        words = _lowered(self.names.title(name))
        return f"{words} {number(value)}" if name in _NUMBERS else counted(value, words)

    def _most(self, grouped: Grouped, measure: Measure) -> str:
        """Return who or what is first: "; most for Revit: 8,310 tokens (13 %)"; "" where there is nothing to tell.

        An empty key is nobody's, so the next is.
        """
        first = next((row for row in grouped.rows if "" not in row.keys), grouped.rows[0])
        value = first.figures[grouped.grouping.order]
        if not isinstance(value, (Decimal, int)) or value <= 0:
            return ""
        joint = "on" if grouped.grouping.by == (DAY,) else "in" if grouped.grouping.by == ("usageMonth",) else "for"
        said = self._amount(measure.column, value) if measure.column else counted(value, _lowered(self._title(measure)))
        return f"; most {joint} {self._label(grouped, first)}: {said}{self._share(measure, value)}"

    def _share(self, measure: Measure, value: Cell) -> str:
        if measure.count not in {Count.SUM, Count.ROWS} or not isinstance(value, (Decimal, int)):
            return ""
        total = self._total(measure)
        share = round(value * 100 / total) if 0 < value <= total else 0
        return f" ({share} %)" if share else ""

    def _least(self, grouped: Grouped, measure: Measure) -> str:
        """Return who is first where the least matters: the fewest days, the longest ago."""
        first, value = grouped.rows[0], grouped.rows[0].figures[grouped.grouping.order]
        key, of = self._label(grouped, first), f"of {grouped.groups:,}"
        if measure.count is Count.NEWEST:
            return f"Longest without use: {key}, last on {cell_text(value)} ({of} that ever used something)."
        return f"Used on the fewest days: {key}, {cell_text(value)} ({of})."


def title(measure: Measure, plan: Plan, names: Names) -> str:
    """Return what a column of figures is called."""
    match measure.count:
        case Count.ROWS:
            return rows_title(plan)
        case Count.NEWEST:
            return "Last day"
        case Count.DISTINCT:
            return "Days" if measure.column == DAY else names.title("uniqueUsers")
        case Count.SUM | Count.ALONE:
            return names.title(measure.column)


def rows_title(plan: Plan) -> str:
    """Return what a row of the file is."""
    columns = {each.name for each in plan.task.columns}
    if SESSION not in columns:
        return _ROWS
    return "Entries" if columns & {"reasonType", "reasonComment", "transactionDate"} else "Sessions"


def keys_shown(by: Sequence[str], keys: Sequence[Cell], names: Names) -> list[Cell]:
    """Return the values that a group is of, as they can be read; categories by their names."""
    said = (
        names.title(key) if name == "usageCategory" and isinstance(key, str) and key else key
        for name, key in zip(by, keys, strict=True)
    )
    return [_shown(key) for key in said]


def label(by: Sequence[str], keys: Sequence[Cell], names: Names) -> str:
    """Return what a group is called in a sentence, which has to stay one however many columns there are."""
    return shorten(" · ".join(map(cell_text, keys_shown(by, keys, names))), _LABEL)


def _shown(key: Cell) -> Cell:
    """Return a value of the file as it can be read: on one line, in one direction, not too long."""
    return shorten(visible(flat(key)).strip(), _TEXT) if isinstance(key, str) else key


def _told_apart(points: Sequence[Point]) -> list[Point]:
    """Return points whose labels are all different, as a chart needs them: what was cut may be alike."""
    seen: dict[str, int] = {}
    told = []
    for point in points:
        times = seen[point.label] = seen.get(point.label, 0) + 1
        told.append(point if times == 1 else Point(f"{point.label} ({times})", point.value))
    return told


def _lowered(title: str) -> str:
    return title[:1].lower() + title[1:]


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


# --- time ---------------------------------------------------------------------------------------------------------


def _fitted(timelines: Sequence[Sequence[Moment]]) -> tuple[str, tuple[Point, ...]]:
    """Return the finest unit in which all of it fits into a chart, and its points; the newest months if none does."""
    *days, months = timelines
    if days and days[0]:
        for unit, start, step in (("day", _itself, 1), ("week", _monday, 7)):
            if (start(days[0][-1].day) - start(days[0][0].day)).days <= (_MOST_POINTS - 1) * step:
                return unit, _points(days[0], start, lambda day, step=step: day + timedelta(step), date.isoformat)  # type: ignore[misc]
    return "month", _points(months, _itself, _next_month, _month_label)[-_MOST_POINTS:]


def _points(
    moments: Sequence[Moment],
    start: Callable[[date], date],
    following: Callable[[date], date],
    label: Callable[[date], str],
) -> tuple[Point, ...]:
    """Return a point for each span of time between the first and the last, those without usage among them."""
    if not moments:
        return ()
    sums: dict[date, Decimal] = {}
    at, last = start(moments[0].day), start(moments[-1].day)
    while at <= last:
        sums[at] = Decimal(0)
        at = following(at)
    for moment in moments:
        sums[start(moment.day)] += moment.sums[0]
    return tuple(Point(label(day), value) for day, value in sums.items())


def _itself(day: date) -> date:
    return day


def _monday(day: date) -> date:
    return day - timedelta(day.weekday())


def _month(day: date) -> date:
    return day.replace(day=1)


def _next_month(day: date) -> date:
    return (day + timedelta(31)).replace(day=1)


def _month_label(day: date) -> str:
    return f"{day:%Y-%m}"


#: By what a chart is called: where such a span begins, and its label.
_SPANS: Final[Mapping[str, tuple[Callable[[date], date], Callable[[date], str]]]] = {
    "Week": (_monday, date.isoformat),
    "Month": (_month, _month_label),
}
