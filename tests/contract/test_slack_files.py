"""Files through the door to Slack, against the stand-in: the three steps, what became of them, each way they fail."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.network import Network
from bot.slack import files
from bot.slack.api import SlackApi, slack_at
from bot.slack.errors import (
    ChannelClosedError,
    FileGoneError,
    FileRefusedError,
    MalformedError,
    ScopeMissingError,
    SlackBrokenError,
    SlackError,
    SlackRateLimitedError,
    SlackUnsureError,
)
from bot.slack.files import Begun, SlackFiles
from sandbox.slack.server import DEFAULT_SCOPES, SlackSandbox
from tests.harness.moved_clock import MovedClock

CSV = "product,tokens\r\nRevit,1204.5\r\nM\u00fcller,1\r\n".encode()


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    made = SlackSandbox(clock=MovedClock(), scopes=DEFAULT_SCOPES | {"files:write", "files:read"})
    made.workspace.add_member("ana")
    made.workspace.add_channel("#finance", members=["ana"])
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def api(slack: SlackSandbox) -> AsyncIterator[SlackApi]:
    async with slack_at(slack.api_url, slack.bot_token, Network(), MovedClock()) as door:
        yield door


@pytest.fixture
def handed(api: SlackApi) -> SlackFiles:
    return SlackFiles(api)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "usage.csv"
    made.write_bytes(CSV)
    return made


async def _uploaded(handed: SlackFiles, path: Path) -> Begun:
    begun = await handed.begin(path.name, len(CSV))
    await handed.send(begun, path, len(CSV))
    return begun


def _finance(slack: SlackSandbox) -> str:
    return slack.workspace.channel("#finance").id


async def test_a_file_comes_as_it_is_and_tells_where_it_stands(
    slack: SlackSandbox, handed: SlackFiles, path: Path
) -> None:
    begun = await _uploaded(handed, path)
    assert await handed.standing(begun.id) is None
    await handed.share(begun.id, "usage.csv", "The file.", _finance(slack), None)
    await slack.files.settled()
    message = await slack.member("ana").hears("#finance", "The file.")
    assert slack.member("ana").downloads(message, "usage.csv") == CSV
    standing = await handed.standing(begun.id)
    assert standing is not None
    assert dict(standing.shown_at) == {_finance(slack): message.ts}


async def test_a_large_file_is_never_held_as_a_whole(
    slack: SlackSandbox, handed: SlackFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_CHUNK", 1000)
    path, content = tmp_path / "large.csv", b"0123456789" * 1000
    path.write_bytes(content)
    begun = await handed.begin(path.name, len(content))
    await handed.send(begun, path, len(content))
    assert slack.files.uploaded(begun.id).content == content


async def test_what_is_never_sent(slack: SlackSandbox, handed: SlackFiles, path: Path) -> None:
    """Slack takes both and shows the file to nobody, or refuses what is large."""
    begun = await _uploaded(handed, path)
    await handed.share(begun.id, "usage.csv", "", _finance(slack), None)
    said = {name for call in slack.calls for name in call.arguments}
    assert not said & {"alt_txt", "snippet_type"}


async def test_a_share_that_is_lost_can_be_seen(slack: SlackSandbox, handed: SlackFiles, path: Path) -> None:
    slack.controls.lose_shares()
    begun = await _uploaded(handed, path)
    await handed.share(begun.id, "usage.csv", "", _finance(slack), None)
    await slack.files.settled()
    standing = await handed.standing(begun.id)
    assert standing is not None
    assert not standing.shown_at


async def test_deleting_twice_is_deleting_once(slack: SlackSandbox, handed: SlackFiles, path: Path) -> None:
    begun = await _uploaded(handed, path)
    await handed.share(begun.id, "usage.csv", "", _finance(slack), None)
    await slack.files.settled()
    await handed.delete(begun.id)
    await handed.delete(begun.id)
    assert slack.member("ana").sees("#finance") == []
    assert await handed.standing(begun.id) is None


async def test_the_scopes_are_those_that_were_granted(slack: SlackSandbox, api: SlackApi, handed: SlackFiles) -> None:
    assert (handed.may_write, handed.may_read) == (True, False)  # nothing is known yet
    for granted, may in ((set(), (False, False)), ({files.WRITE}, (True, False)), ({files.READ}, (False, True))):
        slack.grant(DEFAULT_SCOPES | granted)
        await api.call("auth.test")
        assert (handed.may_write, handed.may_read) == may


async def test_an_address_that_was_used_is_refused(slack: SlackSandbox, handed: SlackFiles, path: Path) -> None:
    begun = await _uploaded(handed, path)
    with pytest.raises(FileGoneError):
        await handed.send(begun, path, len(CSV))


async def test_no_bytes_are_no_file(handed: SlackFiles) -> None:
    with pytest.raises(MalformedError):
        await handed.begin("empty.csv", 0)


#: Each step, how the stand-in fails, and what that means.
TROUBLE = {
    "the address: a lost answer": ("files.getUploadURLExternal", {}, SlackUnsureError),
    "the bytes: a lost answer": ("upload", {}, SlackUnsureError),
    "the bytes: trouble there": ("upload", {"status": 503}, SlackBrokenError),
    "the bytes: refused": ("upload", {"status": 400}, FileGoneError),
    "the bytes: too many": ("upload", {"retry_after": 7}, SlackRateLimitedError),
    "the last: a lost answer": ("files.completeUploadExternal", {}, SlackUnsureError),
    "the last: no file": ("files.completeUploadExternal", {"error": "file_not_found"}, FileGoneError),
    "the last: not there": ("files.completeUploadExternal", {"error": "not_in_channel"}, ChannelClosedError),
    "the last: denied": ("files.completeUploadExternal", {"error": "posting_to_channel_denied"}, ChannelClosedError),
    "no scope": ("files.getUploadURLExternal", {"error": "missing_scope"}, ScopeMissingError),
    **{
        f"the address: {word}": ("files.getUploadURLExternal", {"error": word}, FileRefusedError)
        for word in (
            "file_uploads_disabled",
            "file_uploads_except_images_disabled",
            "file_type_not_allowed",
            "file_upload_size_restricted",
            "storage_limit_reached",
        )
    },
}


async def _whole(slack: SlackSandbox, handed: SlackFiles, path: Path) -> None:
    begun = await _uploaded(handed, path)
    await handed.share(begun.id, "usage.csv", "", _finance(slack), None)


@pytest.mark.parametrize("name", TROUBLE)
async def test_what_each_failure_means(name: str, slack: SlackSandbox, handed: SlackFiles, path: Path) -> None:
    method, how, meaning = TROUBLE[name]
    if how:
        slack.controls.fail_next(method, **how)  # type: ignore[arg-type]
    else:
        slack.controls.drop_answer_next(method)
    with pytest.raises(SlackError) as raised:
        await _whole(slack, handed, path)
    assert type(raised.value) is meaning


async def test_what_a_workspace_refuses(slack: SlackSandbox, handed: SlackFiles) -> None:
    """The stand-in's own rules, not its words on demand."""
    slack.files.largest, slack.files.storage_left = 10, 5
    for length, word in ((11, "file_upload_size_restricted"), (6, "storage_limit_reached")):
        with pytest.raises(FileRefusedError, match=word):
            await handed.begin("usage.csv", length)


async def test_nobody_can_read_the_address_in_the_log(
    handed: SlackFiles, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Of ours, whatever the level; what the library says below INFO never gets there (`bot.runtime.logs`)."""
    with caplog.at_level(logging.DEBUG):
        begun = await _uploaded(handed, path)
    ours = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    secret = begun.address.rpartition("/")[2]
    assert secret not in repr(begun)
    assert not [line for line in ours if secret in line]
