"""Files: from the address for the bytes to the message that shows them, which comes later, or is lost."""

import asyncio
import mimetypes
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from sandbox.clock import Clock
from sandbox.slack.channels import Channel
from sandbox.slack.errors import SlackFault
from sandbox.slack.json_values import Json
from sandbox.slack.messages import Content, Message
from sandbox.slack.people import TEAM_ID
from sandbox.slack.workspace import Workspace

LARGEST = 1024**3
LARGEST_SNIPPET = 1_000_000
LONGEST_ALT_TEXT = 1000


@dataclass(slots=True, eq=False)
class File:
    """One file; `content` is there once it was uploaded, `shares` are the messages that show it."""

    id: str
    name: str
    size: int
    secret: str = field(repr=False)
    created: int
    user_id: str
    described: bool = False
    title: str = ""
    content: bytes | None = field(default=None, repr=False)
    completed: bool = False
    deleted: bool = False
    shares: list[Message] = field(default_factory=list, repr=False)

    @property
    def mimetype(self) -> str:
        """What it is by its name."""
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @property
    def filetype(self) -> str:
        """The ending of its name, as Slack calls types."""
        return PurePosixPath(self.name).suffix.removeprefix(".").lower() or "text"

    def as_json(self) -> Json:
        """Return it as `files.info` shows it."""
        shown: Json = {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype,
            "filetype": self.filetype,
            "user": self.user_id,
            "size": self.size,
            "mode": "hosted",
            "is_external": False,
            "is_public": any(share.place.kind == "public" for share in self._standing()),
        }
        places = {"channels": "public", "groups": "private", "ims": "im"}
        for key, kind in places.items():
            shown[key] = list(dict.fromkeys(each.channel_id for each in self._standing() if each.place.kind == kind))
        return shown | {"shares": self._shares()}

    def _standing(self) -> list[Message]:
        return [share for share in self.shares if not share.deleted]

    def _shares(self) -> Json:
        found: Json = {}
        for share in self._standing():
            kind = "public" if share.place.kind == "public" else "private"
            told: Json = {"ts": share.ts, "channel_name": share.place.name, "team_id": TEAM_ID, "reply_users": []}
            told |= {"thread_ts": share.thread_ts} if share.thread_ts else {}
            found.setdefault(kind, {}).setdefault(share.channel_id, []).append(told)
        return found


class Files:
    """All files, and what can be wrong with them.

    `disabled`, `images_only`, `refused_types` (endings), `largest` and `storage_left` (bytes; None: endless) are what
    a workspace allows. A share becomes visible `delay` seconds after it was accepted; the next `lost` ones never do.
    `again` is what a second completion does, which is not documented: it is `refused`, `shares` once more, or is
    `ignored`.
    """

    def __init__(self, workspace: Workspace, clock: Clock) -> None:
        self._workspace = workspace
        self._clock = clock
        self._files: dict[str, File] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.disabled = False
        self.images_only = False
        self.refused_types: frozenset[str] = frozenset()
        self.largest = LARGEST
        self.storage_left: int | None = None
        self.delay = 0.0
        self.lost = 0
        self.again = "refused"

    def begin(self, name: str, size: int, *, snippet: bool, described: bool) -> File:
        """Return a new file that waits for its bytes. Raises SlackFault."""
        file_id = f"F0SBX{len(self._files) + 1:05d}"
        created, bot = int(self._clock.now().timestamp()), self._workspace.bot.id
        file = File(file_id, name, size, secrets.token_urlsafe(24), created, bot, described)
        self._check(file, snippet=snippet)
        self._files[file_id] = file
        return file

    def _check(self, file: File, *, snippet: bool) -> None:
        if self.disabled:
            raise SlackFault("file_uploads_disabled")
        if self.images_only and not file.mimetype.startswith("image/"):
            raise SlackFault("file_uploads_except_images_disabled")
        if file.filetype in self.refused_types:
            raise SlackFault("file_type_not_allowed")
        if file.size > self.largest:
            raise SlackFault("file_upload_size_restricted")
        if self.storage_left is not None and file.size > self.storage_left:
            raise SlackFault("storage_limit_reached")
        if snippet and file.size > LARGEST_SNIPPET:
            raise SlackFault("snippet_too_large")

    def receive(self, secret: str, content: bytes) -> str | None:
        """Take the bytes of a file; return what is wrong with them, None when nothing is."""
        file = next((each for each in self._files.values() if each.secret == secret), None)
        if file is None or file.content is not None:
            return "unknown or used upload address"
        if len(content) != file.size:
            return f"{len(content)} bytes came where {file.size} were announced"
        file.content = content
        return None

    def uploaded(self, file_id: Any) -> File:  # noqa: ANN401 - whatever the app sent
        """Return a file whose bytes are there and that can be completed. Raises SlackFault."""
        file = self._files.get(str(file_id))
        if file is None or file.content is None or (file.completed and self.again == "refused"):
            raise SlackFault("file_not_found")
        return file

    def completed(self, file_id: str) -> File:
        """Return a file that was completed. Raises SlackFault."""
        file = self._files.get(file_id)
        if file is None or not file.completed:
            raise SlackFault("file_not_found")
        if file.deleted:
            raise SlackFault("file_deleted")
        return file

    def delete(self, file_id: str) -> None:
        """Delete a file; what showed nothing else goes with it. Raises SlackFault."""
        file = self.completed(file_id)
        file.deleted, file.content = True, b""
        for message in file.shares:
            content = message.content.with_changes(
                files=tuple(each for each in message.content.files if each is not file)
            )
            if message.deleted:
                continue
            if content.text or content.blocks or content.files:
                self._workspace.edit(message, content)
            else:
                self._workspace.delete(message)

    def complete(
        self, files: Sequence[File], places: Sequence[Channel], content: Content, parent: Message | None
    ) -> None:
        """Accept files for these places; they are shown there later. `content` is what stands above them."""
        fresh = [file for file in files if not file.completed]
        for file in fresh:
            file.completed = True
            if self.storage_left is not None:
                self.storage_left -= file.size
        shown = [file for file in (files if self.again == "shares" else fresh) if not file.described]
        for place in places if shown else ():
            task = asyncio.ensure_future(self._share(shown, place, content, parent))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _share(self, files: Sequence[File], place: Channel, content: Content, parent: Message | None) -> None:
        await (self._clock.sleep(self.delay) if self.delay else asyncio.sleep(0))
        if self.lost > 0:
            self.lost -= 1
            return
        whole = content.with_changes(files=tuple(files))
        message = self._workspace.post(place, self._workspace.bot, whole, parent=parent)
        for file in files:
            file.shares.append(message)

    async def settled(self) -> None:
        """Wait until everything that was accepted is shown or lost."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
