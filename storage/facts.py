"""Small facts kept by name: salts, cached metadata of Token Flex, marks of notices already given."""

from datetime import datetime

from sqlite_utils import Database as Connection

from .models import to_text


def get(db: Connection, name: str) -> str | None:
    """Return the value of a fact, None where there is none."""
    for row in db.query("SELECT value FROM facts WHERE name = ?", [name]):
        return str(row["value"])
    return None


def saved_at(db: Connection, name: str) -> datetime | None:
    """Return when a fact was last stored, in UTC."""
    for row in db.query("SELECT saved_at FROM facts WHERE name = ?", [name]):
        return datetime.fromisoformat(row["saved_at"])
    return None


def beginning_with(db: Connection, prefix: str) -> dict[str, tuple[str, datetime]]:
    """Return the facts whose names begin so, by the rest of the name: each with when it was last stored, in UTC."""
    found = db.query("SELECT * FROM facts WHERE substr(name, 1, ?) = ?", [len(prefix), prefix])
    return {row["name"][len(prefix) :]: (row["value"], datetime.fromisoformat(row["saved_at"])) for row in found}


def put(db: Connection, name: str, value: str, now: datetime) -> None:
    """Store a fact in place of the one before."""
    db.table("facts").upsert({"name": name, "value": value, "saved_at": to_text(now)}, pk="name")


def forget(db: Connection, name: str) -> None:
    """Remove a fact."""
    db.execute("DELETE FROM facts WHERE name = ?", [name])
