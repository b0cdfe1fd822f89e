"""How long a request waits while Token Flex errs, on virtual time: what holds up others is a minute at most."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.tokenflex.models import ExportRequest
from tests.harness import virtual_time
from tests.harness.paper import Slack, TokenFlex, started
from tests.harness.people import admitted
from tests.harness.virtual_time import VirtualClock

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
THREE_MINUTES, AN_HOUR = 180.0, 3600.0


async def asked_for(folder: Path, clock: VirtualClock, faults: list[str]) -> float:
    """Ask for an export of a Token Flex that errs like that; return the seconds until it has it."""
    token_flex = TokenFlex(clock)
    bot = await started(folder / "bot.db", clock, token_flex, Slack(clock))
    token_flex.faults = [*reversed(faults)]
    request = ExportRequest("110000123456", ("productName",), file_name="year1")
    await bot.parts.exports.accept(request, admitted("U1", "C1"), channel="C1", origin="test")
    while not token_flex.exports and clock.now().timestamp() - BEGIN.timestamp() < AN_HOUR:
        await clock.sleep(0.5)
    passed = (clock.now() - BEGIN).total_seconds()
    bot.kill()
    bot.gate.end()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    return passed


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([], id="nothing"),
        pytest.param(["unreachable"] * 6, id="six token calls: without a token nothing is sent"),
        pytest.param(
            ["lost before", *["broken"] * 6], id="six lists, which alone can tell whether a lost POST arrived"
        ),
    ],
)
def test_a_request_is_submitted_within_three_minutes(tmp_path: Path, faults: list[str]) -> None:
    """With Token Flex answering 503 six times in a row, whoever waits does so for three minutes at most."""
    clock = VirtualClock(BEGIN)
    assert virtual_time.run(clock, asked_for(tmp_path, clock, faults)) < THREE_MINUTES
