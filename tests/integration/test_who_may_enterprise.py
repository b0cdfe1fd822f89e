"""Who may use the bot in an Enterprise organisation: a person's workspaces and two ids, and the installation."""

import pytest

from sandbox.slack.people import FOREIGN_TEAM_ID, TEAM_ID
from tests.harness.allowed import REFUSAL, with_ids
from tests.harness.house import House
from tests.harness.process import start_process
from tests.harness.talk import QUICK, SPEED, OpenHouse, calls, gets, knows_contracts
from tests.integration.test_doctor import examined, wrong_lines


async def house_with(new_house: OpenHouse) -> House:
    """A house without a bot yet, in which gil works for another company of the organisation."""
    house: House = await new_house(speed=SPEED, token_flex=QUICK)
    house.slack.workspace.channel("#finance").member_ids.append(house.slack.workspace.add_member("gil").id)
    return house


@pytest.mark.parametrize("hides_team", [True, False])
@pytest.mark.parametrize(
    ("teams", "may"), [((FOREIGN_TEAM_ID, TEAM_ID), True), ((FOREIGN_TEAM_ID,), False), ((), False)]
)
async def test_membership_is_never_assumed(
    new_house: OpenHouse, teams: tuple[str, ...], *, may: bool, hides_team: bool
) -> None:
    """Whose workspaces do not include ours gets no link and no command, also where Slack names no workspace."""
    house = await house_with(new_house)
    workspace = house.slack.workspace
    workspace.join_grid("gil", teams=teams, hides_team=hides_team)
    workspace.user("gil").foreign = not may
    await house.start_bot(LINK_AUDIENCE="press")
    await knows_contracts(house)
    result, gil = await gets(house.member("ana")), house.member("gil")
    spent = calls(house, "POST")
    await gil.presses(result, "Get a fresh link")
    words = "Download year1.csv" if may else REFUSAL
    shown = await gil.hears("#finance", words, private=True)
    assert bool(shown.links()) is may
    await gil.types("#finance", "/tokenflex list")
    await gil.hears("#finance", "#1 year1.csv" if may else REFUSAL, private=True)
    assert may or calls(house, "POST") == spent


@pytest.mark.parametrize("acts_by_second_id", [True, False])
@pytest.mark.parametrize("by_group", [True, False])
async def test_both_ids_of_a_person_count(new_house: OpenHouse, *, by_group: bool, acts_by_second_id: bool) -> None:
    """A setting, or a group, has one id of a guest, and what they do comes with the other; another guest stays out."""
    house = await house_with(new_house)
    workspace = house.slack.workspace
    account = workspace.join_grid("gus", teams=())
    account.acts = acts_by_second_id
    workspace.user("gil").guest = True
    workspace.join_grid("gil", teams=()).acts = acts_by_second_id
    listed = workspace.user("gus").id if acts_by_second_id else account.id
    group = workspace.add_usergroup("licensing", [listed])
    await house.start_bot(**with_ids(house, {"ALLOWED_PEOPLE": group.id if by_group else listed}))
    await knows_contracts(house)
    await gets(house.member("gus"))
    await house.member("gil").types("#finance", "/tokenflex list")
    await house.member("gil").hears("#finance", REFUSAL, private=True)


async def test_an_organisation_wide_installation_ends_the_start(new_house: OpenHouse) -> None:
    """With exit status 2 and a sentence that says what to do instead."""
    house = await new_house(speed=1.0)
    house.slack.workspace.installation.org_wide = True
    bot = await start_process(house.folder, "run", environment=house.environment)
    assert await bot.ends() == 2
    assert "installed for a whole organisation" in bot.lines[-1]
    assert "Install the app in one workspace" in bot.lines[-1]
    assert not house.slack.sockets.connections


async def test_doctor_finds_an_organisation_wide_installation(sound_house: House) -> None:
    """Before anybody starts the bot, with the same words."""
    sound_house.slack.workspace.installation.org_wide = True
    report = await examined(sound_house)
    assert wrong_lines(report) == {"Slack bot token"}
    assert "installed for a whole organisation" in report["Slack bot token"].found
    assert "Install the app in one workspace" in report["Slack bot token"].mend


async def test_what_such_an_installation_sends_later_is_refused(new_house: OpenHouse) -> None:
    """Where only the envelopes tell, each act is refused with a sentence, whoever acts."""
    house = await house_with(new_house)
    await house.start_bot(ALLOWED_PEOPLE="members")
    await knows_contracts(house)
    result, ana = await gets(house.member("ana")), house.member("ana")
    house.slack.workspace.installation.org_wide = True
    await ana.types("#finance", "/tokenflex list")
    await ana.hears("#finance", "I am installed for a whole organisation", private=True)
    spent = calls(house, "POST")
    await ana.presses(result, "Details")
    await ana.waits(lambda: sum("whole organisation" in each.visible_text() for each in ana.sees("#finance")) == 2)
    assert calls(house, "POST") == spent
