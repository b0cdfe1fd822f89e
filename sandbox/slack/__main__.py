"""Run the workspace alone: `python -m sandbox.slack --port 9001`."""

import argparse
import asyncio

from sandbox.clock import ScaledClock
from sandbox.slack.server import SlackSandbox


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=9001, help="port on 127.0.0.1 (default 9001; 0 takes a free one)")
    parser.add_argument("--rates", choices=("slack", "none"), default="slack", help="rate limits (default slack)")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times as fast the clock runs (default 1)")
    return parser.parse_args()


async def _serve(port: int, rates: str, speed: float) -> None:
    sandbox = SlackSandbox(clock=ScaledClock(speed), rate_profile=rates)
    await sandbox.start(port)
    print(f"SLACK_BASE_URL={sandbox.api_url}")
    print(f"SLACK_BOT_TOKEN={sandbox.bot_token}")
    print(f"SLACK_APP_TOKEN={sandbox.app_token}", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await sandbox.stop()


def main() -> None:
    """Serve until interrupted."""
    given = _arguments()
    try:
        asyncio.run(_serve(given.port, given.rates, given.speed))
    except KeyboardInterrupt:
        print("stopped")


if __name__ == "__main__":
    main()
