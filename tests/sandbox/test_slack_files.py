"""Files in three steps: limits, scopes, errors, and messages that show them later or never."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import DEFAULT_SCOPES, SlackSandbox
from tests.sandbox.slack_support import HandClock, channel_id, client_of, refusal, section, workspace

CSV = b"product,tokens\r\nRevit,1204.5\r\n"


class Gate(HandClock):
    """A clock whose sleepers wait until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        await self.open.wait()
        await super().sleep(seconds)


@pytest.fixture(autouse=True)
def granted(slack: SlackSandbox) -> None:
    """The two scopes beside the usual ones."""
    slack.grant(DEFAULT_SCOPES | {"files:write", "files:read"})


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def uploaded(
    client: AsyncWebClient, http: aiohttp.ClientSession, content: bytes = CSV, name: str = "x.csv", **more: Any
) -> str:
    """Take the first two steps; return the id."""
    given = await client.files_getUploadURLExternal(filename=name, length=len(content), **more)
    async with http.post(given["upload_url"], data=io.BytesIO(content)) as answer:
        assert answer.status == 200
    return str(given["file_id"])


async def test_a_file_in_a_channel(slack: SlackSandbox, client: AsyncWebClient, http: aiohttp.ClientSession) -> None:
    """The answer tells of the file and not of the message; the file tells of the message."""
    finance = channel_id(slack, "#finance")
    file_id = await uploaded(client, http)
    done = await client.files_completeUploadExternal(
        files=[{"id": file_id, "title": "October"}], channel_id=finance, initial_comment="Here it is"
    )
    assert "ts" not in done.data
    await slack.files.settled()
    ana = slack.member("ana")
    message = await ana.hears("#finance", "Here it is", "October")
    assert ana.downloads(message, "October") == CSV
    shown = (await client.files_info(file=file_id))["file"]
    assert (shown["name"], shown["title"], shown["size"]) == ("x.csv", "October", len(CSV))
    assert (shown["mimetype"], shown["filetype"]) == ("text/csv", "csv")
    assert shown["channels"] == [finance]
    assert [each["ts"] for each in shown["shares"]["public"][finance]] == [message.ts]


