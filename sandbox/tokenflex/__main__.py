"""Runs the stand-in alone: `python -m sandbox.tokenflex --port 9002 [--reading B] [--fast N] [--as-documented]`."""

import argparse
import asyncio
import signal
from collections.abc import Sequence

from sandbox.clock import ScaledClock
from sandbox.tokenflex.limits import READINGS
from sandbox.tokenflex.server import TokenFlexSandbox
from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.ways import add_ways


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.tokenflex", description=__doc__)
    parser.add_argument("--port", type=int, default=9002, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--reading", choices=READINGS, default="B", help="reading of the rate limit")
    parser.add_argument("--fast", type=float, default=1.0, help="how many times as fast as real time the clock runs")
    add_ways(parser)
    return parser.parse_args(words)


async def _run(arguments: argparse.Namespace) -> None:
    clock = ScaledClock(arguments.fast)
    sandbox = TokenFlexSandbox(
        clock=clock, settings=SandboxSettings(rate_reading=arguments.reading, recorded=arguments.recorded)
    )
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await sandbox.start(arguments.port)
    client = sandbox.settings.clients[0]
    print(f"TOKENFLEX_BASE_URL={sandbox.base_url}")
    print(f"APS_BASE_URL={sandbox.aps_base_url}")
    print(f"APS_CLIENT_ID={client.client_id}")
    print(f"APS_CLIENT_SECRET={client.secret}", flush=True)
    await stopped.wait()
    await sandbox.stop()


if __name__ == "__main__":
    asyncio.run(_run(_arguments(None)))
