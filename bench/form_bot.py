"""The bot as `python -m bot run` starts it, with what it would fetch ahead of a large contract in it from the start.

`python -m bench.form_bot SHARE`: 1 for all of it, 0 for nothing, which is what memory is compared with.
"""

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot import settings
from bot.app import Bot
from bot.contracts.known import FRESHNESS, LABELS, Known
from bot.runtime import logs
from bot.runtime.interrupts import InterruptedBySignalError, until_signal
from bot.settings import environment
from bot.tokenflex.client import VALUES_LISTED
from bot.tokenflex.models import Contract

CONTRACT = "220000000001"
CONTRACTS, PRODUCTS, CUSTOM_FIELDS, VALUES, PEOPLE = 500, 300, 10, 2000, 2000
FIRST_DAY, LAST_DAY = "2020-01-01", "2030-12-31"


def contracts(count: int) -> tuple[Contract, ...]:
    """Return so many contracts, of which one runs."""
    first = int(CONTRACT)
    return tuple(
        Contract(str(first + at), f"Company {at} AG", FIRST_DAY, LAST_DAY, is_active=not at) for at in range(count)
    )


def values_of(field: str, share: float) -> Iterator[str]:
    """Yield the values of a field, as long as real ones."""
    count = {"productName": PRODUCTS, "licenseServerName": 10}.get(field, PEOPLE if "Name" in field else VALUES)
    yield from (f"{field.removesuffix('Name')} of department {at:05d}" for at in range(int(count * share)))


async def _run(share: float) -> None:
    found = environment.look()
    configured = settings.read(found.variables, found.problems)
    logs.configure(configured.log_level, configured.log_format, configured.secrets)
    bot = Bot(configured)
    try:
        await bot.start()
        _fill(bot, share)
        await asyncio.Event().wait()
    finally:
        await bot.stop()


def _fill(bot: Bot, share: float) -> None:
    if bot.values is None:
        raise RuntimeError("the bot has not started")
    now = datetime.now(UTC) + timedelta(days=1)  # nothing of it becomes old
    known = Known()
    known.learn_labels([f"Category {at}" for at in range(1, CUSTOM_FIELDS + 1)], now)
    known.fetched_at = {LABELS: now, FRESHNESS: now}
    for field in (*VALUES_LISTED, *known.labels):
        known.learn_values(field, values_of(field, share), now)
    bot.values._known[CONTRACT] = known  # noqa: SLF001 - so that nobody waits for a day's calls


if __name__ == "__main__":
    try:
        asyncio.run(until_signal(_run(float(sys.argv[1]))))
    except InterruptedBySignalError:
        sys.exit(0)
