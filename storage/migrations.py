"""The schema, step by step; a released step is never changed, only followed by another."""

from sqlite_utils import Database, Migrations

from . import old_outbox, schedule_tables

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


@migrations()
def m007_outbox_of_anything(db: Database) -> None:
    """Let a row of the outbox be about anything; add the workspace, empty as long as there is one only."""
    for table in ("exports", "calls", "audit"):
        db.execute(f"ALTER TABLE {table} ADD COLUMN workspace TEXT NOT NULL DEFAULT ''")
    db.execute("DROP INDEX outbox_due")
    for table in ("outbox", "messages"):
        db.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    db.execute(
        """
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            workspace TEXT NOT NULL DEFAULT '',
            subject TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            about TEXT NOT NULL,
            about_id INTEGER,
            recipient TEXT NOT NULL,
            edition INTEGER NOT NULL DEFAULT 0,
            detail TEXT NOT NULL DEFAULT '',
            shows_link INTEGER NOT NULL DEFAULT 0,
            thread INTEGER REFERENCES outbox (id),
            after INTEGER REFERENCES outbox (id),
            state TEXT NOT NULL,
            due_at TEXT NOT NULL,
            created_at TEXT NOT NULL,
            version INTEGER NOT NULL DEFAULT 1,
            attempts INTEGER NOT NULL DEFAULT 0,
            last_error TEXT NOT NULL DEFAULT '',
            handed_over_at TEXT
        )
        """
    )
    db.execute("CREATE INDEX outbox_due ON outbox (state, due_at) WHERE state IN ('waiting', 'sending')")
    db.execute("CREATE INDEX outbox_about ON outbox (about, about_id)")
    for column in ("thread", "after"):  # without them each row that goes would be looked for in all others
        db.execute(f"CREATE INDEX outbox_{column} ON outbox ({column}) WHERE {column} IS NOT NULL")
    old_outbox.rows_as_columns(db)
    old_outbox.rows_that_wait_for_others(db)
    old_outbox.messages_by_row(db)
    for table in ("messages", "outbox"):
        db.execute(f"DROP TABLE old_{table}")


@migrations()
def m008_names_of_files(db: Database) -> None:
    """Add the name that a file has, which Token Flex writes in its own way."""
    db.execute("ALTER TABLE exports ADD COLUMN upstream_file_name TEXT NOT NULL DEFAULT ''")


@migrations()
def m009_discreet_messages(db: Database) -> None:
    """Add which messages show nothing of the data, since people of other organisations read them too."""
    db.execute("ALTER TABLE messages ADD COLUMN is_discreet INTEGER NOT NULL DEFAULT 0")
    db.execute("CREATE INDEX messages_not_discreet ON messages (channel) WHERE is_discreet = 0")


@migrations()
def m010_refused_messages(db: Database) -> None:
    """Add what Slack's refusal of a message is about, and since when it is refused."""
    db.execute("ALTER TABLE outbox ADD COLUMN refusal TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE outbox ADD COLUMN refused_since TEXT")


@migrations()
def m011_identities(db: Database) -> None:
    """Add events that were heard, and ids that channels had before."""
    db.execute("CREATE TABLE events (id TEXT PRIMARY KEY, heard_at TEXT NOT NULL)")
    db.execute("CREATE INDEX events_heard ON events (heard_at)")
    db.execute(
        """
        CREATE TABLE channel_ids (
            old TEXT PRIMARY KEY,
            workspace TEXT NOT NULL DEFAULT '',
            new TEXT NOT NULL,
            changed_at TEXT NOT NULL
        )
        """
    )


@migrations()
def m012_waiting(db: Database) -> None:
    """Add since when an export has been waiting for a reason, how often it was tried in vain, and when it is next."""
    db.execute("ALTER TABLE exports ADD COLUMN noted_at TEXT")
    db.execute("ALTER TABLE exports ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE exports ADD COLUMN next_try_at TEXT")
    db.execute("UPDATE exports SET noted_at = changed_at WHERE note <> ''")
    db.execute("CREATE INDEX exports_abandoned ON exports (changed_at) WHERE state = 'abandoned'")


