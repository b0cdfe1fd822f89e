"""In a group message, to which no app can be invited: what is offered can work, and no advice is one to invite it."""

from sandbox.slack.channels import Channel
from tests.harness.forms import fill, open_form
from tests.harness.house import CONTRACT, House


def group_of(house: House) -> Channel:
    """Return a group message without the bot."""
    return house.slack.workspace.add_group_dm(["ana", "ben"], bot_in=False)


async def test_a_form_that_is_opened_there_asks_for_a_channel(house: House) -> None:
    """The group is not chosen for the person, who would only hear later that it cannot be; a channel can be chosen."""
    modal = await open_form(house, place=group_of(house).name)
    assert modal.value("Post to channel") is None
    fill(modal, Post_to_channel="#finance")
    await modal.submit()
    await modal.shows("Got it: export #1.", "#finance")
    await house.member("ana").hears("#finance", "export #1 is ready")
    assert house.member("ana").errors == []


async def test_an_export_that_is_typed_there_is_told_with_what_can_be_done(house: House) -> None:
    """Slack does not tell it from a private channel, so the advice fits both; the result comes privately."""
    group, ana = group_of(house), house.member("ana")
    await ana.types(group.name, f"/tokenflex export contract={CONTRACT} metrics=tokensConsumed")
    await ana.hears(
        "@tokenflex", "cannot post export #1", "If it is a group message, nobody can invite me", "a channel"
    )
    await ana.hears("@tokenflex", "Export #1 is ready", "Get a fresh link")
