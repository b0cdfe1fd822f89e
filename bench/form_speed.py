"""What a person waits for in the short form, with a large contract: until it opens, and for what a menu finds."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Table, Target, percentile
from bench.filling import keep_contracts
from bench.form_bot import CONTRACTS, CUSTOM_FIELDS, PRODUCTS, VALUES, contracts
from bench.programs import autodesk, environment, program, resident_megabytes, workspace
from sandbox.slack.changes import Change
from sandbox.slack.member import Member
from sandbox.slack.server import SlackSandbox

_TITLE, _ONLY = "New export", "Only …"
_WARM_UP, _OPENINGS = 5, 60
#: What people type: nothing, products, people, custom fields, conditions, what nobody knows.
_TYPED = (
    *("", "p", "product", "product 00017", "user of department 0012", "category 3 department", "00199", "not product"),
    *("category 10 is customField10 of department 01999", "user begins with use", "nothing like it"),
)
_OF_THE_CACHE = "only product of department 00017"


@dataclass(slots=True)
class _Timed:
    opened: list[float] = field(default_factory=list)
    found: list[float] = field(default_factory=list)
    memory: float = 0.0
    knows: bool = False  #: whether values of the cache were found


class _Stopwatch:
    """Notes when a form was opened in the workspace."""

    def __init__(self, slack: SlackSandbox) -> None:
        self.opened_at = 0.0
        slack.changes.subscribe(self._seen)

    def _seen(self, change: Change) -> None:
        if change.kind == "view_opened":
            self.opened_at = time.perf_counter()


async def _form(folder: Path, share: float) -> _Timed:
    database = folder / f"{share}.db"
    await keep_contracts(database, contracts(int(CONTRACTS * share) or 1))
    async with workspace() as slack, autodesk() as token_flex:
        settings = environment(slack, token_flex, database)
        async with program(slack, "bench.form_bot", str(share), settings=settings) as pid:
            member, watch, timed = slack.member("ana"), _Stopwatch(slack), _Timed()
            await asyncio.sleep(1.0)  # the bot is connected, and fills its cache
            for at in range(_WARM_UP + _OPENINGS):
                await _once(member, watch, timed if at >= _WARM_UP else _Timed())
            timed.memory = resident_megabytes(pid)
            return timed


async def _once(member: Member, watch: _Stopwatch, timed: _Timed) -> None:
    began = time.perf_counter()
    await member.types("#finance", "/tokenflex")
    modal = await member.sees_modal(_TITLE)
    timed.opened.append((watch.opened_at - began) * 1000)
    for typed in _TYPED:
        began = time.perf_counter()
        await modal.search(_ONLY, typed)
        timed.found.append((time.perf_counter() - began) * 1000)
    timed.knows = _OF_THE_CACHE in await modal.search(_ONLY, "00017")
    await modal.close()


async def _measure(folder: Path) -> tuple[_Timed, _Timed]:
    return await _form(folder, 0), await _form(folder, 1)


def measure() -> tuple[list[Table], list[Target]]:
    """Return the table and the targets of the short form."""
    with TemporaryDirectory() as folder:
        nothing, all_of_it = asyncio.run(_measure(Path(folder)))
    if nothing.knows or not all_of_it.knows:
        raise AssertionError("the values are not where they should be")
    large = f"{CONTRACTS} contracts, {PRODUCTS} products, {CUSTOM_FIELDS} custom fields of {VALUES} values"
    table = Table(
        "The short form: from the command until it stands in Slack, and a menu's search (milliseconds)",
        ["", "opened p50", "opened p95", "found p50", "found p95", "memory (MB)"],
    )
    for name, timed in (("one contract, nothing known of it", nothing), (large, all_of_it)):
        opened, found = timed.opened, timed.found
        shares = (0.5, 0.95)
        figures = [percentile(each, share) for each in (opened, found) for share in shares]
        table.row(name, *figures, timed.memory)
    return [table], [
        Target("the form is open after the command (ms, p95)", percentile(all_of_it.opened, 0.95), 150),
        Target("a menu's search is answered (ms, p95)", percentile(all_of_it.found, 0.95), 50),
        Target("memory of contracts and values (MB)", all_of_it.memory - nothing.memory, 10),
    ]