@migrations()
def m013_templates(db: Database) -> None:
    """Create saved questions: each at home with one person or in one channel, where its name is the only one."""
    db.execute(
        """
        CREATE TABLE templates (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            workspace TEXT NOT NULL DEFAULT '',
            origin TEXT UNIQUE,
            home TEXT NOT NULL,
            owner TEXT NOT NULL,
            name TEXT NOT NULL,
            name_key TEXT NOT NULL,
            sentence TEXT NOT NULL,
            question TEXT NOT NULL,
            created_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            UNIQUE (home, name_key)
        )
        """
    )


@migrations()
def m014_what_files_hold(db: Database) -> None:
    """Add which names of files are our own, how the days were said, and through which day usage was known."""
    db.execute("ALTER TABLE exports ADD COLUMN is_named_by_us INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE exports ADD COLUMN known_through TEXT")
    db.execute("ALTER TABLE exports ADD COLUMN period TEXT NOT NULL DEFAULT ''")
    db.execute(
        """
        UPDATE exports SET is_named_by_us = 1
        WHERE file_name IN ('tokenflex_export_' || number, 'tokenflex-export-' || number)
        """
    )


@migrations()
def m015_answers(db: Database) -> None:
    """Create the figures that files were read for, without names of people; add which exports want theirs."""
    db.execute("ALTER TABLE exports ADD COLUMN wants_answer INTEGER NOT NULL DEFAULT 1")
    db.execute(
        """
        CREATE TABLE answers (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            workspace TEXT NOT NULL DEFAULT '',
            origin TEXT NOT NULL UNIQUE,
            export INTEGER NOT NULL REFERENCES exports (number),
            announcement INTEGER NOT NULL,
            asked TEXT NOT NULL DEFAULT '',
            person TEXT NOT NULL DEFAULT '',
            question_key TEXT NOT NULL DEFAULT '',
            first_day TEXT,
            last_day TEXT,
            state TEXT NOT NULL,
            fault TEXT NOT NULL DEFAULT '',
            wanted_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            next_try_at TEXT,
            document TEXT NOT NULL DEFAULT '',
            sha256 TEXT NOT NULL DEFAULT ''
        )
        """
    )
    db.execute("CREATE INDEX answers_wanted ON answers (state, id) WHERE state = 'wanted'")
    db.execute("CREATE INDEX answers_of_export ON answers (export, announcement)")
    db.execute("CREATE INDEX answers_of_question ON answers (question_key, id) WHERE state = 'found'")


@migrations()
def m016_attachments(db: Database) -> None:
    """Create the files of exports that were handed to Slack, or are to be."""
    db.execute(
        """
        CREATE TABLE attachments (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            workspace TEXT NOT NULL DEFAULT '',
            export INTEGER NOT NULL REFERENCES exports (number),
            announcement INTEGER NOT NULL,
            format TEXT NOT NULL,
            state TEXT NOT NULL,
            slack_id TEXT NOT NULL DEFAULT '',
            name TEXT NOT NULL DEFAULT '',
            size INTEGER NOT NULL DEFAULT 0,
            rows INTEGER NOT NULL DEFAULT 0,
            total INTEGER NOT NULL DEFAULT 0,
            handed_at TEXT,
            times_handed INTEGER NOT NULL DEFAULT 0,
            reason TEXT NOT NULL DEFAULT '',
            wanted_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            next_try_at TEXT,
            UNIQUE (export, announcement)
        )
        """
    )
    db.execute(
        """
        CREATE INDEX attachments_open ON attachments (state, id)
        WHERE state IN ('wanted', 'uploading', 'uploaded', 'handing', 'handed', 'deleting')
        """
    )


@migrations()
def m017_schedules(db: Database) -> None:
    """Create schedules, their runs, and alerts; add which exports these have asked for."""
    schedule_tables.create(db)
    db.execute("ALTER TABLE exports ADD COLUMN run INTEGER")
    db.execute("ALTER TABLE exports ADD COLUMN alert INTEGER")
    db.execute("CREATE INDEX exports_of_alert ON exports (alert, number) WHERE alert IS NOT NULL")
