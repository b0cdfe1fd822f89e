"""Two runs of one question, number by number: what may be added up, of all and of each group. Pure.

Nothing in it is by a column that names people: such groups are not kept of an answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Final

from bot.answers.engine.document import Count, Found, Grouped, Measure
from bot.answers.plan import SESSION, Plan
from bot.cards.figures import Cell

Key = tuple[Cell, ...]
_DIGITS: Final = 60  #: more than any sum of the engine's has
_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Change:
    """A number then and now; one that `was_there` or `is_there` not is that of a group which had no rows."""

    before: Decimal
    now: Decimal
    was_there: bool = True
    is_there: bool = True

    @property
    def amount(self) -> Decimal:
        """How much more it is than it was, to the last digit."""
        with localcontext(prec=_DIGITS):
            return self.now - self.before

    @property
    def percent(self) -> Decimal | None:
        """How much more that is, in percent; None where nothing was there of which it could be a part."""
        return self.amount * 100 / self.before if self.before > 0 else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Then and now: the totals, the number of people, and the groups by `measure`, in today's order, then those gone.

    Groups are left out of which nobody knows whether the other run had them: `is_whole` says that none is. `measure` is
    None where no groups can be compared.
    """

    totals: Mapping[Measure, Change]
    people: Change | None = None
    by: tuple[str, ...] = ()
    measure: Measure | None = None
    changes: Mapping[Key, Change] = field(default_factory=dict)
    is_whole: bool = True

    @property
    def is_same(self) -> bool:
        """Whether nothing that is compared has changed."""
        every = [*self.totals.values(), *self.changes.values(), *([self.people] if self.people else [])]
        return not any(each.amount for each in every)


def compare(now: Found, before: Found, plan: Plan) -> Comparison:
    """Return what two runs of the question of `plan` have in common."""
    totals = {each: Change(_total(before, each), _total(now, each)) for each in _added(plan)}
    people = None
    if now.people is not None and before.people is not None:
        people = Change(Decimal(before.people), Decimal(now.people))
    pair = _pair(now, before, plan)
    measure = _measure(*pair) if pair else None
    if pair is None or measure is None:
        return Comparison(totals, people)
    changes = dict(_changes(*pair, measure))
    return Comparison(totals, people, pair[0].grouping.by, measure, changes, all(map(_is_whole, pair)))


def _added(plan: Plan) -> Iterator[Measure]:
    """Yield what is added up over the whole file; rows only where each is something that happened."""
    yield from (Measure(Count.SUM, name) for name in plan.task.adds)
    if any(each.name == SESSION for each in plan.task.columns):
        yield Measure(Count.ROWS)


def _total(found: Found, measure: Measure) -> Decimal:
    return Decimal(found.kept) if measure.count is Count.ROWS else found.totals[measure.column]


def _pair(now: Found, before: Found, plan: Plan) -> tuple[Grouped, Grouped] | None:
    """Return the groups of both runs that name nobody, where both are by the same columns, in whatever order."""
    if plan.for_all is None:
        return None
    grouped = now.grouped[plan.for_all]
    by = set(grouped.grouping.by)
    earlier = next((each for each in before.grouped if set(each.grouping.by) == by), None)
    return None if earlier is None or by & plan.personal else (grouped, earlier)


def _measure(now: Grouped, before: Grouped) -> Measure | None:
    """Return what groups are compared by: what gives their order, if that may be added up, else what comes first."""
    first = now.grouping.measures[now.grouping.order]
    may_be = [each for each in (first, *now.grouping.measures) if each.count in {Count.SUM, Count.ROWS}]
    return next((each for each in may_be if each in before.grouping.measures), None)


def _changes(now: Grouped, before: Grouped, measure: Measure) -> Iterator[tuple[Key, Change]]:
    today, then = _by_key(now, now.grouping.by, measure), _by_key(before, now.grouping.by, measure)
    for key, value in today.items():
        if key in then or _is_whole(before):
            yield key, Change(then.get(key, _NOTHING), value, was_there=key in then)
    for key, value in then.items():
        if key not in today and _is_whole(now):
            yield key, Change(value, _NOTHING, is_there=False)


def _by_key(grouped: Grouped, by: tuple[str, ...], measure: Measure) -> dict[Key, Decimal]:
    """Return a number for each group by these columns; texts that were cut to the same are one group."""
    order = [grouped.grouping.by.index(name) for name in by]
    place = grouped.grouping.measures.index(measure)
    found: dict[Key, Decimal] = {}
    with localcontext(prec=_DIGITS):
        for row in grouped.rows:
            key, value = tuple(row.keys[at] for at in order), row.figures[place]
            found[key] = found.get(key, _NOTHING) + (Decimal(value) if isinstance(value, (Decimal, int)) else _NOTHING)
    return found


def _is_whole(grouped: Grouped) -> bool:
    return grouped.groups <= len(grouped.rows)
