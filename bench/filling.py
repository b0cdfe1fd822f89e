"""Databases of a size: rows as the bot itself leaves them, written in bulk through the bot's own door."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database as Connection

from bench.programs import CONTRACT
from bot.contracts.cache import CONTRACTS
from bot.tokenflex.models import Contract
from storage import facts
from storage.database import Database
from storage.models import to_text

_PEOPLE, _CHANNELS = 40, 100
_LAST = datetime.now(UTC)


async def fill(path: Path, *, finished: int, queued: int = 0, requested: int = 0) -> None:
    """Make a database with so many exports, the finished ones with the messages that stand in Slack."""
    database = Database(path)
    await database.open()
    try:
        for first in range(0, finished, 20_000):
            numbers = range(first + 1, min(first + 20_000, finished) + 1)
            await database.write(lambda db, numbers=numbers: _finished(db, numbers))  # type: ignore[misc]
        at_work = range(finished + 1, finished + queued + requested + 1)
        await database.write(lambda db: _at_work(db, at_work, requested))
    finally:
        await database.close()


async def keep_contracts(path: Path, contracts: Sequence[Contract]) -> None:
    """Make a database that has fetched these contracts just now."""
    database = Database(path)
    await database.open()
    try:
        listed = json.dumps([asdict(contract) for contract in contracts])
        await database.write(facts.put, CONTRACTS, listed, datetime.now(UTC))
    finally:
        await database.close()


def _finished(db: Connection, numbers: range) -> None:
    _insert(db, "exports", [_export(number, "ready") for number in numbers])
    _insert(db, "outbox", [row for number in numbers for row in _deliveries(number)])
    _insert(db, "messages", [row for number in numbers for row in _messages(number)])


def _at_work(db: Connection, numbers: range, requested: int) -> None:
    states = ["requested" if index < requested else "queued" for index in range(len(numbers))]
    _insert(db, "exports", [_export(number, state) for number, state in zip(numbers, states, strict=True)])
    for number in numbers:
        _insert(db, "outbox", [_card(number)])
        _insert(db, "messages", [_message(number, 0)])


def _insert(db: Connection, table: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    names = list(rows[0])
    sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"  # noqa: S608
    db.conn.executemany(sql, rows)


def _export(number: int, state: str) -> dict[str, Any]:
    fields = {"fields": ["productName", "usageMonth"], "metrics": ["tokensConsumed"], "where": "contractYear=1"}
    asked = {**fields, "downloadFileName": f"tokenflex_export_{number}"}
    accepted = _LAST - timedelta(minutes=5) if state != "ready" else _LAST - timedelta(days=1, seconds=number)
    moment = to_text(accepted)
    has_key = state != "queued"
    key = f"{accepted:%Y-%m-%dT%H:%M:%S}#7be9d6ac-a077-42e9-8fc0-{number:012d}" if has_key else None
    return {
        "origin": f"command:{number}:https://hooks.slack.invalid/commands/T0000000/{number:012d}",
        "state": state,
        "contract_number": CONTRACT,
        "file_name": asked["downloadFileName"],
        "request_body": json.dumps(asked),
        "requester": f"U{number % _PEOPLE:08d}",
        "channel": f"C{number % _CHANNELS:08d}",
        "accepted_at": moment,
        "changed_at": moment,
        "request_key": key,
        "upstream_status": {"ready": "Download", "requested": "Requested"}.get(state),
        "requested_at": moment if has_key else None,
        "finished_at": moment if state == "ready" else None,
        "intent_at": moment if has_key else None,
        "announcement": int(state == "ready"),
    }


def _deliveries(number: int) -> list[dict[str, Any]]:
    return [_card(number), _delivery(number, f"result:{number}:1", "result", 1)]


def _card(number: int) -> dict[str, Any]:
    return _delivery(number, f"card:{number}", "card", 0)


def _delivery(number: int, subject: str, kind: str, place: int) -> dict[str, Any]:
    moment = to_text(_LAST - timedelta(days=2, seconds=_row(number, place)))
    return {
        "id": _row(number, place),
        "subject": subject,
        "kind": kind,
        "about": "export",
        "about_id": number,
        "recipient": f"C{number % _CHANNELS:08d}",
        "edition": place,
        "thread": _row(number, 0) if place else None,
        "after": _row(number, 0) if place else None,
        "state": "sent",
        "due_at": moment,
        "created_at": moment,
    }


def _messages(number: int) -> list[dict[str, Any]]:
    return [_message(number, 0), _message(number, 1)]


def _message(number: int, place: int) -> dict[str, Any]:
    ts = f"{1_700_000_000 + number}.{place:06d}"
    return {"delivery": _row(number, place), "channel": f"C{number % _CHANNELS:08d}", "ts": ts}


def _row(number: int, place: int) -> int:
    """Return the id of an export's card, or of its announcement."""
    return number * 2 + place
