"""`make demo` and `make demo-script` as processes, and their clock."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from sandbox import installed
from sandbox.clock import ScaledClock
from sandbox.demo_house import TODAY, ZONE, DemoHouse, beginning
from sandbox.tokenflex.settings import SandboxSettings
from tests.harness.house import manifest

ROOT = Path(__file__).parents[2]
EXPORT = "/tokenflex export contract=110000123456 fields=productName metrics=tokensConsumed name=by-product"


async def started(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    """Start a module of the project as a process of its own."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-u", "-m", *arguments,
        cwd=ROOT, env=os.environ | environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


@pytest.mark.parametrize("day", [datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 11, 29, tzinfo=UTC)])
@pytest.mark.parametrize("hour", range(24))
def test_it_is_the_same_day_whenever_a_demo_is_shown(day: datetime, hour: int) -> None:
    """Where its people work it is always the day of which the conversation speaks, at the time that it is there."""
    shown = day.replace(hour=hour, minute=30)
    begins = beginning(shown).astimezone(ZoneInfo(ZONE))
    assert begins.date() == TODAY
    assert begins.time() == shown.astimezone(ZoneInfo(ZONE)).time()


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("words", "header"),
    [
        ([], '"productName","productVersion","uniqueUsers","usageHours",'),
        (["--as-documented"], "productName,productVersion,uniqueUsers,usageHours"),
    ],
)
async def test_the_scripted_conversation_ends_in_a_csv(words: list[str], header: str) -> None:
    """It exits with 0 and shows the header of the file, in either of Token Flex's ways."""
    process = await started("sandbox.demo_script", *words)
    shown = (await process.communicate())[0].decode()
    assert process.returncode == 0, shown
    assert "What do you want to know? Use by product and version" in shown
    assert "tokens of contract year 3 are used" in shown
    assert "hours of use, 21 July to 18 October 2026; most for" in shown
    assert "Get a fresh link" in shown
    assert f"\n        {header}\n" in shown


@pytest.mark.parametrize(
    ("program", "way_on"),
    [
        ("sandbox.stand_ins", "`make stand-ins ARGS=--free-ports` takes other ports."),
        ("sandbox.demo", "Without --port, a free one is taken."),
    ],
)
async def test_a_port_that_is_taken_is_said(program: str, way_on: str) -> None:
    """One sentence that says what to type, and exit status 2."""
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", 9003)) as taken:
        taken.listen()
        process = await started(program, *(("--port", "9003") if program == "sandbox.demo" else ()), BROWSER="none")
        shown = (await process.communicate())[0].decode()
        assert process.returncode == 2, shown
        assert "Traceback" not in shown
        assert shown.endswith(f"{way_on}\n")


@pytest.mark.timeout(240)
async def test_the_page_is_served_until_ctrl_c() -> None:
    """The address is printed and works, a missing browser harms nobody, and the bot goes when the demo goes."""
    process = await started("sandbox.demo", BROWSER="no-such-browser")
    assert process.stdout is not None
    shown = ""
    while "Ctrl-C" not in shown:
        line = await process.stdout.readline()
        assert line, shown
        shown += line.decode()
    address = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", shown)
    assert address, shown
    cookies = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=cookies) as session, session.get(address[0]) as answer:
        assert "A local stand-in, not Slack." in await answer.text()
    process.send_signal(signal.SIGINT)
    rest = (await process.communicate())[0].decode()
    assert process.returncode == 0, rest
    assert rest.endswith("stopped\n")


@pytest.mark.timeout(240)
async def test_the_bot_follows_the_speed_of_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ten-minute export is announced while somebody waits: the bot's process runs as fast as the rest.

    The settings of a real bot, in the folder where the demo is started, do not concern it.
    """
    started_in = tmp_path / "project"
    started_in.mkdir()
    (started_in / ".env").write_text("LINK_AUDIENCE=nobody\n")
    monkeypatch.chdir(started_in)
    house = DemoHouse(tmp_path, SandboxSettings(durations=(600.0, 600.0)))
    try:
        await house.start()
        ana = house.slack.member("ana")
        await ana.types("#finance", EXPORT)
        await ana.hears("#finance", "In progress.", timeout=60)
        house.run_at(60)
        await ana.hears("#finance", "export #1 is ready", timeout=90)
    finally:
        await house.stop()


def test_the_composer_offers_what_the_manifest_declares() -> None:
    """Name, description and hint are those of the Slack app."""
    declared = [
        (command["command"], command["description"], command["usage_hint"])
        for command in manifest()["features"]["slash_commands"]
    ]
    assert [(each.name, each.description, each.usage) for each in installed.commands()] == declared


async def test_a_change_of_speed_wakes_those_who_sleep() -> None:
    """A sleep of an hour ends when the hour is over by the clock, however fast that has become meanwhile."""
    clock = ScaledClock()
    before = clock.now()
    sleeping = asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.run_at(36_000)
    await sleeping
    assert clock.now() - before >= timedelta(hours=1)


def test_time_never_jumps_at_a_change_of_speed() -> None:
    """Faster, slower, and on the course of another clock: later is never earlier."""
    clock, other = ScaledClock(), ScaledClock()
    seen = [clock.now()]
    for factor in (20, 1, 5):
        clock.run_at(factor)
        seen.append(clock.now())
    other.follow(clock.origin, clock.started_at, clock.factor)
    seen.append(other.now())
    assert seen == sorted(seen)
