"""The bot, or the bare Bolt app, as a process of its own beside stand-ins that live in this one."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from sandbox.clock import ScaledClock
from sandbox.slack.server import SlackSandbox
from sandbox.tokenflex.server import TokenFlexSandbox

CONTRACT = "110000123456"
_PATIENCE = 60.0


@asynccontextmanager
async def workspace() -> AsyncIterator[SlackSandbox]:
    """Run a Slack workspace without rate limits: its answers to private messages are timed, not its limits."""
    slack = SlackSandbox(clock=ScaledClock(), rate_profile="none", commands=["/tokenflex"])
    await slack.start()
    try:
        yield slack
    finally:
        await slack.stop()


@asynccontextmanager
async def autodesk() -> AsyncIterator[TokenFlexSandbox]:
    """Run a Token Flex."""
    token_flex = TokenFlexSandbox(clock=ScaledClock())
    await token_flex.start()
    try:
        yield token_flex
    finally:
        await token_flex.stop()


def environment(slack: SlackSandbox, token_flex: TokenFlexSandbox, database: Path) -> dict[str, str]:
    """Return the settings that point the bot at the stand-ins."""
    client = token_flex.settings.clients[0]
    return {
        "SLACK_BASE_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "TOKENFLEX_BASE_URL": token_flex.base_url,
        "APS_BASE_URL": token_flex.aps_base_url,
        "APS_CLIENT_ID": client.client_id,
        "APS_CLIENT_SECRET": client.secret or "",
        "DATABASE_PATH": str(database),
        "LOG_LEVEL": "WARNING",
    }


@asynccontextmanager
async def program(
    slack: SlackSandbox, *arguments: str, settings: Mapping[str, str] | None = None
) -> AsyncIterator[int]:
    """Run `python -m …`, wait until it is connected, and stop it at the end; gives its process id."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, env=dict(settings or {}), cwd=Path(__file__).parents[1]
    )
    try:
        await _connected(slack, process)
        yield process.pid
    finally:
        await _end(process)
        await slack.changes.until(lambda: not slack.sockets.connections or None, _PATIENCE)


async def _connected(slack: SlackSandbox, process: asyncio.subprocess.Process) -> None:
    connected = asyncio.ensure_future(slack.connected(timeout=_PATIENCE))
    ended = asyncio.ensure_future(process.wait())
    try:
        await asyncio.wait((connected, ended), return_when=asyncio.FIRST_COMPLETED)
        if connected.done():
            await connected
    finally:
        connected.cancel()
        ended.cancel()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        raise RuntimeError(f"the program ended by itself with status {process.returncode}")
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _PATIENCE)
    except TimeoutError:
        process.kill()
        raise


def resident_megabytes(pid: int) -> float:
    """Return the resident memory of a process, from the kernel; Linux only."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)
