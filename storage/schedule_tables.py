"""The step of the schema that created schedules, their runs, and alerts."""

from sqlite_utils import Database as Connection

_STATEMENTS = (
    """
    CREATE TABLE schedules (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL DEFAULT '',
        origin TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        question TEXT NOT NULL,
        contract TEXT NOT NULL,
        channel TEXT NOT NULL,
        owner TEXT NOT NULL,
        rule TEXT NOT NULL,
        missed TEXT NOT NULL,
        file_name TEXT NOT NULL DEFAULT '',
        waits_until TEXT NOT NULL DEFAULT '',
        only_changes INTEGER NOT NULL DEFAULT 0,
        paused_why TEXT NOT NULL DEFAULT '',
        through TEXT NOT NULL,
        next_at TEXT,
        failures INTEGER NOT NULL DEFAULT 0,
        edition INTEGER NOT NULL DEFAULT 1,
        created_at TEXT NOT NULL,
        changed_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX schedules_due ON schedules (next_at) WHERE paused_why = ''",
    "CREATE INDEX schedules_of_channel ON schedules (channel, id)",
    "CREATE INDEX schedules_of_owner ON schedules (owner, id)",
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL DEFAULT '',
        schedule INTEGER NOT NULL REFERENCES schedules (id),
        identity TEXT NOT NULL,
        due_at TEXT NOT NULL,
        state TEXT NOT NULL,
        late INTEGER NOT NULL DEFAULT 0,
        why TEXT NOT NULL DEFAULT '',
        export INTEGER REFERENCES exports (number),
        decided_at TEXT NOT NULL,
        changed_at TEXT NOT NULL,
        next_try_at TEXT,
        UNIQUE (schedule, identity)
    )
    """,
    "CREATE INDEX runs_open ON runs (state, id) WHERE state IN ('wanted', 'waiting', 'asked')",
    "CREATE INDEX runs_failed ON runs (state, id) WHERE state = 'failed'",
    "CREATE INDEX runs_of_export ON runs (export) WHERE export IS NOT NULL",
    """
    CREATE TABLE alerts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL DEFAULT '',
        origin TEXT NOT NULL UNIQUE,
        contract TEXT NOT NULL,
        channel TEXT NOT NULL,
        owner TEXT NOT NULL,
        watched TEXT NOT NULL,
        standing TEXT NOT NULL DEFAULT '',
        paused_why TEXT NOT NULL DEFAULT '',
        useless INTEGER NOT NULL DEFAULT 0,
        edition INTEGER NOT NULL DEFAULT 1,
        looked_at TEXT,
        created_at TEXT NOT NULL,
        changed_at TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE tellings (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL DEFAULT '',
        alert INTEGER NOT NULL,
        mark TEXT NOT NULL,
        told TEXT NOT NULL,
        counted TEXT NOT NULL DEFAULT '',
        told_at TEXT NOT NULL,
        changed_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX tellings_of_alert ON tellings (alert, id)",
    """
    CREATE TABLE alert_acts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL DEFAULT '',
        origin TEXT NOT NULL UNIQUE,
        alert INTEGER NOT NULL REFERENCES alerts (id),
        at TEXT NOT NULL
    )
    """,
    "CREATE INDEX alert_acts_of_alert ON alert_acts (alert)",
    "CREATE INDEX alerts_of_contract ON alerts (contract, id)",
    "CREATE INDEX alerts_of_channel ON alerts (channel, id)",
    "CREATE INDEX alerts_of_owner ON alerts (owner, id)",
)


def create(db: Connection) -> None:
    """Create schedules with their runs, each of which has one identity, and alerts with how they stand."""
    for statement in _STATEMENTS:
        db.execute(statement)
