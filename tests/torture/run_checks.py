"""What was promised of schedules: each due moment ran once, or is on record as left out, and is told once."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from storage import audit, exports, runs, schedules
from storage.audit import Act
from storage.database import read_only
from storage.runs import Run, RunState
from tests.harness.house import House
from tests.torture.checks import Verdict, bot_messages, subject

_MANY = 10_000


@dataclass
class Plans:
    """What a person may expect of a schedule: written times that are due by now, those that they left out, and more."""

    due: set[str] = field(default_factory=set)
    left_out: set[str] = field(default_factory=set)
    failing: int = 0  #: how many of them cannot be made
    by_hand: int = 0


def known_runs(house: House) -> tuple[Run, ...]:
    """Return what is on record of all runs, the oldest first."""
    with read_only(house.folder / "tokenflex.db") as db:
        found = [run for each in schedules.everywhere(db) for run in runs.of_schedule(db, each.id, _MANY)]
    return tuple(sorted(found, key=lambda run: run.id))


def is_scheduled(house: House) -> bool:
    """Return whether anything is asked by itself."""
    with read_only(house.folder / "tokenflex.db") as db:
        return bool(schedules.everywhere(db))


def exports_of(house: House, known: Iterable[Run]) -> dict[int, str]:
    """Return the exports of these runs by their numbers, with their file names."""
    with read_only(house.folder / "tokenflex.db") as db:
        found = [exports.get(db, run.export) for run in known if run.export is not None]
    return {export.number: export.file_name.removesuffix(".csv") for export in found}


def check_runs(house: House, verdict: Verdict, known: Collection[Run], plans: Plans) -> None:
    """Check what became of everything that came due of a schedule, and of what a person started.

    Their exports and reports are checked as all others are.
    """
    written = Counter(run.identity for run in known if run.identity[0].isdigit())
    for identity in plans.due | written.keys():
        _count(verdict, "runs", written[identity], int(identity in plans.due), f"the run of {identity}")
    by_hand = len(known) - written.total()
    _count(verdict, "runs", by_hand, plans.by_hand, "runs that a person started")
    left_out = {run.identity for run in known if run.state is RunState.LEFT_OUT}
    for identity in left_out ^ plans.left_out:
        verdict.runs_lost += 1
        verdict.notes.append(f"the run of {identity} was {'left out' if identity in left_out else 'to be left out'}")
    _check_ends(verdict, known)
    _check_news(house, verdict, known, plans)
    _check_record(house, verdict, known)


def _check_ends(verdict: Verdict, known: Iterable[Run]) -> None:
    for run in known:
        if run.state not in {RunState.DONE, RunState.FAILED, RunState.LEFT_OUT}:
            verdict.runs_lost += 1
            verdict.notes.append(f"the run of {run.identity} is {run.state} still")
    for export, count in Counter(run.export for run in known if run.export is not None).items():
        _count(verdict, "runs", count, 1, f"runs of export #{export}")


def _check_news(house: House, verdict: Verdict, known: Iterable[Run], plans: Plans) -> None:
    """Check that whoever owns it hears once of each run that failed, and of nothing else."""
    failed = [run for run in known if run.state is RunState.FAILED]
    _count(verdict, "runs", len(failed), plans.failing, "runs that failed")
    told = Counter(map(subject, bot_messages(house)))
    wanted = {f"run:{run.id}:owner" for run in failed}
    for name in wanted | {name for name in told if name.startswith(("run:", "schedule:"))}:
        _count(verdict, "news", told[name], int(name in wanted), f"the message {name}")


def _check_record(house: House, verdict: Verdict, known: Iterable[Run]) -> None:
    """Check that the audit has one row for the end of each run."""
    with read_only(house.folder / "tokenflex.db") as db:
        rows = Counter(entry.result.split()[1] for entry in audit.since(db) if entry.act is Act.RUN)
    wanted = {run.identity for run in known}
    for identity in wanted | rows.keys():
        _count(verdict, "records", rows[identity], int(identity in wanted), f"the record of the run {identity}")


def _count(verdict: Verdict, what: str, found: int, wanted: int, name: str) -> None:
    if found == wanted:
        return
    kind = f"{what}_{'lost' if found < wanted else 'doubled'}"
    setattr(verdict, kind, getattr(verdict, kind) + abs(found - wanted))
    verdict.notes.append(f"{name}: {found}, and not {wanted}")
