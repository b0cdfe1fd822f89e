"""The rules of who may: the settings as rules, who is let in, what a refusal says."""

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from bot import settings
from bot.cards.refusals import sentence, whom
from bot.errors import (
    AdministratorsOnlyError,
    ChannelNotAllowedError,
    ContractNotAllowedError,
    MembershipUnknownError,
    PersonNotAllowedError,
)
from bot.exports.links import Links
from bot.exports.use_cases import Exports
from bot.operate.administration import Administration
from bot.people.access import Access
from bot.people.asker import Asker, Sender
from bot.people.permissions import Named, Rules, may_delete, may_have_link, may_see
from bot.settings import LinkAudience
from bot.slack.members import STILL_GOOD, Members
from storage.database import Database
from storage.models import Export
from tests.harness.accounts import FULL, GRID, TEAM, Clock, Slack, lost, refuses
from tests.harness.house import ROOT
from tests.harness.people import admitted
from tests.harness.rows import NOW, REQUEST

GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "APS_CLIENT_ID": "id",
}


def access(rules: Rules, people: Members, clock: Clock) -> Access:
    nobody_asks: Any = None
    return Access(rules, people, nobody_asks, TEAM, Database(Path("unused.db")), clock)


def export(requester: str = "U1", channel: str = "C1") -> Export:
    return Export(1, "ready", REQUEST, requester, channel, NOW, NOW)  # type: ignore[arg-type]


# --- settings as rules


def test_the_defaults_let_members_do_everything_and_nobody_administer() -> None:
    """All full members, all contracts, all channels, no administrators."""
    rules = Rules.of(settings.read(GOOD))
    assert rules == Rules()
    assert rules.people == Named(members=True)
    assert rules.administrators == Named()
    assert rules.allows_contract("1")
    assert rules.allows_channel("C1")


def test_lists_are_read() -> None:
    """IDs of people and groups are told apart; the one word is understood in any case."""
    rules = Rules.of(
        settings.read(
            GOOD
            | {
                "ALLOWED_PEOPLE": "Members, U1, W2,S3 ,",
                "ADMINISTRATORS": "S4,U5",
                "ALLOWED_CONTRACTS": "110000123456, 12",
                "ALLOWED_CHANNELS": "C1,G2,D3",
            }
        )
    )
    assert rules.people == Named(frozenset({"U1", "W2"}), frozenset({"S3"}), members=True)
    assert rules.administrators == Named(frozenset({"U5"}), frozenset({"S4"}))
    assert [rules.allows_contract(each) for each in ("110000123456", "12", "1")] == [True, True, False]
    assert [rules.allows_channel(each) for each in ("C1", "G2", "D3", "C2")] == [True, True, True, False]


def test_without_the_word_members_are_not_meant() -> None:
    """Whoever names people means them alone."""
    assert Rules.of(settings.read(GOOD | {"ALLOWED_PEOPLE": "U1"})).people == Named(frozenset({"U1"}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_PEOPLE", "ana"),
        ("ALLOWED_PEOPLE", "@ana, U1"),
        ("ALLOWED_PEOPLE", "all"),
        ("ALLOWED_PEOPLE", "members, C1"),
        ("ALLOWED_PEOPLE", ","),
        ("ADMINISTRATORS", "members"),
        ("ADMINISTRATORS", "u1"),
        ("ALLOWED_CONTRACTS", "11 22"),
        ("ALLOWED_CONTRACTS", "all, 1"),
        ("ALLOWED_CHANNELS", "#finance"),
        ("ALLOWED_CHANNELS", "all,C1"),
    ],
)
def test_a_name_that_means_nobody_ends_the_start(name: str, value: str) -> None:
    """A mistake in who may is told at once, with what to write; it never lets nobody, or everybody, in."""
    with pytest.raises(settings.SettingsError) as caught:
        settings.read(GOOD | {name: value})
    (problem,) = caught.value.problems
    assert problem.startswith(f"{name} ")
    assert "write" in problem


# --- pure rules


