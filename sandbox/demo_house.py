"""Both stand-ins and the real bot as a process of its own, for demos."""

import asyncio
import json
import os
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sandbox import installed
from sandbox.clock import ScaledClock
from sandbox.journey import Ahead, NobodyThereError
from sandbox.slack.server import SlackSandbox
from sandbox.tokenflex.server import TokenFlexSandbox
from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.usage_data import UsageData

_ROOT = Path(__file__).parents[1]
_INHERITED = {"PATH", "HOME", "LANG", "SYSTEMROOT"}


#: The day that it is in a demo, whenever it is shown: late in a contract year, so that there is much to be seen.
TODAY = date(2026, 10, 19)
ZONE = "Europe/Berlin"  #: where the people of a demo work; clocks are set there
_LATE = timedelta(days=2)  #: how long it takes until Token Flex knows of usage


def beginning(now: datetime) -> datetime:
    """Return when a demo begins that is shown `now`: today where its people work, at the time of day that it is there.

    In UTC it may still be the day before.
    """
    zone = ZoneInfo(ZONE)
    return datetime.combine(TODAY, now.astimezone(zone).time(), zone).astimezone(UTC)


class DemoHouse:
    """Everything that a demo needs; `folder` takes the bot's database and its log.

    The time of day is the one that it is where its people work.
    """

    def __init__(self, folder: Path, settings: SandboxSettings) -> None:
        self.clock = ScaledClock(origin=beginning(datetime.now(UTC)))
        self._data = UsageData(through=self._known_day)
        self.slack = SlackSandbox(clock=self.clock, **installed.arguments())
        for user in self.slack.workspace.users.values():
            user.tz = ZONE
        self.token_flex = TokenFlexSandbox(clock=self.clock, settings=settings, data=self._data)
        self.log = folder / "bot.log"
        self._folder = folder
        self._asking = asyncio.Lock()
        self._bot: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the stand-ins, then the bot, and wait until it is connected.

        Raises:
            SystemExit: the bot did not connect; the text holds its log.

        """
        await self.token_flex.start()
        await self.slack.start()
        with self.log.open("wb") as log:
            self._bot = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "scripts.demo_bot", str(self._database),
                cwd=self._folder,  # a folder of its own: a real .env is none of its business
                env=self._environment(),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        self.run_at(1.0)
        try:
            await self.slack.connected(timeout=30.0)
        except TimeoutError:
            raise SystemExit(f"{self.log.read_text()}\nThe bot did not connect; its log is above.") from None

    async def stop(self) -> None:
        """Stop the bot as a host would, then the stand-ins."""
        if self._bot is not None and self._bot.returncode is None:
            self._bot.terminate()
            await self._bot.wait()
        await self.slack.stop()
        await self.token_flex.stop()
        self._data.close()

    def run_at(self, factor: float) -> None:
        """Let time run that many times as fast, here and in the bot's process."""
        self.clock.run_at(factor)
        self._tell_time()

    def jump_to(self, moment: datetime) -> None:
        """Go on from a later moment, here and in the bot's process."""
        self.clock.jump_to(moment)
        self._tell_time()

    async def ahead(self) -> Ahead:
        """Return what the bot has to do by itself.

        Raises:
            NobodyThereError: it has ended.

        """
        bot = self._bot
        if bot is None or bot.stdin is None or bot.stdout is None or bot.stdin.is_closing():
            raise NobodyThereError("The bot has ended.")
        async with self._asking:
            bot.stdin.write(b"?\n")
            said = await bot.stdout.readline()
        if not said:
            raise NobodyThereError("The bot has ended.")
        ahead = json.loads(said)
        return Ahead(ahead["busy"], ahead["next_at"] and datetime.fromisoformat(ahead["next_at"]))

    def _tell_time(self) -> None:
        if self._bot is not None and self._bot.stdin is not None and not self._bot.stdin.is_closing():
            clock = self.clock
            self._bot.stdin.write(f"{clock.origin.isoformat()} {clock.started_at} {clock.factor}\n".encode())

    def _known_day(self) -> date:
        """Return until when usage is known to Token Flex."""
        return (self.clock.now() - _LATE).date()

    @property
    def _database(self) -> Path:
        return self._folder / "tokenflex.db"

    def _environment(self) -> dict[str, str]:
        client = self.token_flex.settings.clients[0]
        inherited = {name: value for name, value in os.environ.items() if name in _INHERITED}  # noqa: TID251
        return inherited | {
            "PYTHONPATH": str(_ROOT),
            "SLACK_BASE_URL": self.slack.api_url,
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "TOKENFLEX_BASE_URL": self.token_flex.base_url,
            "APS_BASE_URL": self.token_flex.aps_base_url,
            "APS_CLIENT_ID": client.client_id,
            "APS_CLIENT_SECRET": client.secret or "",
            "DATABASE_PATH": str(self._database),
        }
