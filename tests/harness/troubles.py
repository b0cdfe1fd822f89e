"""A Token Flex with several troubles at a time, and a Slack that has removed the bot: for stateful tests."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.slack.errors import ChannelClosedError
from bot.tokenflex import errors
from bot.tokenflex.errors import TokenFlexError
from bot.tokenflex.models import UpstreamExport
from tests.harness.erring import Erring, Made
from tests.harness.paper import Slack, Upstream
from tests.harness.virtual_time import VirtualClock

#: Each trouble that a call can meet.
TROUBLES: dict[str, Callable[[], TokenFlexError]] = {
    "refused": lambda: errors.RefusedError("no", status=409),
    "not valid": lambda: errors.InvalidRequestError("no", status=400),
    "role too small": lambda: errors.ContractRefusedError("no", code="ForbiddenError", status=403),
    "app": lambda: errors.AppRefusedError(code="AUTH-005", status=403),
    "API": lambda: errors.ApiNotEnabledError(code="AUTH-001", status=403),
    "scope": lambda: errors.ScopeMissingError(status=403),
    "not found": lambda: errors.NotFoundError(status=404),
    "token": errors.NotAuthorisedError,
    "login": errors.LoginNeededError,
    "sign-in": errors.SignInRefusedError,
    "secret": errors.WrongClientError,
    "rate": lambda: errors.RateLimitedError(20),
    "rate for a year": lambda: errors.RateLimitedError(3e7),
    "slots": errors.QuotaExceededError,
    "500": lambda: errors.UpstreamBrokenError(status=500),
    "503": lambda: errors.UpstreamBrokenError(status=503),
    "silence": errors.TimedOutError,
    "no network": errors.UnreachableError,
}


@dataclass(frozen=True)
class Trouble:
    """Calls of one method, or all, of one contract, or all, end like that."""

    name: str
    method: str
    contract: str

    @property
    def concerns_all(self) -> bool:
        """Whether it is a trouble of all calls, whatever they are about."""
        return TROUBLES[self.name]().concerns_all

    def meets(self, made: Made) -> bool:
        """Whether it is met by this call."""
        return self.method in {"", made.method} and self.contract in {"", made.contract}


class Troubled(Erring):
    """A Token Flex with several troubles at a time, and exports that are out of sight."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.troubles: list[Trouble] = []
        self.hidden: list[Upstream] = []
        self.met_at: datetime | None = None  #: when a call last met trouble
        self.rate_refused_at: datetime | None = None
        self.listed_at: dict[str, datetime] = {}  #: when a list of a contract last told how it stands

    async def call(self, work: Callable[[Any], Any]) -> Any:
        """Make a call, which may meet a fault."""
        if self.faults:
            self.met_at = self.clock.now()
        return await super().call(work)

    def list_exports(self, contract: str, start: datetime, end: datetime) -> tuple[UpstreamExport, ...]:
        """Show a contract."""
        self.listed_at[contract] = self.clock.now()
        return super().list_exports(contract, start, end)

    def error(self, made: Made) -> TokenFlexError | None:
        """Return what the trouble that began first says; before what concerns all nothing else comes to be heard."""
        met = sorted((each for each in self.troubles if each.meets(made)), key=lambda each: not each.concerns_all)
        name = met[0].name if met else None
        if name is None:
            return None
        self.met_at = made.at
        if name.startswith("rate"):
            self.rate_refused_at = made.at
        return TROUBLES[name]()


class ClosedSlack(Slack):
    """A Slack that has removed the bot from channels."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.closed: set[str] = set()

    async def post(
        self, channel: str, message: Any, subject: str, thread_ts: str | None = None, *, broadcast: bool = True
    ) -> Any:
        """Post where the bot may."""
        if channel in self.closed:
            raise ChannelClosedError("not_in_channel")
        return await super().post(channel, message, subject, thread_ts, broadcast=broadcast)

    async def edit(self, posted: Any, message: Any) -> Any:
        """Edit where the bot may."""
        if posted.channel in self.closed:
            raise ChannelClosedError("not_in_channel")
        return await super().edit(posted, message)
