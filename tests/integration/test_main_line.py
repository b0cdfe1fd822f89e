"""The thinnest line through the whole house, seen by a member of the channel."""

from tests.harness.files import download, rows
from tests.harness.house import CONTRACT, House

EXPORT = (
    f'/tokenflex export contract={CONTRACT} fields=productName metrics=tokensConsumed where="contractYear=1" name=year1'
)


async def test_a_command_ends_in_a_link_that_is_refreshed_by_the_button(house: House) -> None:
    """From the command to the CSV; the link leaves the message when it has expired and comes back on a press."""
    ana = house.member("ana")
    await ana.types("#finance", EXPORT)
    await ana.hears("#finance", "Got it: export #1", private=True)
    result = await ana.hears("#finance", "export #1 is ready", "Download")
    assert result.thread_ts is not None
    assert result.mentions() == {"ana"}
    await ana.waits(lambda: not result.links(), timeout=20)
    await ana.presses(result, "Get a fresh link")
    await ana.waits(lambda: bool(result.links()))
    status, content = await download(result.links()[0])
    assert status == 200
    assert rows(content)[0] == ["productName", "tokensConsumed"]
    assert 429 not in house.statuses()
