"""Who may use the bot while Slack does not tell: out, slow, or in an installation without the scopes for it."""

from bot.slack.remembered import KEPT
from storage.audit import Act
from tests.harness.allowed import REFUSAL, house_where, pass_time, recorded
from tests.harness.forms import SHORT, open_form
from tests.harness.talk import OpenHouse, gets


async def test_who_is_known_goes_on_while_slack_is_out(new_house: OpenHouse) -> None:
    """The last answer counts; who is not known is asked to try again, and then may."""
    house = await house_where(new_house)
    ana, ben = house.member("ana"), house.member("ben")
    await gets(ana)
    pass_time(house, KEPT.total_seconds() / 60)
    house.slack.controls.fail_next("users.info", status=503, html=True, count=2)
    await ana.types("#finance", "/tokenflex list")
    await ana.hears("#finance", "#1", "year1.csv", private=True)
    await ben.types("#finance", "/tokenflex list")
    await ben.hears("#finance", "Slack does not tell me at the moment", "Try again in a minute.", private=True)
    await ben.types("#finance", "/tokenflex list")
    await ben.hears("#finance", "#1", "year1.csv", private=True)
    assert not [each for each in await recorded(house) if each.act is Act.REFUSED]


async def test_a_form_keeps_what_was_typed_while_slack_is_out(new_house: OpenHouse) -> None:
    """It cannot be said who submits: that is told in the form, and pressing again works."""
    house = await house_where(new_house)
    modal = await open_form(house)
    pass_time(house, 13 * 60)
    house.slack.controls.fail_next("users.info", "internal_error")
    modal.fill("File name", "kept")
    await modal.submit()
    assert "Try again in a minute" in modal.errors["Post to channel"]
    await modal.submit()
    await modal.shows("Got it: export #1.")


async def test_a_slow_slack_delays_no_acknowledgement(new_house: OpenHouse) -> None:
    """The command is acknowledged at once; the form opens when Slack has answered, or the person is told."""
    house = await house_where(new_house)
    house.slack.controls.slow_next("users.info", 1.5)
    answer = await house.member("ana").types("#finance", "/tokenflex")
    assert answer.error is None
    await house.member("ana").hears("#finance", "Try again in a minute.", private=True)
    await house.member("ana").types("#finance", "/tokenflex")
    await house.member("ana").sees_modal(SHORT)


async def test_user_groups_are_asked_at_once(new_house: OpenHouse) -> None:
    """One after another they would take longer than a form has to open; so would the last of the administrators'."""
    named = {kind: [f"{kind}{number}" for number in range(6)] for kind in ("people", "others")}
    groups = {name: ["carla"] for names in named.values() for name in names} | {"others5": ["ben"]}
    settings = {"ALLOWED_PEOPLE": named["people"], "ADMINISTRATORS": named["others"]}
    lists = {setting: ",".join(f"{{{name}}}" for name in names) for setting, names in settings.items()}
    house = await house_where(new_house, groups=groups, slack=None, token_flex=None, **lists)
    for _ in groups:
        house.slack.controls.slow_next("usergroups.users.list", 0.7)
    await house.member("ben").types("#finance", "/tokenflex")
    await house.member("ben").sees_modal(SHORT)


# --- an installation, or a stand-in, that does not tell who people are


async def test_without_the_scopes_ordinary_members_may(new_house: OpenHouse) -> None:
    """An older installation works on; guests cannot be told apart there, other organisations can."""
    house = await new_house(slack={"scopes": ["commands", "chat:write"]})
    workspace = house.slack.workspace
    fay = workspace.add_member("fay", foreign=True)
    workspace.channel("#finance").member_ids.append(fay.id)
    await house.start_bot()
    result = await gets(house.member("ana"))
    await house.member("fay").presses(result, "Details")
    await house.member("fay").hears("#finance", REFUSAL, private=True)


async def test_without_the_scopes_a_group_lets_nobody_in(new_house: OpenHouse) -> None:
    """Who has narrowed the circle does not get a wider one."""
    house = await house_where(
        new_house,
        groups={"licensing": ["ana", "gus"]},
        slack={"scopes": ["commands", "chat:write"]},
        ALLOWED_PEOPLE="{licensing},{ben}",
    )
    await house.member("ana").types("#finance", "/tokenflex list")
    await house.member("ana").hears("#finance", REFUSAL, private=True)
    await gets(house.member("ben"))
