"""The real bot in a house of stand-ins: real Bolt, a real WebSocket, real HTTP, a real SQLite file.

One clock for the bot and both stand-ins runs `SPEED` times as fast as real time, and waits for a busy machine
(`PatientClock`); Slack's three-second deadlines stay real. Tests wait for conditions, never for time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, cast

import yaml

from bot import settings
from bot.app import Bot
from bot.assembly import Parts
from bot.contracts.cache import ContractCache
from bot.contracts.values import ContractValues
from sandbox import installed
from sandbox.slack.member import Member
from sandbox.slack.server import SlackSandbox
from sandbox.tokenflex.server import TokenFlexSandbox
from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.usage_data import UsageData
from tests.harness.patient_clock import ClockBeside, PatientClock

SPEED = 20.0
PATIENCE = 4.0  #: how many times as long people wait as tests say, since the clock waits for the machine, too
ROOT = Path(__file__).parents[2]
CONTRACT = "110000123456"


@cache
def manifest() -> Mapping[str, Any]:
    """Return the Slack app as it is installed; read once."""
    return cast("Mapping[str, Any]", yaml.safe_load((ROOT / "manifest.yaml").read_text()))


@cache
def _as_installed() -> Mapping[str, Any]:
    return installed.arguments()


@dataclass
class House:
    """Both stand-ins and, once started, the bot."""

    folder: Path
    clock: PatientClock | ClockBeside
    slack: SlackSandbox
    token_flex: TokenFlexSandbox
    variables: dict[str, str] = field(default_factory=dict)
    bot: Bot | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The documented environment that points a bot at the stand-ins."""
        client = self.token_flex.settings.clients[0]
        return {
            "SLACK_BASE_URL": self.slack.api_url,
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "TOKENFLEX_BASE_URL": self.token_flex.base_url,
            "APS_BASE_URL": self.token_flex.aps_base_url,
            "APS_CLIENT_ID": client.client_id,
            "APS_CLIENT_SECRET": client.secret or "",
            "DATABASE_PATH": str(self.folder / "tokenflex.db"),
            **self.variables,
        }

    async def start_bot(self, **variables: str) -> Bot:
        """Start a bot in this process, with further settings."""
        self.variables.update(variables)
        self.bot = Bot(settings.read(self.environment), clock=self.clock, random=Random(1))
        await self.bot.start()
        await self.slack.connected()
        return self.bot

    async def stop_bot(self) -> None:
        """Stop the bot as SIGTERM does."""
        if self.bot is not None:
            await self.bot.stop()
            self.bot = None

    @property
    def running(self) -> Bot:
        """The bot, which has been started."""
        assert self.bot is not None
        return self.bot

    @property
    def side(self) -> Parts:
        """The parts of the started bot."""
        parts = self.running.parts
        assert parts is not None
        return parts

    @property
    def contracts(self) -> ContractCache:
        """What the started bot knows of contracts."""
        contracts = self.running.contracts
        assert contracts is not None
        return contracts

    @property
    def values(self) -> ContractValues:
        """What the started bot knows of the data of contracts."""
        values = self.running.values
        assert values is not None
        return values

    def member(self, name: str) -> Member:
        """Return a person at the keyboard: ana, ben, carla, or gus the guest."""
        member = self.slack.member(name)
        member.patience = PATIENCE
        return member

    def export_calls(self) -> int:
        """Return how many calls to Token Flex were about exports; what is fetched ahead for menus is not."""
        return sum("/export/" in call.path for call in self.token_flex.calls)

    def statuses(self) -> list[int]:
        """Return what Token Flex answered to each call, in order."""
        return [call.status for call in self.token_flex.calls]


async def open_house(
    folder: Path,
    *,
    speed: float = SPEED,
    token_flex: Mapping[str, object] | None = None,
    slack: Mapping[str, object] | None = None,
    data: UsageData | None = None,
    ahead: timedelta = timedelta(),
    begins: datetime | None = None,
) -> House:
    """Start both stand-ins; `token_flex` are `SandboxSettings`, `slack` are arguments of `SlackSandbox`.

    Token Flex's clock is `ahead` of the bot's and of Slack's, which shows the present unless `begins` says otherwise.
    """
    clock = PatientClock(speed, origin=begins)
    slack_arguments: dict[str, Any] = {**_as_installed(), **(slack or {})}
    upstream_settings: dict[str, Any] = {"durations": (20.0, 20.0), **(token_flex or {})}
    workspace = SlackSandbox(clock=clock, **slack_arguments)
    upstream = TokenFlexSandbox(
        clock=ClockBeside(clock, ahead) if ahead else clock,
        settings=SandboxSettings(**upstream_settings),
        random=Random(7),
        data=data,
    )
    await workspace.start()
    await upstream.start()
    return House(folder, clock, workspace, upstream)


async def close_house(house: House) -> None:
    """Stop everything."""
    await house.stop_bot()
    await house.slack.stop()
    await house.token_flex.stop()
    house.clock.stop()
