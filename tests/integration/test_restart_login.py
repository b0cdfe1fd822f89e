"""Every way out of the program while the Autodesk login is being renewed: the next start still has it, or says why not.

Autodesk forgets the old refresh token as it answers, so an end between its answer and our storing would lose the login.
"""

import asyncio
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from bot.operate import doctor
from bot.operate.findings import Finding, Level
from bot.runtime.process_lock import ProcessLock
from bot.settings.environment import Found
from tests.harness.house import House
from tests.harness.patient_clock import ClockBeside
from tests.harness.process import BotProcess, fork_process
from tests.harness.talk import eventually
from tests.integration.conftest import OpenHouse
from tests.integration.test_login_paste import redirected
from tests.integration.test_start_autodesk import stored_refresh_token, web_client

SIGNALS = [signal.SIGTERM, signal.SIGINT]
PROMISED = 10.0  #: real seconds that any way out may take
SLOW = 2.0  #: real seconds until Autodesk's answer arrives
HOPELESS = 30.0  #: longer than anybody waits


@pytest.fixture
async def signed_in(new_house: OpenHouse) -> House:
    """A house whose settings hold a login that has to be renewed at its first use."""
    house = await new_house(speed=1.0, slack={"rate_profile": "none"})
    house.variables |= web_client(house) | {
        "APS_REFRESH_TOKEN": house.token_flex.controls.make_login(),
        "ADMINISTRATORS": house.member("ben").id,
    }
    (house.folder / ".env").touch(mode=0o600)
    return house


async def begin(house: House, *words: str, seconds: float = SLOW, **variables: str) -> BotProcess:
    """Start the program and wait until Autodesk has renewed the login; its answer is on its way for some seconds."""
    house.token_flex.controls.slow_next(seconds, path_contains="token", real=True, oauth=True)
    process = await fork_process(house.folder, *words, environment=house.environment | variables, name="ended")
    await eventually(lambda: bool(house.token_flex.oauth_calls))
    return process


async def ends(process: BotProcess, number: signal.Signals | None = None) -> int:
    """Send a signal, once and again as impatient people do; the end has to come in the time that is promised."""
    if number is not None:
        process.process.send_signal(number)
        await asyncio.sleep(0.1)
        process.process.send_signal(number)
    async with asyncio.timeout(PROMISED):
        status = await process.ends()
    assert "Traceback" not in process.err
    return status


async def examined(house: House, minutes: float = 0.0) -> dict[str, Finding]:
    """What the next start finds, so many minutes from now."""
    clock = ClockBeside(house.clock, timedelta(minutes=minutes))
    found = await doctor.examine(
        Found({}, house.environment), house.folder / ".env", clock, free_space=lambda _: 10**12
    )
    return {finding.name: finding for finding in found}


async def check_kept(house: House) -> None:
    """The login works, nothing is in doubt, and nothing had to be renewed once more."""
    report = await examined(house)
    assert [report[name].level for name in ("Autodesk login", "Autodesk token", "Contracts")] == [Level.OK] * 3
    assert [call.grant for call in house.token_flex.oauth_calls] == ["refresh_token"]


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("word", ["run", "doctor"])
async def test_a_signal_waits_for_a_renewal(signed_in: House, word: str, number: signal.Signals) -> None:
    """The bot that is stopped, and `doctor` that is interrupted, store what Autodesk has answered before they end."""
    process = await begin(signed_in, word)
    assert await ends(process, number) == (0 if word == "run" else 130)
    await check_kept(signed_in)


async def test_a_refused_start_waits_for_a_renewal(signed_in: House) -> None:
    """Slack refuses a token while the login is being renewed: status 2, and the login is stored."""
    signed_in.slack.controls.slow_next("apps.connections.open", 1.0)
    process = await begin(signed_in, "run", SLACK_APP_TOKEN="xapp-1-A0-1-other")
    assert await ends(process) == 2
    await check_kept(signed_in)


@pytest.mark.parametrize("word", ["run", "doctor"])
async def test_an_answer_that_does_not_come_is_told_by_the_next_start(signed_in: House, word: str) -> None:
    """What takes longer than a stop may was put on record before: log, administrator and `doctor` hear why it ended."""
    process = await begin(signed_in, word, seconds=HOPELESS)
    await ends(process, signal.SIGTERM)
    bot = await fork_process(signed_in.folder, "run", environment=signed_in.environment, name="next")
    await bot.says("a renewal of the Autodesk login was cut off")
    await signed_in.member("ben").hears("@tokenflex", "I was ended while I renewed it", "python -m bot login")
    await bot.stop()
    report = await examined(signed_in)
    assert report["Autodesk login"].level is Level.WARNING
    assert "a renewal of the login was cut off" in report["Autodesk login"].found
    assert "any more, since a renewal of it was cut off" in report["Autodesk token"].found
    assert "python -m bot login" in report["Autodesk token"].mend


async def test_a_cut_off_renewal_without_effect_is_mended_by_the_next(signed_in: House) -> None:
    """A process that was killed before Autodesk acted leaves a doubt, which the next renewal takes away."""
    signed_in.token_flex.controls.slow_next(HOPELESS, path_contains="token", real=True, oauth=True, after_effect=False)
    process = await fork_process(signed_in.folder, "doctor", environment=signed_in.environment, name="killed")
    await eventually(lambda: bool(signed_in.token_flex.oauth_calls))
    process.process.kill()
    await process.ends()
    signed_in.token_flex.controls.behave()
    with ProcessLock(Path(signed_in.environment["DATABASE_PATH"])):  # as beside a bot, which may be about to renew it
        assert (await examined(signed_in, minutes=1))["Autodesk login"].level is Level.OK
        assert "cut off" in (await examined(signed_in, minutes=3))["Autodesk login"].found
    assert not [finding for finding in (await examined(signed_in)).values() if finding.mend]


@pytest.mark.parametrize("number", SIGNALS)
async def test_a_signal_waits_until_a_new_login_is_stored(signed_in: House, number: signal.Signals) -> None:
    """Ctrl-C between the exchange of the code and its storing: nobody has to sign in again."""
    signed_in.variables["APS_REFRESH_TOKEN"] = ""
    process = await fork_process(signed_in.folder, "login", "--paste", environment=signed_in.environment, name="ended")
    await process.asks("Address: ")
    address = await redirected(process)
    before = len(signed_in.token_flex.oauth_calls)
    signed_in.token_flex.controls.slow_next(SLOW, path_contains="token", real=True, oauth=True)
    await process.reads(f"{address}\n")
    await eventually(lambda: len(signed_in.token_flex.oauth_calls) > before)
    assert await ends(process, number) == 130
    assert "Signed in; the login is stored." in process.out
    assert await stored_refresh_token(signed_in)


@pytest.mark.parametrize("number", SIGNALS)
async def test_a_signal_waits_until_a_login_is_revoked(signed_in: House, number: signal.Signals) -> None:
    """What is forgotten here is revoked at Autodesk, too."""
    await check_kept(signed_in)
    token = await stored_refresh_token(signed_in)
    signed_in.token_flex.controls.slow_next(SLOW, path_contains="revoke", real=True, oauth=True, after_effect=False)
    process = await fork_process(signed_in.folder, "logout", environment=signed_in.environment, name="ended")
    await eventually(lambda: signed_in.token_flex.oauth_calls[-1].path.endswith("revoke"))
    assert await ends(process, number) == 130
    assert "revoked at Autodesk and forgotten here" in process.out
    assert token not in signed_in.token_flex.controls.tokens._refresh
