"""What somebody waits for who asks how a contract stands that is known: with ten contracts and with a thousand."""

import asyncio
import statistics
import time
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database as Connection

from bench.figures import Table, Target, percentile
from bench.filling import keep_contracts
from bench.programs import autodesk, environment, program, workspace
from bot.contracts import usage_cache
from bot.contracts.usage import Counted
from bot.tokenflex.models import Contract, MonthOfUse, TokenYear
from sandbox.slack.changes import Change
from sandbox.slack.server import SlackSandbox
from storage import facts
from storage.database import Database

_FEW, _MANY = 10, 1_000
_WARM_UP, _TIMES = 20, 100
_PATIENCE = 60.0


def _number(at: int) -> str:
    return f"1100{at:08d}"


def _contract(number: str) -> Contract:
    return Contract(number, f"Contract {number}", "2024-01-01", "2026-12-31")


def _counted(contract: str) -> Counted:
    years = tuple(
        TokenYear(at, date(2023 + at, 1, 1), date(2023 + at, 12, 31), 20_000, 9_000, 11_000) for at in (1, 2, 3)
    )
    months = tuple(
        MonthOfUse(date(2024 + at // 12, at % 12 + 1, 1), category, 700 + at, 20)
        for at in range(34)
        for category in ("DESKTOP_PRODUCT", "CLOUD_PRODUCT", "CLOUD_SERVICE")
    )
    return Counted(contract, datetime.now(UTC), None, years, months)


def _keep(db: Connection, contracts: int, client: str) -> None:
    for at in range(contracts):
        usage_cache.keep(db, _counted(_number(at)))
    facts.put(db, usage_cache.CLIENT, client, datetime.now(UTC))


class _Asking:
    """Somebody who asks and waits for the private reply."""

    def __init__(self, slack: SlackSandbox) -> None:
        self._slack = slack
        self._seen = 0
        slack.changes.subscribe(self._notice)

    def _notice(self, change: Change) -> None:
        if change.kind == "message_posted" and change.subject.ephemeral_for is not None:
            self._seen += "tokens of contract year" in change.subject.content.text

    async def waits(self, contract: str) -> float:
        """Return the milliseconds from the command to the figures."""
        before, began = self._seen, time.perf_counter()
        await self._slack.member("ana").types("#finance", f"/tokenflex usage {contract}")
        await self._slack.changes.until(lambda: self._seen > before or None, _PATIENCE)
        return (time.perf_counter() - began) * 1000


async def _asked(folder: Path, contracts: int) -> list[float]:
    path = folder / f"{contracts}.db"
    async with workspace() as slack, autodesk() as token_flex:
        settings = environment(slack, token_flex, path)
        await keep_contracts(path, [_contract(_number(at)) for at in range(contracts)])
        database = Database(path)
        await database.open()
        await database.write(_keep, contracts, settings["APS_CLIENT_ID"])
        await database.close()
        async with program(slack, "bot", "run", settings=settings):
            asking = _Asking(slack)
            times = [await asking.waits(_number(at % contracts)) for at in range(_WARM_UP + _TIMES)]
            if any("summary" in str(call) for call in token_flex.calls):
                raise AssertionError("what is known needs no call")
            return times[_WARM_UP:]


async def _measure(folder: Path) -> tuple[list[float], list[float]]:
    return await _asked(folder, _FEW), await _asked(folder, _MANY)


def measure() -> tuple[list[Table], list[Target]]:
    """Return the table and the target of usage at a glance."""
    with TemporaryDirectory() as folder:
        few, many = asyncio.run(_measure(Path(folder)))
    table = Table("/tokenflex usage of a contract that is known (milliseconds)", ["contracts", "p50", "p95"])
    for count, times in ((_FEW, few), (_MANY, many)):
        table.row(count, percentile(times, 0.5), percentile(times, 0.95))
    ratio = statistics.median(many) / statistics.median(few)
    return [table], [Target(f"usage at {_MANY} cached contracts, times that at {_FEW}", ratio, 2)]
