"""What a pressed button was made for: the export that its message was about, and no other of the same number."""

from datetime import UTC, datetime

from sqlite_utils import Database as Connection

from bot.cards.actions import MadeFor
from bot.errors import OldButtonError
from bot.exports.moved_channels import MovedChannels
from storage import exports as export_store
from storage import outbox
from storage.database import Database
from storage.exports import UnknownExportError


class Presses:
    """Recognises what a button was made for before it acts."""

    def __init__(self, database: Database, moved_channels: MovedChannels) -> None:
        self._database = database
        self._moved_channels = moved_channels

    async def recognise(self, made_for: MadeFor, channel: str, ts: str) -> None:
        """Check that a button, in the message of this `ts` in a channel, was made for the export that we know.

        Raises:
            OldButtonError: it was made for another one, before the database was replaced by a copy of it.

        """
        await self._moved_channels.pressed(made_for.number, channel, ts)
        await self._database.read(_check, made_for, channel, ts)


def _check(db: Connection, made_for: MadeFor, channel: str, ts: str) -> None:
    try:
        export = export_store.get(db, made_for.number)
    except UnknownExportError:
        if made_for.mark:
            raise OldButtonError(made_for.number) from None
        return  # whoever looks for it says so
    if made_for.mark:
        is_meant = made_for.mark == export.mark
    else:
        standing = outbox.message_at(db, channel, ts)
        known = None if standing is None else outbox.get(db, standing.delivery).export_number
        is_meant = known == export.number if known is not None else was_drawn_after(ts, export.accepted_at)
    if not is_meant:
        raise OldButtonError(made_for.number)


def was_drawn_after(ts: str, moment: datetime) -> bool:
    """Return whether a message can be about what is on record since then; buttons of older versions say no more.

    A message of the time before a database was replaced is older than what has been stored since.
    """
    return datetime.fromtimestamp(float(ts or 0), UTC) >= moment
