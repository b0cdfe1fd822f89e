"""Exports of before, found by what is known of them; each function sees what its person may see, and nothing else."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database as Connection

from .models import Export, to_text
from .states import ExportState


@dataclass(frozen=True, slots=True)
class Sought:
    """What exports are looked for: all of it has to hold, of several values of one kind any; nothing means all.

    `texts` stand in the name of the file, the contract's number or the request. `since` belongs to the time, `until`
    does not.
    """

    numbers: tuple[int, ...] = ()
    requesters: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    states: tuple[ExportState, ...] = ()
    texts: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


def listing(
    db: Connection,
    *,
    requester: str,
    channel: str,
    limit: int,
    sought: Sought | None = None,
    before: int | None = None,
    after: int | None = None,
) -> tuple[Export, ...]:
    """Return exports that this person asked for or that were posted to this channel, the newest first.

    They are the newest `before` a number; with `after` the oldest that come after one. What alerts ask for by
    themselves is not listed.
    """
    condition, values = _condition(sought or Sought(), before, after)
    order = "ASC" if after is not None else "DESC"
    # Columns and signs of ours; every value is bound.
    listed = f"alert IS NULL{condition}"
    one = f"SELECT * FROM (SELECT * FROM exports WHERE {{}} = ? AND {listed} ORDER BY number {order} LIMIT ?)"  # noqa: S608
    sql = f"{one.format('requester')} UNION {one.format('channel')} ORDER BY number {order} LIMIT ?"
    found = db.query(sql, [requester, *values, limit, channel, *values, limit, limit])
    return tuple(sorted(map(Export.from_row, found), key=lambda export: -export.number))


def requesters_in(db: Connection, channel: str) -> tuple[str, ...]:
    """Return who has asked for exports in this channel."""
    return tuple(
        row["requester"] for row in db.query("SELECT DISTINCT requester FROM exports WHERE channel = ?", [channel])
    )


_NAMED = "file_name LIKE ? ESCAPE '!' OR upstream_file_name LIKE ? ESCAPE '!' OR contract_number LIKE ? ESCAPE '!'"
_ASKED = "EXISTS (SELECT 1 FROM json_tree(request_body) AS part WHERE part.atom LIKE ? ESCAPE '!')"


def _condition(sought: Sought, before: int | None, after: int | None) -> tuple[str, list[str | int]]:
    """Return the conditions as SQL, each with an AND before it, and their values."""
    listed: tuple[tuple[str, Sequence[str | int]], ...] = (
        ("number", sought.numbers),
        ("requester", sought.requesters),
        ("channel", sought.channels),
        ("state", [state.value for state in sought.states]),
    )
    bounds: tuple[tuple[str, str | int | None], ...] = (
        ("number <", before),
        ("number >", after),
        ("accepted_at >=", to_text(sought.since) if sought.since else None),
        ("accepted_at <", to_text(sought.until) if sought.until else None),
    )
    given: list[tuple[str, Sequence[str | int]]] = [
        # The sign before a column keeps SQLite from another index than that of what the person may see.
        *((f"+{column} IN (SELECT value FROM json_each(?))", [json.dumps([*each])]) for column, each in listed if each),  # noqa: S608
        *((f"{comparison} ?", [value]) for comparison, value in bounds if value is not None),
        *((f"({_NAMED} OR {_ASKED})", [_pattern(text)] * 4) for text in sought.texts),
    ]
    return "".join(f" AND {part}" for part, _ in given), [value for _, values in given for value in values]


def _pattern(text: str) -> str:
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return f"%{text}%"
