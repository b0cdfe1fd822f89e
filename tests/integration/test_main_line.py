"""The thinnest line through the whole house, seen by a member of the channel."""

import aiohttp

from tests.harness.house import CONTRACT, House

EXPORT = (
    f'/tokenflex export contract={CONTRACT} fields=productName metrics=tokensConsumed where="contractYear=1" name=year1'
)


async def test_a_command_ends_in_a_link_that_is_refreshed_by_the_button(house: House) -> None:
    """From the command to the CSV; the link leaves the message when it has expired and comes back on a press."""
    ana = house.member("ana")
    await ana.types("#finance", EXPORT)
    await ana.hears("#finance", "Export #1 is accepted", private=True)
    result = await ana.hears("#finance", "export #1 is ready", "Download")
    assert result.thread_ts is not None
    assert result.mentions() == {"ana"}
    await ana.waits(lambda: not result.links(), timeout=20)
    await ana.presses(result, "Get a fresh link")
    await ana.waits(lambda: bool(result.links()))
    async with aiohttp.ClientSession() as session, session.get(result.links()[0]) as answer:
        assert answer.status == 200
        assert (await answer.text()).splitlines()[0].endswith("productName,tokensConsumed")
    assert 429 not in house.statuses()
