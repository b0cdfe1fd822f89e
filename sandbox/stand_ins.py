"""`make stand-ins`: both stand-ins and the chat page, for a bot that you install yourself (docs/install.md).

The workspace has the app installed as `manifest.yaml` says. Time runs as on the wall, since the bot's does.
"""

import argparse
import asyncio
import signal

from sandbox import installed
from sandbox.clock import ScaledClock
from sandbox.demo import DURATIONS
from sandbox.page.server import Page
from sandbox.slack.server import SlackSandbox
from sandbox.tokenflex.server import TokenFlexSandbox
from sandbox.tokenflex.settings import Client, SandboxSettings
from sandbox.tokenflex.ways import add_ways

SLACK_PORT, AUTODESK_PORT, PAGE_PORT = 9001, 9002, 9003


def introduction(slack: SlackSandbox, token_flex: TokenFlexSandbox, page: Page) -> str:
    """Return what is printed: the addresses for `.env`, and what to answer to the questions of `init`."""
    tied, web = token_flex.settings.clients[:2]
    return f"""Lines for .env, which point a bot at these stand-ins:

SLACK_BASE_URL={slack.api_url}
TOKENFLEX_BASE_URL={token_flex.base_url}
APS_BASE_URL={token_flex.aps_base_url}

Answers to the questions of `python -m bot init`:

SLACK_BOT_TOKEN    {slack.bot_token}
SLACK_APP_TOKEN    {slack.app_token}
{_answers("two-legged (nobody signs in)", tied)}
{_answers("three-legged (you sign in)", web)}

The workspace, in your browser (only this machine can open it):

    {page.url}

Ctrl-C ends everything."""


def _answers(kind: str, client: Client) -> str:
    return f"{kind}:\n  APS_CLIENT_ID      {client.client_id}\n  APS_CLIENT_SECRET  {client.secret}"


async def _run(ports: tuple[int, int, int], *, recorded: bool) -> None:
    clock = ScaledClock()
    # Slack lets short bursts pass; the strict profile would let `init`, `doctor` and a start wait for each other.
    slack = SlackSandbox(clock=clock, rate_profile="none", **installed.arguments())
    token_flex = TokenFlexSandbox(clock=clock, settings=SandboxSettings(durations=DURATIONS, recorded=recorded))
    page = Page(slack, token_flex, clock, commands=installed.commands())
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        await slack.start(ports[0])
        await token_flex.start(ports[1])
        await page.start(ports[2])
        print(introduction(slack, token_flex, page), flush=True)
        await ended.wait()
    finally:
        await page.stop()
        await slack.stop()
        await token_flex.stop()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.stand_ins", description=__doc__)
    parser.add_argument("--free-ports", action="store_true", help="take free ports instead of 9001, 9002 and 9003")
    add_ways(parser)
    options = parser.parse_args()
    ports = (0, 0, 0) if options.free_ports else (SLACK_PORT, AUTODESK_PORT, PAGE_PORT)
    try:
        asyncio.run(_run(ports, recorded=options.recorded))
    except OSError as error:
        taken = f"{error.strerror}. Is another one running? `make stand-ins ARGS=--free-ports` takes other ports."
        parser.exit(2, f"{taken}\n")


if __name__ == "__main__":
    main()
