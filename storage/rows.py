"""Single rows written in plain SQL.

sqlite-utils' `insert`, `update` and `upsert` ask for the schema anew each time, which takes longer than the write.
Names of tables and columns come from the stores alone, values are always bound.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlite_utils import Database as Connection

from .models import to_text


def insert(db: Connection, table: str, row: Mapping[str, object]) -> int:
    """Add a row and return its rowid."""
    names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
    cursor = db.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", _stored(row))  # noqa: S608 - names are ours
    return int(cursor.lastrowid or 0)


def update(db: Connection, table: str, key: str, identity: int, changes: Mapping[str, object]) -> None:
    """Change columns of the row whose column `key` has that value."""
    if not changes:
        return
    columns = ", ".join(f"{name} = :{name}" for name in changes)
    sql = f"UPDATE {table} SET {columns} WHERE {key} = :the_row"  # noqa: S608 - names are ours
    db.execute(sql, {**_stored(changes), "the_row": identity})


def _stored(values: Mapping[str, object]) -> dict[str, object]:
    return {name: to_text(value) if isinstance(value, datetime) else value for name, value in values.items()}
