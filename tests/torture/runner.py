"""Many runs at once, each in a house of its own: most of a run is waiting."""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from tests.torture.boundaries import Run, live
from tests.torture.crossings import Moment
from tests.torture.faults import KINDS, STATEMENT, Planned
from tests.torture.processes import Forge, Plan
from tests.torture.random_load import Loaded, under_load
from tests.torture.ways_out import Exit, WayOut, leave_by

AT_ONCE = 6
_NOTHING = Plan()
Told = Callable[[object], None]
R = TypeVar("R", Run, Loaded, Exit)


class Runner:
    """Runs plans and seeds, and says what went wrong as it happens."""

    def __init__(self, forge: Forge, folder: Path, data: Any, told: Told = lambda _: None) -> None:
        self._forge = forge
        self._folder = folder
        self._data = data
        self._told = told
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._count = 0

    def _new_folder(self) -> Path:
        self._count += 1
        return self._folder / str(self._count)

    async def clean(self) -> Run:
        """Let one export live undisturbed; its crossings are what is numbered."""
        return await live(self._forge, self._new_folder(), self._data)

    async def plans(self, plans: Sequence[Plan], *, patience: float = 40.0) -> list[Run]:
        """Run all of these plans."""
        return list(await asyncio.gather(*(self._plan(plan, patience) for plan in plans)))

    async def _plan(self, plan: Plan, patience: float) -> Run:
        async with self._slots:
            folder = self._new_folder()
            return self._tell(folder, await live(self._forge, folder, self._data, plan, patience=patience))

    async def exits(self, wanted: Sequence[tuple[WayOut, Moment | None]]) -> list[Exit]:
        """Leave by each of these ways, killed at its moment or not."""

        async def run(way: WayOut, kill: Moment | None) -> Exit:
            async with self._slots:
                folder = self._new_folder()
                return self._tell(folder, await leave_by(self._forge, folder, self._data, way, kill))

        return list(await asyncio.gather(*(run(way, kill) for way, kill in wanted)))

    async def seeds(self, seeds: Sequence[int], **how: Any) -> list[Loaded]:
        """Run all of these seeds, half as many at once since each has several people; `how` is for `under_load`."""
        slots = asyncio.Semaphore(AT_ONCE // 2)

        async def run(seed: int) -> Loaded:
            async with slots:
                folder = self._new_folder()
                return self._tell(folder, await under_load(self._forge, folder, self._data, seed, **how))

        return list(await asyncio.gather(*(run(seed) for seed in seeds)))

    async def faults(
        self, layer: str, numbers: Callable[[int], bool], *, every: bool = False, plan: Plan = _NOTHING
    ) -> list[Run]:
        """Fail the 1st, 2nd, 3rd … call of a layer, those that `numbers` picks, until a run passes without a fault.

        Each in every kind; a statement in one kind after the other unless `every` asks for all. `plan` is what else the
        bot suffers, and which life is lived.
        """
        runs: list[Run] = []
        first = 1
        while True:
            picked = [number for number in range(first, first + 2 * AT_ONCE) if numbers(number)]
            new = await self.plans(
                [replace(plan, fault=each) for number in picked for each in _kinds(layer, number, every=every)]
            )
            runs += [run for run in new if run.hit]
            if new and not new[-1].hit:
                return runs
            first += 2 * AT_ONCE

    def _tell(self, folder: Path, run: R) -> R:
        if run.problem if isinstance(run, Exit) else run.verdict.bad:
            self._told(run)
        else:
            shutil.rmtree(folder, ignore_errors=True)
        return run


def _kinds(layer: str, number: int, *, every: bool) -> list[Planned]:
    kinds = KINDS[layer]
    if layer == STATEMENT and not every:
        kinds = (kinds[number % len(kinds)],)
    return [Planned(layer, number, kind) for kind in kinds]
