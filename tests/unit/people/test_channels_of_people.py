"""Who is in which channel: what Slack says now, and nothing where it does not say."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.errors import HiddenExportError
from bot.people.access import Access
from bot.people.permissions import Rules
from bot.slack.api import SlackApi
from bot.slack.channels import Channels
from bot.slack.members import Members
from bot.slack.remembered import KEPT
from storage.database import Database
from tests.harness.accounts import TEAM, Clock, Slack, lost, refuses
from tests.harness.people import admitted
from tests.harness.rows import accepted, opened

FAILURES = {
    "scope": refuses("missing_scope"),
    "rate": refuses("ratelimited"),
    "nobody": refuses("user_not_found"),
    "token": refuses("token_revoked"),
    "503": refuses(status=503, data="busy"),
    "no such method": refuses(status=404, data="?"),
    "no connection": lost,
}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(tmp_path / "people.db") as database:
        await database.write(lambda db: accepted(db, requester="U2", channel="C1"))
        yield database


@pytest.fixture
def access(slack: Slack, clock: Clock, people: Members, database: Database) -> Access:
    untyped: Any = slack
    return Access(Rules(), people, Channels(SlackApi(untyped, clock), clock), TEAM, database, clock)


async def test_outside_of_channels_an_export_is_seen_by_who_is_in_its_channel(access: Access, slack: Slack) -> None:
    """As Slack says; in another channel it is not, whoever asks."""
    slack.channels = lambda: {"ok": True, "channels": [{"id": "C1"}]}
    assert (await access.see(1, admitted("U1", ""))).number == 1
    with pytest.raises(HiddenExportError):
        await access.see(1, admitted("U1", "C2"))
    assert slack.asked == ["channels of U1"]


async def test_who_left_sees_it_no_longer(access: Access, slack: Slack, clock: Clock) -> None:
    """Within five minutes."""
    slack.channels = lambda: {"ok": True, "channels": [{"id": "C1"}]}
    await access.see(1, admitted("U1", ""))
    slack.channels = lambda: {"ok": True, "channels": [{"id": "C2"}]}
    clock.time += KEPT
    with pytest.raises(HiddenExportError):
        await access.see(1, admitted("U1", ""))


@pytest.mark.parametrize("failure", FAILURES)
async def test_where_slack_does_not_say_nobodys_but_ones_own_is_seen(
    access: Access, slack: Slack, clock: Clock, failure: str
) -> None:
    """Also where it has said before: an old answer would show what somebody has left."""
    for _ in range(2):
        slack.channels = FAILURES[failure]
        assert await access.channels_of(admitted("U1", "")) is None
        with pytest.raises(HiddenExportError):
            await access.see(1, admitted("U1", ""))
        assert (await access.see(1, admitted("U2", ""))).number == 1
        slack.channels = lambda: {"ok": True, "channels": [{"id": "C1"}]}
        clock.time += KEPT
        await access.see(1, admitted("U1", ""))
        clock.time += KEPT


async def test_all_pages_are_read(access: Access, slack: Slack) -> None:
    """Somebody is in more channels than Slack lists at once."""
    pages = [
        {"ok": True, "channels": [{"id": "C1"}], "response_metadata": {"next_cursor": "more"}},
        {"ok": True, "channels": [{"id": "C2"}, {}], "response_metadata": {"next_cursor": ""}},
    ]
    slack.channels = lambda: pages.pop(0)
    assert await access.channels_of(admitted("U1", "")) == frozenset({"C1", "C2"})
    assert slack.asked == ["channels of U1", "channels of U1 more"]