def test_sight_is_for_requester_and_channel() -> None:
    """The requester sees it anywhere, others in its channel."""
    assert may_see(export(), "U1", "C9")
    assert may_see(export(), "U2", "C1")
    assert not may_see(export(), "U2", "C9")


@pytest.mark.parametrize("audience", LinkAudience)
def test_links_follow_the_audience(audience: LinkAudience) -> None:
    """With `requester` nobody else; else whoever may see."""
    assert may_have_link(export(), "U1", "C9", audience)
    assert may_have_link(export(), "U2", "C1", audience) is (audience is not LinkAudience.REQUESTER)
    assert not may_have_link(export(), "U2", "C9", audience)


def test_deleting_is_for_the_requester() -> None:
    """The channel is no licence to delete."""
    assert may_delete(export(), "U1")
    assert not may_delete(export(), "U2")


# --- admission


def guest() -> Any:
    return {"user": {**FULL, "is_restricted": True}}


MEMBER = Sender("U1", "C1")


async def test_a_person_named_needs_no_answer_of_slack(people: Members, slack: Slack, clock: Clock) -> None:
    """By ID, a guest gets in also while Slack is out."""
    slack.user = lost
    named = Named(frozenset({"U1"}))
    await access(Rules(people=named), people, clock).admit(MEMBER)
    assert slack.asked == []
    await access(Rules(administrators=named), people, clock).admit(MEMBER)


async def test_members_may_and_guests_may_not(people: Members, slack: Slack, clock: Clock) -> None:
    """The default rule, both ways."""
    gate = access(Rules(), people, clock)
    assert await gate.admit(MEMBER) == admitted("U1", "C1")
    slack.user = guest
    with pytest.raises(PersonNotAllowedError) as refused:
        await gate.admit(Sender("U2", "C1"))
    assert re.search("full members .* Ask whoever installed me", sentence(refused.value))


async def test_a_guest_in_a_group_may(people: Members, slack: Slack, clock: Clock) -> None:
    """Named by group, also where members may as well; even while Slack is out about the account."""
    slack.user = guest
    rules = Rules(people=Named(groups=frozenset({"S1"}), members=True))
    await access(rules, people, clock).admit(MEMBER)
    slack.user = lost
    clock.time += STILL_GOOD
    await access(rules, people, clock).admit(MEMBER)
    with pytest.raises(MembershipUnknownError):
        await access(rules, people, clock).admit(Sender("U2", "C1"))


async def test_only_a_group(people: Members, slack: Slack, clock: Clock) -> None:
    """Without the word, being a member is not enough."""
    gate = access(Rules(people=Named(groups=frozenset({"S1"}))), people, clock)
    await gate.admit(MEMBER)
    slack.user = lambda: {"user": {**FULL, "id": "U2"}}
    with pytest.raises(PersonNotAllowedError) as refused:
        await gate.admit(Sender("U2", "C1"))
    assert "only people who were let in by name" in sentence(refused.value)
    assert sorted(slack.asked) == ["group S1", "user U1", "user U2"]


#: A person with two ids: the one that the envelope names, and the one that a setting or a group lists.
TWO_IDS = [("U1", "W1"), ("W1", "U1")]


@pytest.mark.parametrize(("acting", "listed"), TWO_IDS)
@pytest.mark.parametrize("way", ["people", "administrators"])
@pytest.mark.parametrize("by_group", [False, True])
async def test_either_id_of_a_person_counts(
    people: Members, slack: Slack, clock: Clock, acting: str, listed: str, way: str, *, by_group: bool
) -> None:
    """In an Enterprise organisation a person is known by two ids, and settings and groups may have the other one."""
    slack.user = lambda: {"user": {"id": "U1", "is_restricted": True, "enterprise_user": GRID}}
    slack.group = lambda: {"users": [listed]}
    named = Named(groups=frozenset({"S1"})) if by_group else Named(frozenset({listed}))
    gate = access(Rules(**{way: named}), people, clock)  # type: ignore[arg-type]
    asker = await gate.admit(Sender(acting, "C1"))
    assert await gate.is_administrator(asker) is (way == "administrators")
    slack.user = lambda: {"user": {"id": "U2", "is_restricted": True, "enterprise_user": {**GRID, "id": "W2"}}}
    with pytest.raises(PersonNotAllowedError):
        await gate.admit(Sender("U2", "C1"))


