"""The schema, step by step; a released step is never changed, only followed by another."""

from sqlite_utils import Database, Migrations

migrations = Migrations("tokenflex-slack")


@migrations()
def m001_exports(db: Database) -> None:
    """Create exports, with what was asked kept as the JSON body that is sent."""
    db.execute(
        """
        CREATE TABLE exports (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            origin TEXT NOT NULL UNIQUE,
            state TEXT NOT NULL,
            contract_number TEXT NOT NULL,
            file_name TEXT NOT NULL,
            request_body TEXT NOT NULL,
            requester TEXT NOT NULL,
            channel TEXT NOT NULL,
            accepted_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            request_key TEXT UNIQUE,
            upstream_status TEXT,
            requested_at TEXT,
            finished_at TEXT,
            explanation TEXT NOT NULL DEFAULT '',
            note TEXT NOT NULL DEFAULT '',
            intent_at TEXT,
            unanswered_since TEXT,
            lists_without INTEGER NOT NULL DEFAULT 0,
            last_list_at TEXT,
            announcement INTEGER NOT NULL DEFAULT 0,
            replaces INTEGER REFERENCES exports (number),
            replaced_by INTEGER REFERENCES exports (number)
        )
        """
    )
    db.execute(
        "CREATE INDEX exports_at_work ON exports (state, contract_number)"
        " WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting')"
    )
    db.execute("CREATE INDEX exports_of_channel ON exports (channel, number)")
    db.execute("CREATE INDEX exports_of_requester ON exports (requester, number)")


@migrations()
def m002_outbox(db: Database) -> None:
    """Create messages that have to reach Slack, and those that stand there."""
    db.execute(
        """
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            subject TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            export_number INTEGER NOT NULL REFERENCES exports (number),
            recipient TEXT NOT NULL,
            state TEXT NOT NULL,
            due_at TEXT NOT NULL,
            created_at TEXT NOT NULL,
            version INTEGER NOT NULL DEFAULT 1,
            attempts INTEGER NOT NULL DEFAULT 0,
            words TEXT NOT NULL DEFAULT '',
            last_error TEXT NOT NULL DEFAULT ''
        )
        """
    )
    db.execute("CREATE INDEX outbox_due ON outbox (state, due_at) WHERE state IN ('waiting', 'sending')")
    db.execute(
        """
        CREATE TABLE messages (
            subject TEXT PRIMARY KEY,
            export_number INTEGER NOT NULL REFERENCES exports (number),
            channel TEXT NOT NULL,
            ts TEXT NOT NULL,
            link_expires_at TEXT,
            UNIQUE (channel, ts)
        )
        """
    )


@migrations()
def m003_calls(db: Database) -> None:
    """Create the log of calls to Token Flex: what the budget must not forget in a restart."""
    db.execute(
        """
        CREATE TABLE calls (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            started_at TEXT NOT NULL,
            ended_at TEXT,
            name TEXT NOT NULL,
            rank INTEGER NOT NULL,
            person TEXT NOT NULL,
            burst INTEGER NOT NULL,
            rate_limited INTEGER NOT NULL DEFAULT 0,
            retry_after REAL
        )
        """
    )
    db.execute("CREATE INDEX calls_started ON calls (started_at)")


@migrations()
def m004_logins_and_notes(db: Database) -> None:
    """Create the Autodesk login, encrypted, and small facts kept by name (salts, cached metadata)."""
    db.execute(
        """
        CREATE TABLE logins (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            refresh_token BLOB NOT NULL,
            access_token BLOB,
            access_expires_at TEXT,
            scopes TEXT NOT NULL DEFAULT '',
            seed TEXT NOT NULL DEFAULT '',
            saved_at TEXT NOT NULL
        )
        """
    )
    db.execute("CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL, saved_at TEXT NOT NULL)")


@migrations()
def m005_audit(db: Database) -> None:
    """Create the record of who did what. Rows are only ever added: the triggers refuse all else, replacing included."""
    db.execute(
        """
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            person TEXT NOT NULL,
            act TEXT NOT NULL,
            export_number INTEGER,
            channel TEXT NOT NULL,
            source TEXT NOT NULL,
            result TEXT NOT NULL
        )
        """
    )
    db.execute("CREATE INDEX audit_at ON audit (at)")
    for name, event in (
        ("audit_never_changes", "UPDATE ON audit"),
        ("audit_never_shrinks", "DELETE ON audit"),
        ("audit_never_replaces", "INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)"),
    ):
        db.execute(f"CREATE TRIGGER {name} BEFORE {event} BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END")


@migrations()
def m006_times_of_servers(db: Database) -> None:
    """Add when a POST and a message went out by the clock of their server, which a clock of ours may not outlive."""
    db.execute("ALTER TABLE exports ADD COLUMN intent_server_at TEXT")
    db.execute("ALTER TABLE outbox ADD COLUMN handed_over_at TEXT")