async def test_the_way_of_the_sdk(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """`files_upload_v2` takes the same steps."""
    await client.files_upload_v2(channel=channel_id(slack, "#finance"), content=CSV.decode(), filename="x.csv")
    await slack.files.settled()
    assert slack.member("ana").downloads(await slack.member("ana").hears("#finance"), "x.csv") == CSV


async def test_in_a_thread_and_in_private_places(
    slack: SlackSandbox, client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    """Under the parent's message; in a direct message by the id of that."""
    finance, ana = channel_id(slack, "#finance"), slack.member("ana")
    parent = str((await client.chat_postMessage(channel=finance, text="x"))["ts"])
    file_id = await uploaded(client, http)
    await client.files_completeUploadExternal(files=[{"id": file_id}], channel_id=finance, thread_ts=parent)
    await slack.files.settled()
    message = await ana.hears("#finance", "x.csv")
    assert message.thread_ts == parent
    shares = (await client.files_info(file=file_id))["file"]["shares"]["public"][finance]
    assert shares[0]["thread_ts"] == parent
    direct = slack.workspace.direct_message(ana.user).id
    file_id = await uploaded(client, http)
    await client.files_completeUploadExternal(files=[{"id": file_id}], channel_id=direct)
    await slack.files.settled()
    shown = (await client.files_info(file=file_id))["file"]
    assert (shown["ims"], shown["is_public"], list(shown["shares"])) == ([direct], False, ["private"])


async def test_several_files_and_channels(
    slack: SlackSandbox, client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    """All files in one message, in each of the channels, under blocks where there is no comment."""
    ids = [await uploaded(client, http, name=f"{n}.csv") for n in (1, 2)]
    places = [channel_id(slack, name) for name in ("#finance", "#general")]
    await client.api_call(
        "files.completeUploadExternal",
        json={"files": [{"id": each} for each in ids], "channels": ",".join(places), "blocks": [section("both")]},
    )
    await slack.files.settled()
    for name in ("#finance", "#general"):
        await slack.member("ana").hears(name, "both", "1.csv", "2.csv")
    assert len(slack.member("ana").sees("#finance")) == 1


async def test_without_a_channel_it_stays_private(
    slack: SlackSandbox, client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    """There is a file and nobody sees it; without the last step there is none."""
    file_id = await uploaded(client, http)
    assert await refusal(client.files_info(file=file_id)) == "file_not_found"
    await client.files_completeUploadExternal(files=[{"id": file_id}])
    await slack.files.settled()
    assert (await client.files_info(file=file_id))["file"]["shares"] == {}


async def test_shares_are_shown_later(session: aiohttp.ClientSession) -> None:
    """Until then the file tells of none."""
    clock = Gate()
    async with workspace(clock, scopes={"files:write", "files:read"}, rate_profile="none") as slack:
        client = client_of(slack, session)
        slack.files.delay = 3
        file_id = await uploaded(client, session)
        await client.files_completeUploadExternal(files=[{"id": file_id}], channel_id=channel_id(slack, "#finance"))
        assert (await client.files_info(file=file_id))["file"]["shares"] == {}
        clock.open.set()
        await slack.files.settled()
        assert (await client.files_info(file=file_id))["file"]["shares"] != {}


async def test_shares_are_lost_on_demand(
    slack: SlackSandbox, client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    """The answer is ok all the same; only the file tells."""
    slack.controls.lose_shares()
    finance = channel_id(slack, "#finance")
    ids = [await uploaded(client, http) for _ in range(2)]
    for file_id in ids:
        assert (await client.files_completeUploadExternal(files=[{"id": file_id}], channel_id=finance))["ok"]
        await slack.files.settled()
    assert [bool((await client.files_info(file=each))["file"]["shares"]) for each in ids] == [False, True]


async def test_a_description_shares_nothing(
    slack: SlackSandbox, client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    """As Slack does with `alt_txt`: ok, and no message."""
    file_id = await uploaded(client, http, alt_txt="a table")
    done = await client.files_completeUploadExternal(files=[{"id": file_id}], channel_id=channel_id(slack, "#finance"))
    await slack.files.settled()
    assert done["ok"]
    assert slack.member("ana").sees("#finance") == []
    assert await refusal(client.files_getUploadURLExternal(filename="x", length=1, alt_txt="x" * 1001)) == (
        "invalid_arguments"
    )


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"filename": "x.csv", "length": 0}, "missing_argument"),
        ({"filename": "x.csv"}, "missing_argument"),
        ({"length": 5}, "missing_argument"),
        ({"filename": "x.csv", "length": -5}, "invalid_arguments"),
        ({"filename": "x.csv", "length": "five"}, "invalid_arguments"),
        ({"filename": "x.csv", "length": 1024**3 + 1}, "file_upload_size_restricted"),
        ({"filename": "x.csv", "length": 1_000_001, "snippet_type": "csv"}, "snippet_too_large"),
    ],
)
async def test_uploads_that_cannot_begin(client: AsyncWebClient, arguments: dict[str, Any], error: str) -> None:
    """No name, no bytes, too many bytes."""
    assert await refusal(client.api_call("files.getUploadURLExternal", params=arguments)) == error


@pytest.mark.parametrize(
    ("setting", "value", "error"),
    [
        ("disabled", True, "file_uploads_disabled"),
        ("images_only", True, "file_uploads_except_images_disabled"),
        ("refused_types", frozenset({"csv"}), "file_type_not_allowed"),
        ("largest", 99, "file_upload_size_restricted"),
        ("storage_left", 99, "storage_limit_reached"),
    ],
)
async def test_what_a_workspace_does_not_allow(
    slack: SlackSandbox, client: AsyncWebClient, setting: str, value: Any, error: str
) -> None:
    """Each with its error, before any byte is sent; a small picture is allowed by all but one."""
    setattr(slack.files, setting, value)
    assert await refusal(client.files_getUploadURLExternal(filename="x.csv", length=100)) == error
    picture = client.files_getUploadURLExternal(filename="x.png", length=99)
    if setting == "disabled":
        assert await refusal(picture) == error
    else:
        assert (await picture)["ok"]


async def test_storage_is_used_up(slack: SlackSandbox, client: AsyncWebClient, http: aiohttp.ClientSession) -> None:
    """By what was completed."""
    slack.files.storage_left = len(CSV) + 5
    file_id = await uploaded(client, http)
    await client.files_completeUploadExternal(files=[{"id": file_id}])
    assert await refusal(client.files_getUploadURLExternal(filename="x", length=6)) == "storage_limit_reached"
    assert (await client.files_getUploadURLExternal(filename="x", length=5))["ok"]


async def test_places_that_take_no_files(
    slack: SlackSandbox, client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    """Ids only, as a member only, and where posting is allowed."""
    slack.grant(DEFAULT_SCOPES | {"files:write", "chat:write.public"})
    finance, ana = channel_id(slack, "#finance"), slack.member("ana").id
    place = slack.workspace.channel("#finance")
    ts = str((await client.chat_postMessage(channel=finance, text="x"))["ts"])
    reply = str((await client.chat_postMessage(channel=finance, text="x", thread_ts=ts))["ts"])
    files: list[dict[str, str | None]] = [{"id": await uploaded(client, http)}]

    async def refused(**more: Any) -> str:
        return await refusal(client.api_call("files.completeUploadExternal", json={"files": files, **more}))

    for unknown in ("#finance", "finance", ana, "C0", channel_id(slack, "#licences")):
        assert await refused(channel_id=unknown) == "channel_not_found"
    slack.workspace.kick_bot("#general")
    assert await refused(channel_id=channel_id(slack, "#general")) == "not_in_channel"
    assert await refused(channel_id=finance, thread_ts=reply) == "thread_not_found"
    assert await refused(channels=f"{finance},{finance}", thread_ts=ts) == "invalid_arguments"
    assert await refused(channel_id=finance, channels=finance) == "invalid_arguments"
    assert await refused(channels=",".join([finance] * 101)) == "invalid_arguments"
    place.read_only = True
    assert await refused(channel_id=finance) == "posting_to_channel_denied"
    place.read_only, place.thread_only = False, True
    assert await refused(channel_id=finance) == "posting_to_channel_denied"
    place.thread_only, place.non_threadable = False, True
    assert await refused(channel_id=finance, thread_ts=ts) == "posting_to_channel_denied"
    place.non_threadable = False
    slack.workspace.archive("#finance")
    assert await refused(channel_id=finance) == "is_archived"
    slack.workspace.archive("#finance", archived=False)
    assert (await client.files_completeUploadExternal(files=files, channel_id=finance))["ok"]


@pytest.mark.parametrize("files", [[], "x", [{"id": "F0"}], [{}], ["F0"]])
async def test_files_that_are_not_there(client: AsyncWebClient, files: Any) -> None:
    """Unknown ones, and lists that are none."""
    call = client.api_call("files.completeUploadExternal", json={"files": files})
    assert await refusal(call) in {"file_not_found", "invalid_arguments"}


async def test_what_was_not_uploaded_cannot_be_completed(client: AsyncWebClient, http: aiohttp.ClientSession) -> None:
    """Nor is anything but the announced bytes taken, or anything twice."""
    given = await client.files_getUploadURLExternal(filename="x.csv", length=len(CSV))
    assert await refusal(client.files_completeUploadExternal(files=[{"id": given["file_id"]}])) == "file_not_found"
    for content, status in ((CSV + b"x", 400), (CSV, 200), (CSV, 400)):
        async with http.post(given["upload_url"], data=io.BytesIO(content)) as answer:
            assert answer.status == status
    async with http.post(f"{given['upload_url']}x", data=CSV) as answer:
        assert answer.status == 400
    assert (await client.files_completeUploadExternal(files=[{"id": given["file_id"]}]))["ok"]


async def test_bytes_in_a_form_and_many_of_them(
    slack: SlackSandbox, client: AsyncWebClient, http: aiohttp.ClientSession
) -> None:
    """Raw or multipart, more than a call of the Web API may hold."""
    content = b"x" * 6_000_000
    given = await client.files_getUploadURLExternal(filename="x.csv", length=len(content))
    async with http.post(given["upload_url"], data={"filename": io.BytesIO(content)}) as answer:
        assert answer.status == 200, await answer.text()
    assert await uploaded(client, http, content)
    assert [call.arguments for call in slack.calls if call.method == "upload"] == [{"bytes": len(content)}] * 2


@pytest.mark.parametrize(("again", "shown"), [("refused", 1), ("ignored", 1), ("shares", 2)])
async def test_completing_twice(
    slack: SlackSandbox, client: AsyncWebClient, http: aiohttp.ClientSession, again: str, shown: int
) -> None:
    """It is not documented what that does: every way can be had."""
    slack.files.again = again
    arguments: dict[str, Any] = {
        "files": [{"id": await uploaded(client, http)}],
        "channel_id": channel_id(slack, "#finance"),
    }
    await client.files_completeUploadExternal(**arguments)
    if again == "refused":
        assert await refusal(client.files_completeUploadExternal(**arguments)) == "file_not_found"
    else:
        assert (await client.files_completeUploadExternal(**arguments))["ok"]
    await slack.files.settled()
    assert len(slack.member("ana").sees("#finance")) == shown


async def test_scopes(slack: SlackSandbox, client: AsyncWebClient, http: aiohttp.ClientSession) -> None:
    """Writing for the steps, reading for what became of it; what is granted stands in a header of every answer."""
    slack.grant({"files:write"})
    file_id = await uploaded(client, http)
    done = await client.files_completeUploadExternal(files=[{"id": file_id}])
    assert done.headers["x-oauth-scopes"] == "files:write"
    assert await refusal(client.files_info(file=file_id)) == "missing_scope"
    slack.grant({"files:read"})
    assert (await client.files_info(file=file_id))["ok"]
    assert await refusal(client.files_getUploadURLExternal(filename="x", length=1)) == "missing_scope"
    assert await refusal(client.files_completeUploadExternal(files=[{"id": file_id}])) == "missing_scope"


async def test_failures_on_demand(slack: SlackSandbox, client: AsyncWebClient, http: aiohttp.ClientSession) -> None:
    """Each of the steps fails as methods do, the bytes too; refused completions by channel."""
    given = await client.files_getUploadURLExternal(filename="x.csv", length=len(CSV))
    slack.controls.fail_next("upload", status=500)
    slack.controls.drop_answer_next("upload")
    async with http.post(given["upload_url"], data=CSV) as answer:
        assert answer.status == 500
    with pytest.raises(aiohttp.ClientError):
        await http.post(given["upload_url"], data=CSV)
    finance = channel_id(slack, "#finance")
    files: list[dict[str, str | None]] = [{"id": str(given["file_id"])}]
    lift = slack.controls.refuse("files.completeUploadExternal", "posting_to_channel_denied", channel="#finance")
    for _ in range(2):
        call = client.files_completeUploadExternal(files=files, channel_id=finance)
        assert await refusal(call) == "posting_to_channel_denied"
    lift()
    slack.controls.drop_answer_next("files.completeUploadExternal")
    with pytest.raises(aiohttp.ClientError):
        await client.files_completeUploadExternal(files=files, channel_id=finance)
    await slack.files.settled()
    assert len(slack.member("ana").sees("#finance")) == 1


async def test_files_count_as_messages(clock: HandClock, session: aiohttp.ClientSession) -> None:
    """One a second into a channel, as by any other method."""
    async with workspace(clock, scopes={"files:write"}) as slack:
        client = client_of(slack, session)
        finance = channel_id(slack, "#finance")
        ids = [await uploaded(client, session) for _ in range(5)]
        for file_id in ids[:4]:
            await client.files_completeUploadExternal(files=[{"id": file_id}], channel_id=finance)
        with pytest.raises(SlackApiError) as caught:
            await client.files_completeUploadExternal(files=[{"id": ids[4]}], channel_id=finance)
        assert (caught.value.response["error"], caught.value.response.status_code) == ("ratelimited", 429)


async def test_an_edit_keeps_the_file(slack: SlackSandbox, client: AsyncWebClient, http: aiohttp.ClientSession) -> None:
    """Only the words change; a deleted message is no share any more."""
    finance, file_id = channel_id(slack, "#finance"), await uploaded(client, http)
    await client.files_completeUploadExternal(files=[{"id": file_id}], channel_id=finance, initial_comment="one")
    await slack.files.settled()
    ts = slack.member("ana").sees("#finance")[0].ts
    edited = await client.chat_update(channel=finance, ts=ts, text="two")
    assert [each["id"] for each in edited["message"]["files"]] == [file_id]
    await slack.member("ana").hears("#finance", "two", "x.csv")
    await client.chat_delete(channel=finance, ts=ts)
    assert (await client.files_info(file=file_id))["file"]["shares"] == {}


async def test_a_file_that_is_deleted(slack: SlackSandbox, client: AsyncWebClient, http: aiohttp.ClientSession) -> None:
    """What showed nothing else goes with it; words stay, without the file."""
    finance, ana = channel_id(slack, "#finance"), slack.member("ana")
    bare, worded = [await uploaded(client, http) for _ in range(2)]
    await client.files_completeUploadExternal(files=[{"id": bare}], channel_id=finance)
    await client.files_completeUploadExternal(files=[{"id": worded}], channel_id=finance, initial_comment="one")
    await slack.files.settled()
    for each in (bare, worded):
        assert (await client.files_delete(file=each))["ok"]
        assert await refusal(client.files_info(file=each)) == "file_deleted"
        assert await refusal(client.files_delete(file=each)) == "file_deleted"
    assert [message.visible_text() for message in ana.sees("#finance")] == ["one"]
    assert await refusal(client.files_delete(file="F0")) == "file_not_found"
    slack.grant({"files:read"})
    assert await refusal(client.files_delete(file=bare)) == "missing_scope"