async def test_a_member_of_no_workspace_needs_the_envelope(people: Members, slack: Slack, clock: Clock) -> None:
    """Where an account says nothing of a workspace, the envelope has to name ours; its silence is not enough."""
    slack.user = lambda: {"user": {"id": "U1"}}
    gate = access(Rules(), people, clock)
    await gate.admit(Sender("U1", "C1", team=TEAM))
    for team in ("", "T2"):
        with pytest.raises(PersonNotAllowedError):
            await gate.admit(Sender("U1", "C1", team=team))


async def test_where_slack_does_not_tell_the_envelope_shows_the_organisation(
    people: Members, slack: Slack, clock: Clock
) -> None:
    """Ordinary members get in; a person whose envelope names another organisation does not."""
    slack.user = refuses("unknown_method")
    gate = access(Rules(), people, clock)
    await gate.admit(MEMBER)
    await gate.admit(Sender("U1", "C1", team=TEAM))
    with pytest.raises(PersonNotAllowedError):
        await gate.admit(Sender("U1", "C1", team="T2"))


async def test_administrators_are_those_named(people: Members, slack: Slack, clock: Clock) -> None:
    """By ID or group; with none named nobody is one."""
    first, second = admitted("U1", "C1"), admitted("U2", "C1")
    slack.user = lambda: {"user": {"team_id": TEAM}}
    assert not await access(Rules(), people, clock).is_administrator(first)
    by_id = access(Rules(administrators=Named(frozenset({"U2"}))), people, clock)
    assert (await by_id.is_administrator(second), await by_id.is_administrator(first)) == (True, False)
    by_group = access(Rules(administrators=Named(groups=frozenset({"S1"}))), people, clock)
    await by_group.check_administrator(first)
    with pytest.raises(AdministratorsOnlyError) as refused:
        await by_group.check_administrator(second)
    assert sentence(refused.value) == "That is for administrators. Ask <!subteam^S1>."


async def test_refusals_say_whom_to_ask(people: Members, clock: Clock) -> None:
    """Administrators by name, a few of them; else whoever installed the bot."""
    many = Named(frozenset(f"U{n}" for n in range(9)))
    rules = Rules(administrators=many, contracts=frozenset({"12"}), channels=frozenset({"C1", "C2"}))
    gate = access(rules, people, clock)
    with pytest.raises(ContractNotAllowedError) as of_contract:
        gate.check_contract("13")
    assert re.search("Contract `13` .* Ask <@U0>, <@U1>, <@U2>, <@U3> or others", sentence(of_contract.value))
    with pytest.raises(ChannelNotAllowedError) as of_channel:
        await gate.check_channel("C3")
    assert "only be posted in <#C1> and <#C2>" in sentence(of_channel.value)
    gate.check_contract("12")
    await gate.check_channel("C2")
    assert whom(()) == "whoever installed me"


def test_only_access_makes_an_asker() -> None:
    """Whoever is given one is given a person who was let in: nothing else in the house makes one."""
    folders = ("bot", "handlers", "storage", "tests", "bench", "scripts")
    makers = {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and "Asker" in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))
    }
    assert makers == {"bot/people/access.py", "tests/harness/people.py"}


def test_no_use_case_can_be_called_without_an_asker() -> None:
    """Each public act takes one, by its annotation, which the type checker holds every caller to."""
    acts = [
        act
        for use_cases in (Exports, Links, Administration)
        for name, act in inspect.getmembers(use_cases, inspect.iscoroutinefunction)
        if not name.startswith("_")
    ]
    assert len(acts) >= 10
    for act in acts:
        assert Asker in inspect.get_annotations(act, eval_str=True).values(), act.__qualname__
