"""The file itself, for the thread of its card or for the requester, where the settings want it.

A file that has been read for its figures is kept for a moment, so that one download serves both; where that moment was
cut short it is fetched again. Each step is on record before it is made: the bytes go to Slack under an id that nobody
is shown (here), then Slack is asked to show it, after the answer (`handing`).
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlite_utils import Database as Connection

from bot.answers.engine.document import Found, Limits
from bot.answers.files import copies, placing
from bot.answers.files.download import PASSING
from bot.answers.files.folder import Folder, FolderError
from bot.answers.files.handing import Handing
from bot.answers.files.held import HeldFiles, Key
from bot.answers.files.placing import NoPlaceError
from bot.answers.files.reading import Reading
from bot.answers.plan import Plan
from bot.calls.budget import Rank
from bot.cards.figures import Fault, Unread
from bot.cards.file_card import NoFile
from bot.cards.names import Names
from bot.errors import MembershipUnknownError, UseCaseError, WrongStateError
from bot.people.access import Access
from bot.people.permissions import Posting
from bot.runtime.backoff import Backoff
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.runtime.supervision import TaskGroup
from bot.settings import AttachFiles, LinkAudience
from bot.slack import errors
from bot.slack.errors import SlackError, SlackRateLimitedError, SlackRefusedError
from bot.slack.files import SlackFiles
from bot.tokenflex.catalogue import Catalogue
from storage import attachments, exports
from storage.attachments import Attachment, AttachmentState, Begun
from storage.database import Database
from storage.models import Export
from storage.states import REMOVED

#: What came is no CSV of the request, or none came: nothing of it is passed on.
NO_CSV: Final = frozenset({Fault.EMPTY, Fault.PAGE, Fault.COLUMNS, Fault.TOO_WIDE, Fault.GONE})
_HELD: Final = 2  #: files that are kept from their reading on; what is fetched anew for Slack comes on top
_AT_ONCE: Final = 4  #: files that are on their way at the same time
_PAUSES: Final = Backoff(timedelta(seconds=5), timedelta(hours=1))
_PATIENCE: Final = timedelta(days=1)
_LIMITS: Final = Limits(seconds=600)
_OTHERS_READ: Final = "others may read there"
#: Refusals that somebody may mend, or that a new try may not meet.
_PASSING: Final = (errors.TokenRefusedError, errors.SuspendedError, errors.FileGoneError)

log = structlog.get_logger(__name__)


class Attaching:
    """Reads files for answers, and hands them to Slack afterwards, in the form that the settings want."""

    def __init__(
        self,
        database: Database,
        reading: Reading,
        folder: Folder,
        files: SlackFiles,
        access: Access,
        clock: Clock,
        wake: Bell,
        *,
        form: AttachFiles,
        audience: LinkAudience,
        plan: Callable[[Export], Plan],
        names_of: Callable[[str], Names | None],
    ) -> None:
        """`plan` says which columns a file has, `names_of` what a contract calls them."""
        self._database = database
        self._reading = reading
        self._held = HeldFiles(folder)
        self._files = files
        self._access = access
        self._clock = clock
        self._wake = wake
        self._form = form
        self._audience = audience
        self._plan = plan
        self._names_of = names_of
        self._handing = Handing(database, files, clock, audience)
        self._busy: set[int] = set()
        self._wanting: set[Key] = set()  #: kept, and about to be on record
        self.tasks = TaskGroup()

    async def read(self, export: Export, plan: Plan, *, person: str, rank: Rank = Rank.PEOPLE) -> Found | Unread:
        """Do as `Reading.read` does, and keep the file for the thread where one is wanted there."""
        async with self._reading.file(export, person=person, rank=rank) as file:
            if isinstance(file, Unread):
                return file
            outcome = await self._reading.figures(file, plan)
            if await self._is_wanted(export, outcome):
                await self._want(export, file.path)
            return outcome

    async def run(self) -> None:
        """Begin what is to be done for each file, then wait for more, or for a pause to end."""
        try:
            while True:
                todo, later, uploads = await self._database.read(_due, self._audience, self._clock.now())
                await self._held.release_all_but(uploads | self._wanting)
                for attachment in todo:
                    if attachment.id not in self._busy and len(self._busy) < _AT_ONCE:
                        self._busy.add(attachment.id)
                        self.tasks.start(f"file {attachment.id}", self.step(attachment), export=attachment.export)
                await self._wake.wait(later)
        finally:
            await self._held.release_all_but(())

    # Whether

    async def _is_wanted(self, export: Export, outcome: Found | Unread) -> bool:
        if self._form is AttachFiles.NO or self._audience is LinkAudience.PRESS or export.alert is not None:
            return False
        if isinstance(outcome, Unread) and outcome.fault in NO_CSV:
            return False
        if not self._files.may_write:
            log.warning("no file is put into a thread: the app lacks files:write")
            return False
        try:
            return await self._may_be_shown(export)
        except MembershipUnknownError:
            return True  # each step asks again

    async def _may_be_shown(self, export: Export) -> bool:
        """Return whether the file may be where it would go.

        Raises:
            MembershipUnknownError: Slack does not say now who reads there.

        """
        is_private = self._audience is LinkAudience.REQUESTER
        return is_private or await self._access.posting(export.channel) is Posting.ALL

    async def _want(self, export: Export, file: Path) -> None:
        """Keep the file until it has been handed over, if there is room, and put on record that it is wanted."""
        key = export.number, export.announcement
        self._wanting.add(key)
        try:
            await self._keep(key, file)
            await self._database.write(_want, *key, self._form.value, self._clock.now())
        finally:
            self._wanting.discard(key)
            self._wake.ring()  # where nothing was to be noted, no commit has the file removed

    async def _keep(self, key: Key, file: Path) -> None:
        try:
            if len(self._held) < _HELD:
                await self._held.keep(key, file)
        except (FolderError, OSError) as error:
            log.info("a file is fetched again for its thread", reason=type(error).__name__)

    # One step

    async def step(self, seen: Attachment) -> None:
        """Do what is next for a file; whatever keeps it from that has its consequence.

        What was `seen` may have been done since, by the step before, which had not ended then.
        """
        try:
            attachment = await self._database.read(attachments.get, seen.id)
            if attachment == seen:
                await self._step(attachment)
        finally:
            self._busy.discard(seen.id)
        if await self._database.read(attachments.get, seen.id) != seen:
            self._wake.ring()  # its commit did while this was still under way

    async def _step(self, attachment: Attachment) -> None:
        try:
            await self._next(attachment)
        except SlackRateLimitedError as error:
            await self._pause(attachment, timedelta(seconds=error.retry_after), str(error))
        except SlackRefusedError as error:
            await self._was_refused(attachment, error)
        except NoPlaceError as error:
            await self._refuse(attachment, str(error), private=True)
        except WrongStateError:
            await self._drop(attachment, "not ready")
        except (SlackError, UseCaseError, FolderError) as error:
            await self._later(attachment, str(error) or type(error).__name__)
        except Exception:
            log.exception("a file could not be handed over", attachment=attachment.id)
            await self._later(attachment, "crash")

    async def _next(self, attachment: Attachment) -> None:
        state = attachment.state
        if state is AttachmentState.DELETING:
            await self._delete(attachment)
            return
        export = await self._database.read(exports.get, attachment.export)
        if state in {AttachmentState.HANDED, AttachmentState.HANDING}:
            step = self._handing.look if state is AttachmentState.HANDED else self._handing.settle
            await step(attachment, export)
        elif not await self._may_be_shown(export):  # or its id has just changed, or we are not in it now
            await self._later(attachment, _OTHERS_READ)
        elif state is AttachmentState.UPLOADED:
            await self._handing.hand(attachment, export)
        else:
            await self._upload(attachment, export)

    async def _upload(self, attachment: Attachment, export: Export) -> None:
        """Bring the bytes to Slack, under an id that is on record before they go there; nobody is shown them."""
        content = await self._content(attachment, export)
        if isinstance(content, Unread):
            passes = content.fault in PASSING
            await (self._later if passes else self._refuse)(attachment, content.fault.value)
            return
        name = f"{export.file_name.removesuffix('.csv')}.{attachment.format}"
        size = (await asyncio.to_thread(content.path.stat)).st_size
        begun = await self._files.begin(name, size)
        file = Begun(slack_id=begun.id, name=name, size=size, rows=content.rows, total=content.total)
        if await self._database.write(attachments.begun, attachment.id, file, self._clock.now()) is not None:
            await self._files.send(begun, content.path, size)
            await self._database.write(attachments.uploaded, attachment.id, self._clock.now())

    async def _content(self, attachment: Attachment, export: Export) -> copies.Copy | Unread:
        """Return what is handed over, or why there is nothing; a file that was not kept is fetched again."""
        key = attachment.export, attachment.announcement
        file = self._held.path(key)
        if file is None:
            async with self._reading.file(export, person=export.requester, rank=Rank.METADATA) as fetched:
                if isinstance(fetched, Unread):
                    return fetched
                file = await self._held.keep(key, fetched.path)
        if attachment.format == AttachFiles.CSV:
            return copies.Copy(file, 0, 0)
        contract, plan = export.request.contract_number, self._plan(export)
        about = {"Export": export.label, "Contract": contract, "CSV": export.file_name}
        names = self._names_of(contract) or Names(Catalogue())
        return await copies.spreadsheet(file, file.parent, plan.task.columns, names, about, _LIMITS)

    async def _delete(self, attachment: Attachment) -> None:
        try:
            await self._files.delete(attachment.slack_id)
        except SlackRefusedError as error:
            if isinstance(error, errors.TokenRefusedError | errors.SuspendedError):
                raise
            log.warning("Slack does not delete a file", reason=str(error))
            await self._database.write(placing.kept, attachment, str(error), self._clock.now())
            return
        await self._database.write(attachments.deleted, attachment.id, self._clock.now())

    # What follows where it did not work

    async def _was_refused(self, attachment: Attachment, error: SlackRefusedError) -> None:
        if isinstance(error, errors.ChannelClosedError):
            await self._database.write(_tell_requester, attachment, str(error), self._clock.now())
            await self._later(attachment, str(error))
        elif isinstance(error, _PASSING):
            await self._later(attachment, str(error))
        else:
            is_thread = isinstance(error, errors.ThreadGoneError)
            await self._refuse(attachment, NoFile.CARD_CLOSED if is_thread else str(error))

    async def _refuse(self, attachment: Attachment, reason: str, *, private: bool = False) -> None:
        """There is no file, for good, and that is said."""
        log.warning("there is no file in a thread", reason=reason)
        audience = LinkAudience.REQUESTER if private else self._audience
        now = self._clock.now()
        await self._database.write(placing.ended, attachment, AttachmentState.REFUSED, reason, audience, now)

    async def _drop(self, attachment: Attachment, reason: str) -> None:
        """There is no file, for good, and nobody waits for it."""
        log.info("a file is not put into a thread", reason=reason)
        await self._database.write(attachments.refused, attachment.id, reason, self._clock.now())

    async def _later(self, attachment: Attachment, reason: str) -> None:
        """Try again after a pause, for a day; then there is no file."""
        log.info("a file waits", state=attachment.state.value, reason=reason)
        is_over = self._clock.now() - attachment.wanted_at > _PATIENCE
        if not is_over or attachment.state is AttachmentState.DELETING:
            await self._pause(attachment, _PAUSES.after(attachment.attempts + 1), reason)
        elif reason == _OTHERS_READ:
            await self._drop(attachment, reason)
        else:
            await self._refuse(attachment, NoFile.VAIN)

    async def _pause(self, attachment: Attachment, pause: timedelta, reason: str) -> None:
        now = self._clock.now()
        await self._database.write(attachments.pause, attachment, now + pause, now, reason)


def _want(db: Connection, export: int, announcement: int, form: str, now: datetime) -> None:
    """Note that a file is wanted, unless its export was deleted while the file was read."""
    if exports.get(db, export).state not in REMOVED:
        attachments.want(db, export, announcement, form, now)


def _tell_requester(db: Connection, attachment: Attachment, reason: str, now: datetime) -> None:
    export = exports.get(db, attachment.export)
    placing.tell(db, export, attachment.announcement, reason, LinkAudience.REQUESTER, now)


def _due(
    db: Connection, audience: LinkAudience, now: datetime
) -> tuple[tuple[Attachment, ...], datetime | None, frozenset[Key]]:
    """Return what is to be done now, when there will be more, and which files are still to go to Slack.

    What waits for its place is woken by the commit that makes it, and takes no room until then.
    """
    todo = tuple(each for each in attachments.to_do(db, now) if placing.is_ready(db, each, audience))
    return todo, attachments.next_try(db, now), attachments.to_upload(db)
