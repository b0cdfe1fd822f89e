"""`python -m bot doctor` beside a running bot: it reads what the bot has noted, and disturbs nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from bot.operate.findings import Level
from bot.runtime.process_lock import ProcessLock
from tests.harness.house import House
from tests.integration.conftest import OpenHouse
from tests.integration.test_doctor import Report, database_path, examined, wrong_lines
from tests.integration.test_start_autodesk import EXPORT, web_client


async def noted(house: House, condition: Callable[[Report], bool]) -> Report:
    """Examine until the bot, which notes its state once a minute, has noted what is waited for."""
    async with asyncio.timeout(60):
        while not condition(report := await examined(house)):
            await house.clock.sleep(20)
    return report


def lock_of(house: House) -> ProcessLock:
    """The lock that `python -m bot run` holds; a bot inside of a test has none."""
    return ProcessLock(database_path(house))


@pytest.fixture
async def living_house(new_house: OpenHouse) -> AsyncIterator[House]:
    """A house with a running bot, twenty times as fast as real time."""
    house = await new_house(slack={"rate_profile": "none"})
    await house.start_bot()
    with lock_of(house):
        yield house


async def test_beside_a_bot_nothing_is_disturbed(living_house: House) -> None:
    """No socket, no token, no Token Flex call, no change of the file: what the bot noted is read."""
    known = ("Autodesk token", "Contracts")
    report = await noted(living_house, lambda report: all(report[name].level is Level.OK for name in known))
    slack, autodesk = len(living_house.slack.calls), len(living_house.token_flex.oauth_calls)
    calls = len(living_house.token_flex.calls)
    again = await examined(living_house)
    assert [call.method for call in living_house.slack.calls[slack:]] == ["auth.test"]
    assert len(living_house.token_flex.oauth_calls) == autodesk
    assert len(living_house.token_flex.calls) == calls
    assert len(living_house.slack.sockets.connections) == 1
    assert not wrong_lines(again)
    assert report["Bot"].found.startswith("A bot runs with this database")
    assert report["Socket Mode"].found.startswith("The running bot has been connected since")
    assert "good for" in report["Autodesk token"].found
    assert report["Contracts"].found == "110000123456, 11000099871 (ended), RomeoAgree-0 (ended)."


async def test_the_last_poll_and_message_are_shown(living_house: House) -> None:
    """After an export both have a time."""
    ana = living_house.member("ana")
    await ana.types("#finance", EXPORT)
    await ana.hears("#finance", "is ready", "Download")
    report = await noted(living_house, lambda report: report["Last message"].level is Level.OK)
    assert "min ago" in report["Last poll"].found
    assert "min ago" in report["Last message"].found
    assert report["Bot"].found.startswith("A bot runs")


async def test_a_running_bot_whose_login_has_ended(new_house: OpenHouse) -> None:
    """What the bot noted of its login is shown, without trying it again; a new login mends it."""
    house = await new_house(slack={"rate_profile": "none"})
    await house.start_bot(**web_client(house), APS_REFRESH_TOKEN="A" * 42)
    with lock_of(house):
        report = await noted(house, lambda report: report["Autodesk token"].level is Level.WRONG)
    assert "does not accept the stored login any more" in report["Autodesk token"].found
    assert "python -m bot login" in report["Autodesk token"].mend
    assert "could not fetch the list" in report["Contracts"].found
    assert [call.grant for call in house.token_flex.oauth_calls] == ["refresh_token"]


async def test_a_running_bot_without_a_connection(living_house: House) -> None:
    """A connection that is lost is seen from outside of the bot; when it is back, that is seen as well."""
    await noted(living_house, lambda report: report["Socket Mode"].level is Level.OK)
    living_house.slack.controls.refuse_sockets()
    await living_house.slack.controls.drop_sockets()
    report = await noted(living_house, lambda report: report["Socket Mode"].level is Level.WRONG)
    assert "has lost its connection" in report["Socket Mode"].found
    living_house.slack.controls.refuse_sockets(refuse=False)
    await noted(living_house, lambda report: report["Socket Mode"].level is Level.OK)


async def test_exports_that_nobody_looks_at(new_house: OpenHouse) -> None:
    """A stopped bot with an export outstanding is a warning, which a start mends; the last message is still known."""
    house = await new_house(slack={"rate_profile": "none"})
    await house.start_bot()
    house.token_flex.controls.hold()
    ana = house.member("ana")
    await ana.types("#finance", EXPORT)
    await ana.hears("#finance", "In progress", private=False)
    await house.stop_bot()
    report = await examined(house)
    assert report["Bot"].found.startswith("No bot runs")
    assert "min ago" in report["Last message"].found
    assert report["Last poll"].level is Level.WARNING
    assert report["Last poll"].mend == "Start the bot."
    await house.start_bot()
    with lock_of(house):
        assert (await examined(house))["Last poll"].level is Level.OK


async def test_messages_that_slack_refuses(living_house: House) -> None:
    """Messages that wait for long are counted, with Slack's own word."""
    living_house.slack.controls.fail_next("chat.postMessage", "invalid_blocks", count=200)
    ana = living_house.member("ana")
    await ana.types("#finance", EXPORT)
    report = await noted(living_house, lambda report: report["Last message"].level is Level.WARNING)
    assert "Slack says: invalid_blocks" in report["Last message"].found
    assert "go out by themselves" in report["Last message"].mend
