"""Files of the bot in Slack, in the three steps that Slack has for them: an address, the bytes, and who is shown them.

The address for the bytes is a secret. `alt_txt` is never sent (a file that has it is shown to nobody, source:
python-slack-sdk#1818), nor is `snippet_type` (snippets end at 1 MB). That Slack takes the last step does not say that
anybody is shown the file: that comes later, and `standing` asks for it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from bot.slack.api import LONGEST, SlackApi
from bot.slack.errors import FileGoneError

WRITE, READ = "files:write", "files:read"  #: the scopes
_CHUNK: Final = 1 << 20
_SLOWEST: Final = 250_000  #: bytes a second; what is slower is given up


@dataclass(frozen=True, slots=True)
class Begun:
    """A file that waits for its bytes."""

    id: str
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """A file that Slack has; `shown_at` are the messages that show it, by channel."""

    shown_at: Mapping[str, str]


class SlackFiles:
    """Hands files to Slack, finds out whether they are shown, and deletes them."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    @property
    def may_write(self) -> bool:
        """Whether this app may hand over files, as far as is known."""
        return self._api.scopes is None or WRITE in self._api.scopes

    @property
    def may_read(self) -> bool:
        """Whether this app may ask what became of a file."""
        return self._api.scopes is not None and READ in self._api.scopes

    async def begin(self, name: str, length: int) -> Begun:
        """Announce so many bytes, at least one; nobody is shown anything.

        Raises:
            SlackError: Slack does not take the file, or did not say so.

        """
        said = await self._api.call("files.getUploadURLExternal", filename=name, length=length)
        return Begun(str(said["file_id"]), str(said["upload_url"]))

    async def send(self, begun: Begun, path: Path, length: int) -> None:
        """Send the bytes, in pieces; nobody is shown anything.

        Raises:
            SlackError: they did not arrive, or may not have.
            OSError: the file cannot be read.

        """
        file = await asyncio.to_thread(path.open, "rb")
        try:
            await self._api.upload(begun.address, _pieces(file), length, within=LONGEST + length / _SLOWEST)
        finally:
            await asyncio.shield(asyncio.to_thread(file.close))

    async def share(self, file_id: str, title: str, comment: str, channel: str, thread_ts: str | None) -> None:
        """Have a file shown in a conversation, which may be in a thread; Slack says that it will be, not where.

        Raises:
            SlackError: it will not be shown, or may be.

        """
        place: dict[str, Any] = {"channel_id": channel} | ({} if thread_ts is None else {"thread_ts": thread_ts})
        files = [{"id": file_id, "title": title}]
        await self._api.call("files.completeUploadExternal", files=files, initial_comment=comment, **place)

    async def standing(self, file_id: str) -> Standing | None:
        """Return where a file is shown; None where Slack has none of this id, or none that was to be shown.

        Raises:
            SlackError: Slack does not say.

        """
        try:
            said = await self._api.call("files.info", file=file_id)
        except FileGoneError:
            return None
        return Standing(_shares(said.get("file")))

    async def delete(self, file_id: str) -> None:
        """Delete a file of ours, wherever it is shown; one that is gone already is no trouble.

        Raises:
            SlackError: it is still there, or may be.

        """
        try:
            await self._api.call("files.delete", file=file_id)
        except FileGoneError:
            return


def _shares(file: object) -> Mapping[str, str]:
    shares = file.get("shares") if isinstance(file, dict) else None
    found: dict[str, str] = {}
    for channels in shares.values() if isinstance(shares, dict) else ():
        for channel, messages in channels.items():
            found |= {str(channel): str(each.get("ts") or "") for each in messages}
    return found


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    """Read a file without ever blocking the loop."""
    while piece := await asyncio.to_thread(file.read, _CHUNK):
        yield piece
