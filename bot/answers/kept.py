"""What is kept of an answer: the figures as a text for the database, in which nobody is named."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from bot.answers.engine.document import DocumentError, Found, Grouped, task_of, unread
from bot.answers.plan import Plan
from bot.cards.figures import Unread


def figures(found: Found, plan: Plan) -> str:
    """Return the figures that were found by a plan; of a table by a column that names people only how long it is.

    The condition that picked rows is left out, since it may name somebody.
    """
    said = {
        "task": replace(plan.task, where=None).json(),
        "main": plan.main,
        "for_all": plan.for_all,
        "top": plan.top,
        "found": {
            "rows": found.rows,
            "kept": found.kept,
            "size": found.size,
            "sha256": found.sha256,
            "totals": found.totals,
            "alone": found.alone,
            "people": found.people,
            "machines": found.machines,
            "first_day": found.first_day,
            "last_day": found.last_day,
            "grouped": [_grouped(each, plan.personal) for each in found.grouped],
            "timelines": [[(each.day, each.sums) for each in line] for line in found.timelines],
            "is_measured": found.is_measured,
        },
    }
    return json.dumps(said, default=_text, ensure_ascii=False, separators=(",", ":"))


def figures_of(text: str, personal: frozenset[str]) -> tuple[Found, Plan]:
    """Return what `figures` has written and its plan; tables by these columns are left out as well.

    Raises:
        DocumentError: it was written by a version that meant something else.

    """
    said = _read(text)
    try:
        task = task_of(said["task"])
        plan = Plan(task, personal, said["main"], said["for_all"], said["top"])
    except (KeyError, TypeError, ValueError) as error:
        raise DocumentError(type(error).__name__) from None
    found = Found.read(said.get("found"), task)
    hidden = (replace(each, rows=()) if personal & set(each.grouping.by) else each for each in found.grouped)
    return replace(found, grouped=tuple(hidden)), plan


def is_by(text: str, columns: Collection[str]) -> bool:
    """Return whether what `figures` has written may hold groups by one of these columns; what cannot be read may."""
    try:
        said = _read(text)
        tables = zip(said["task"]["groupings"], said["found"]["grouped"], strict=True)
        return any(table["rows"] and not set(grouping["by"]).isdisjoint(columns) for grouping, table in tables)
    except (DocumentError, KeyError, TypeError, ValueError):
        return True


def is_same(text: str, other: str) -> bool:
    """Return whether two texts of `figures` say the same of what was found; not where groups were left out of either.

    Files may have their rows in another order, or other signs between them, and say the same.
    """
    try:
        first, second = (_read(each)["found"] for each in (text, other))
        if any(table["groups"] and not table["rows"] for found in (first, second) for table in found["grouped"]):
            return False
        of_the_file = {"sha256", "size", "is_measured"}
        return all(first[each] == second[each] for each in (first.keys() | second.keys()) - of_the_file)
    except (DocumentError, KeyError, TypeError):
        return False


def fault(outcome: Unread, plan: Plan) -> str:
    """Return why there are no figures, with the columns that it is about."""
    said = {"fault": outcome.fault, "columns": outcome.columns, "line": outcome.line}
    return json.dumps({"task": plan.task.json(), "unread": said}, default=_text, separators=(",", ":"))


def fault_of(text: str) -> Unread:
    """Return what `fault` has written.

    Raises:
        DocumentError: it was written by a version that meant something else.

    """
    said = _read(text)
    try:
        return unread(said["unread"], task_of(said["task"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DocumentError(type(error).__name__) from None


def _read(text: str) -> Mapping[str, Any]:
    try:
        said = json.loads(text)
    except ValueError as error:
        raise DocumentError(type(error).__name__) from None
    if not isinstance(said, dict):
        raise DocumentError(type(said).__name__)
    return said


def _grouped(grouped: Grouped, personal: frozenset[str]) -> Mapping[str, Any]:
    names = set(grouped.grouping.by) & personal
    rows = [] if names else [(row.keys, row.figures) for row in grouped.rows]
    return {"rows": rows, "groups": grouped.groups, "is_single": grouped.is_single}


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
