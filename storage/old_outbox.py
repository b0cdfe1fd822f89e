"""What the seventh step of the schema makes of the outbox before it; as released as that step, so never changed."""

from sqlite_utils import Database


def rows_as_columns(db: Database) -> None:
    """Write as columns what rows said in their subject, their words and the beginning of their error."""
    db.execute(
        """
        INSERT INTO outbox (
            id, subject, kind, about, about_id, recipient, edition, detail, shows_link, state,
            due_at, created_at, version, attempts, last_error, handed_over_at
        )
        SELECT
            id, subject,
            CASE
                WHEN kind <> 'direct' THEN kind
                WHEN words = 'link' THEN 'private link'
                WHEN words = 'refused' THEN 'refusal'
                WHEN words = 'login needed' THEN 'login lost'
                WHEN words LIKE 'channel trouble:%' THEN 'channel trouble'
                ELSE words
            END,
            CASE words WHEN 'login needed' THEN 'login' ELSE 'export' END,
            CASE words WHEN 'login needed' THEN NULL ELSE export_number END,
            recipient,
            CASE kind WHEN 'result' THEN substr(subject, length('result:' || export_number || ':') + 1) ELSE 0 END,
            CASE WHEN words LIKE 'channel trouble:%' THEN substr(words, length('channel trouble:') + 1) ELSE '' END,
            words = 'link',
            CASE WHEN state = 'given up' AND last_error LIKE 'in doubt: %' THEN 'left in doubt' ELSE state END,
            due_at, created_at, version, attempts,
            CASE
                WHEN state <> 'given up' OR last_error NOT LIKE 'in doubt: %' THEN last_error
                ELSE substr(last_error, length('in doubt: ') + 1)
            END,
            handed_over_at
        FROM old_outbox
        """
    )


def rows_that_wait_for_others(db: Database) -> None:
    """Write down which row goes out before another: the card of a result, the message of a link that ends."""
    db.execute(
        """
        UPDATE outbox SET after = (
            SELECT earlier.id FROM outbox AS earlier WHERE earlier.subject = CASE outbox.kind
                WHEN 'result' THEN 'card:' || outbox.about_id
                ELSE substr(outbox.subject, length('expiry:') + 1)
            END
        )
        WHERE kind IN ('result', 'expiry')
        """
    )
    db.execute("UPDATE outbox SET thread = after WHERE kind = 'result'")
    db.execute("DELETE FROM outbox WHERE kind = 'expiry' AND after IS NULL")


def messages_by_row(db: Database) -> None:
    """Give each message that stands in Slack to the row that it was posted for."""
    db.execute(
        """
        CREATE TABLE messages (
            delivery INTEGER PRIMARY KEY REFERENCES outbox (id),
            workspace TEXT NOT NULL DEFAULT '',
            channel TEXT NOT NULL,
            ts TEXT NOT NULL,
            link_expires_at TEXT,
            UNIQUE (channel, ts)
        )
        """
    )
    db.execute(
        """
        INSERT INTO messages (delivery, channel, ts, link_expires_at)
        SELECT outbox.id, channel, ts, link_expires_at FROM old_messages JOIN outbox USING (subject)
        """
    )
