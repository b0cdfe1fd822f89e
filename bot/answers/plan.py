"""What is asked of the file of a request: which table, which series, what may be added up. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.answers.engine.document import (
    MOST_ROWS,
    Compared,
    Count,
    Grouping,
    Joined,
    Kind,
    Measure,
    Source,
    Task,
    Timeline,
    Where,
)
from bot.cards.query import TOP
from bot.tokenflex import condition
from bot.tokenflex.catalogue import CATEGORIES, METRICS, Catalogue
from bot.tokenflex.condition import Comparison, Condition
from bot.tokenflex.models import ExportRequest

#: Metrics that are amounts. What is not named here is never added up: unique counts, averages, rates, and whatever the
#: settings add (source: what people ask of usage data).
MAY_BE_ADDED: Final = frozenset({"tokensConsumed", "usageHours", "usageMinutes", "useCount", "quantity"})
_METRICS: Final = frozenset(metric.name for metric in METRICS)
PEOPLE: Final = "userName"
TOKENS: Final = "tokensConsumed"
DAY: Final = "usageDate"
SESSION: Final = "chargedItemID"
KEPT: Final = 300  #: groups that are kept of an answer, for a comparison with the next run
_TIMES: Final = (DAY, "usageMonth", "contractYear")
#: What tells single rows apart or goes with another field: no table is by it unless somebody asks for one.
_FINE: Final = frozenset(
    {
        *(SESSION, "sessionStartDate", "sessionEndDate", "licenseServerTimeZoneOffset", "transactionDate"),
        *("reasonComment", "productFeatureCode", "productLineCode", "hubId"),
    }
)
_OF_ONE_TIME: Final = frozenset({*_TIMES, SESSION, "sessionStartDate", "sessionEndDate", "transactionDate"})
_KIND_OF_CHARGE: Final = "chargeCategory"
_RENAMED: Final = tuple((each.old_name, each.name) for each in CATEGORIES if each.old_name != each.name)


@dataclass(frozen=True, slots=True)
class Plan:
    """The task for the engine, and which columns name people.

    `main` and `for_all` are places in the task's groupings: of the table that was asked for, and of the one that names
    nobody; None where there is no such table. `top` is how many rows of either are shown, however many there are.
    """

    task: Task
    personal: frozenset[str]
    main: int | None = 0
    for_all: int | None = 0
    top: int = TOP


class PlanError(ValueError):
    """What was asked of the file it cannot tell; the text says why, for the person who asked."""


def plan(
    request: ExportRequest,
    catalogue: Catalogue,
    *,
    personal: frozenset[str] = frozenset(),
    by: Sequence[str] = (),
    top: int = TOP,
    where: str = "",
    keeps: bool = False,
) -> Plan:
    """Return what to ask of the request's file, for a table by these columns or by those that fit the request.

    `personal` are columns that name people besides those of the catalogue; `top` is cut to what a table can hold;
    `where` is a clause that was checked. What `keeps` has more groups of the table that names nobody than it shows.

    Raises:
        PlanError: the file lacks a column that is asked for.

    """
    named = personal | {name for name in request.fields if (known := catalogue.field(name)) and known.personal_data}
    columns = _columns(request, catalogue)
    _check([*by], request)
    main = tuple(by) or _table_by(request)
    for_all = tuple(name for name in main if name not in named)
    top = min(top, MOST_ROWS)
    groupings = [
        _grouping(each, request, max(top, KEPT) if keeps and each == for_all else top)
        for each in dict.fromkeys((main, for_all))
        if each
    ]
    task = Task(
        columns,
        _adds(request),
        PEOPLE if PEOPLE in request.fields else "",
        _period(request),
        tuple(groupings),
        _timelines(request),
        _where(condition.read(where), request) if where else None,
    )
    return Plan(task, named, 0 if main else None, len(groupings) - 1 if for_all else None, top)


def goes_with_time(by: Sequence[str]) -> bool:
    """Return whether groups by these columns cannot come again in another period: days, months, single sessions."""
    return not _OF_ONE_TIME.isdisjoint(by)


def _adds(request: ExportRequest) -> tuple[str, ...]:
    """Return the metrics that may be added up; tokens come first, since they are what is paid."""
    metrics = [name for name in request.metrics if name in MAY_BE_ADDED]
    return tuple(sorted(metrics, key=lambda name: name != TOKENS))


def _columns(request: ExportRequest, catalogue: Catalogue) -> tuple[Source, ...]:
    return tuple(
        Source(name, _kind(name, catalogue), _RENAMED if name == "usageCategory" else ())
        for name in (*request.fields, *request.metrics)
    )


def _kind(name: str, catalogue: Catalogue) -> Kind:
    """Return what stands in a column; of names that the settings add nobody knows more than that it is text."""
    known = catalogue.field(name)
    return known.value_type if known else "metric" if name in _METRICS else "any"


def _check(names: Sequence[str], request: ExportRequest) -> None:
    for name in names:
        if name not in request.fields:
            raise PlanError(f"The file has no column {name[:40]}: it has {', '.join(request.fields) or 'no fields'}")


def _table_by(request: ExportRequest) -> tuple[str, ...]:
    """Return what the table is by: the first two columns that say what was used, else times, else the first column."""
    said = [name for name in request.fields if name not in _FINE and name not in _TIMES]
    shown = [name for place, name in enumerate(said) if place < 2 or name == _KIND_OF_CHARGE]
    times = [name for name in _TIMES if name in request.fields]
    return tuple(shown or times[:1] or request.fields[:1])


def _period(request: ExportRequest) -> str:
    return next((name for name in (DAY, "usageMonth", "sessionStartDate") if name in request.fields), "")


def _timelines(request: ExportRequest) -> tuple[Timeline, ...]:
    """Return the series: by month, and by day before it where days are there."""
    column, metrics = _period(request), _adds(request)
    if column not in {DAY, "usageMonth"} or not metrics:
        return ()
    months = Timeline(column, "month", metrics)
    return (Timeline(column, "day", metrics), months) if column == DAY else (months,)


def _grouping(by: tuple[str, ...], request: ExportRequest, top: int) -> Grouping:
    measures = list(_measures(by, request))
    order, ascending = _order(measures, request)
    filled = PEOPLE if ascending and PEOPLE in by else ""
    return Grouping(by, tuple(measures), top, measures.index(order), ascending, filled)


def _measures(by: tuple[str, ...], request: ExportRequest) -> Sequence[Measure]:
    found = [Measure(Count.SUM, name) for name in _adds(request)]
    if set(by) == set(request.fields):
        found += [Measure(Count.ALONE, name) for name in request.metrics if name in _METRICS - MAY_BE_ADDED]
    if SESSION in request.fields or not found:
        found.append(Measure(Count.ROWS))
    if PEOPLE in request.fields and PEOPLE not in by:
        found.append(Measure(Count.DISTINCT, PEOPLE))
    if DAY in request.fields and PEOPLE in by and DAY not in by:
        found += [Measure(Count.DISTINCT, DAY), Measure(Count.NEWEST, DAY)]
    return found


def _order(measures: Sequence[Measure], request: ExportRequest) -> tuple[Measure, bool]:
    """Return what the table's first rows are first in, and whether the least of it is what matters."""
    newest, days, rows = Measure(Count.NEWEST, DAY), Measure(Count.DISTINCT, DAY), Measure(Count.ROWS)
    if newest in measures and not request.metrics:
        return newest, True  # who has not used anything for long
    if days in measures and request.fields == (PEOPLE, "productName", DAY) and request.metrics == (TOKENS,):
        return days, True  # who uses a product on few days
    if rows in measures and TOKENS not in request.metrics and "quantity" not in request.metrics:
        return rows, False
    return measures[0], False


def _where(tree: Condition, request: ExportRequest) -> Where:
    if isinstance(tree, Comparison):
        _check([tree.field], request)
        return Compared(tree.field, tree.operator, tuple(_value(tree.field, each) for each in tree.literals))
    return Joined(tree.word, tuple(_where(part, request) for part in tree.parts))


def _value(field: str, literal: str) -> str:
    text = literal[1:-1].replace("''", "'") if literal.startswith("'") else literal
    return dict(_RENAMED).get(text, text) if field == "usageCategory" else text
