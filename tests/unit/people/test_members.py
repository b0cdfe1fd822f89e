"""Accounts and groups as Slack shows them: asked for once, kept for minutes, remembered while it is out."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.errors import MembershipUnknownError
from bot.slack import remembered
from bot.slack.members import STILL_GOOD, Members, Standing, standing_of
from bot.slack.remembered import KEPT
from tests.harness.accounts import FULL, GRID, TEAM, Clock, Slack, lost, refuses

ELSEWHERE = {**GRID, "teams": ["T2"]}


@pytest.mark.parametrize(
    ("account", "standing"),
    [
        (FULL, Standing.MEMBER),
        ({**FULL, "is_admin": True, "is_owner": True}, Standing.MEMBER),
        ({**FULL, "is_restricted": True}, Standing.OTHER),
        ({**FULL, "is_restricted": True, "is_ultra_restricted": True}, Standing.OTHER),
        ({**FULL, "is_ultra_restricted": True}, Standing.OTHER),
        ({**FULL, "is_stranger": True}, Standing.OTHER),
        ({**FULL, "deleted": True}, Standing.OTHER),
        ({**FULL, "is_bot": True}, Standing.OTHER),
        ({"id": "U1", "team_id": "T2"}, Standing.OTHER),
        ({"id": "U1", "team_id": "T2", "enterprise_user": GRID}, Standing.MEMBER),
        ({"id": "U1", "team_id": "T2", "enterprise_user": ELSEWHERE}, Standing.OTHER),
        ({"id": "U1", "team_id": "T2", "enterprise_user": None}, Standing.OTHER),
        ({"id": "U1", "enterprise_user": GRID}, Standing.MEMBER),
        ({"id": "U1", "team_id": "", "enterprise_user": ELSEWHERE}, Standing.OTHER),
        ({"id": "U1", "enterprise_user": ELSEWHERE}, Standing.OTHER),
        ({"id": "U1", "enterprise_user": {"id": "W1"}}, Standing.OTHER),
        ({"id": "U1", "enterprise_user": GRID, "is_restricted": True}, Standing.OTHER),
        ({"id": "U1"}, Standing.OF_NO_TEAM),
        ({"id": "U1", "is_restricted": True}, Standing.OTHER),
    ],
)
def test_who_is_a_full_member(account: dict[str, Any], standing: Standing) -> None:
    """Guests, other organisations, bots and deactivated accounts are none; nobody is taken for one."""
    assert standing_of(account, TEAM) is standing


# --- asking Slack


async def test_an_answer_is_kept_for_minutes(people: Members, slack: Slack, clock: Clock) -> None:
    """One call serves five minutes; then a change is seen."""
    assert (await people.account("U1")).standing is Standing.MEMBER
    clock.time += KEPT - timedelta(seconds=1)
    slack.user = lambda: {"user": {**FULL, "is_restricted": True}}
    assert (await people.account("U1")).standing is Standing.MEMBER
    assert slack.asked == ["user U1"]
    clock.time += timedelta(seconds=1)
    assert (await people.account("U1")).standing is Standing.OTHER


async def test_questions_at_the_same_time_are_one(people: Members, slack: Slack) -> None:
    """Whoever presses three times at once costs one call."""
    told = await asyncio.gather(*[people.account("U1") for _ in range(3)])
    assert [each.standing for each in told] == [Standing.MEMBER] * 3
    assert slack.asked == ["user U1"]


@pytest.mark.parametrize(
    "out", [lost, refuses("ratelimited", 429), refuses("internal_error"), refuses(status=503, data="<html>")]
)
async def test_slack_out(people: Members, slack: Slack, clock: Clock, out: Callable[[], Any]) -> None:
    """The last answer stands in for half a day; who is not known is asked to try again."""
    assert (await people.account("U1")).standing is Standing.MEMBER
    slack.user = out
    clock.time += STILL_GOOD - timedelta(minutes=1)
    assert (await people.account("U1")).standing is Standing.MEMBER
    with pytest.raises(MembershipUnknownError):
        await people.account("U2")
    clock.time += timedelta(minutes=1)
    with pytest.raises(MembershipUnknownError):
        await people.account("U1")
    slack.user = lambda: {"user": FULL}
    clock.time += timedelta(minutes=1)
    assert (await people.account("U1")).standing is Standing.MEMBER


async def test_nobody_waits_long(people: Members, slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow answer is not waited for, but serves whoever asks next."""
    monkeypatch.setattr(remembered, "_PATIENCE", 0.01)
    slack.gate = asyncio.Event()
    with pytest.raises(MembershipUnknownError):
        await people.account("U1")
    slack.gate.set()
    while people._accounts._asking:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert (await people.account("U1")).standing is Standing.MEMBER
    assert slack.asked == ["user U1"]


async def test_a_stop_ends_what_is_asked(people: Members, slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left running."""
    monkeypatch.setattr(remembered, "_PATIENCE", 0.01)
    slack.gate = asyncio.Event()
    with pytest.raises(MembershipUnknownError):
        await people.account("U1")
    await people.close()
    assert not people._accounts._asking


async def test_an_account_that_slack_does_not_show_is_no_member(people: Members, slack: Slack) -> None:
    """People of other organisations may be invisible."""
    slack.user = refuses("user_not_visible")
    assert (await people.account("U8")).standing is Standing.OTHER
    slack.user = lambda: {"user": FULL}
    await people.account("U1")
    slack.user = refuses("user_not_found")
    assert (await people.account("U9")).standing is Standing.OTHER


UNTOLD = [
    refuses("missing_scope"),
    refuses("unknown_method"),
    refuses("not_implemented"),
    refuses("user_not_found"),
    refuses(status=404, data="<html>"),
    refuses(status=405, data={}),
    refuses("not_implemented", 501),
    lambda: {"ok": True},
]


@pytest.mark.parametrize("answer", UNTOLD)
async def test_without_the_method_slack_does_not_tell(people: Members, slack: Slack, answer: Callable[[], Any]) -> None:
    """A missing scope, or a stand-in without `users.info`, is told apart from an outage."""
    slack.user = answer
    assert (await people.account("U1")).standing is Standing.UNTOLD


@pytest.mark.parametrize("answer", [each for number, each in enumerate(UNTOLD) if number != 3])
async def test_slack_that_has_told_once_opens_no_door_later(
    people: Members, slack: Slack, answer: Callable[[], Any]
) -> None:
    """Where accounts were shown before, a refusal is an outage: nobody gets in by it."""
    await people.account("U1")
    slack.user = answer
    with pytest.raises(MembershipUnknownError):
        await people.account("U2")


async def test_groups_are_kept_and_remembered(people: Members, slack: Slack, clock: Clock) -> None:
    """One call per group and five minutes, for all people."""
    assert await people.of_group("S1") == {"U1"}
    assert await people.of_group("S1") == {"U1"}
    assert slack.asked == ["group S1"]
    clock.time += KEPT
    slack.group = lost
    assert await people.of_group("S1") == {"U1"}
    with pytest.raises(MembershipUnknownError):
        await people.of_group("S2")


@pytest.mark.parametrize("answer", [refuses("no_such_subteam"), refuses("missing_scope"), lambda: {"ok": True}])
async def test_a_group_that_cannot_be_read_lets_nobody_in(
    people: Members, slack: Slack, answer: Callable[[], Any]
) -> None:
    """Who narrowed the circle to a group does not get a wider one by a missing scope."""
    slack.group = answer
    assert await people.of_group("S1") == frozenset()
