"""A part of the torture that runs with the other tests: kills, faults, and deliberate bugs that must be noticed."""

from dataclasses import replace

import pytest

from tests.torture.boundaries import moments
from tests.torture.crossings import AFTER, BEFORE, Moment, by_themselves, of_files
from tests.torture.faults import HTTP, SLACK, STATEMENT, Planned
from tests.torture.processes import Plan
from tests.torture.runner import Runner
from tests.torture.ways_out import WAYS, moments_of

pytestmark = pytest.mark.timeout(300)  # many lives, each with an engine of its own

SUBMITTED = Moment("http POST :x/:x/requests", 1, AFTER)
ANNOUNCED = Moment("slack chat.postMessage", 2, AFTER)
OF_ANSWERS = {"file asked for", "file piece", "file read", "file removed", "db announcing.found"}
READ = Moment("file read", 1, BEFORE)
POSTED = [Moment("slack chat.postMessage", 3, when) for when in (BEFORE, AFTER)]
HANDED_OVER = Moment("slack files.completeUploadExternal", 1, AFTER)
EVERY = 21  #: of so many moments one is taken; an odd number takes befores and afters in turn
#: The first run of a schedule is decided, asks for its export, knows that, and ends; one that a person wants begins.
RUNS = [Moment(f"db {label}", occurrence, AFTER) for label, occurrence in (
    ("outcome.settle", 1), ("use_cases._accept", 2), ("runs.move", 1), ("changes.run_now", 1),
)]  # fmt: skip
DECIDED, ASKED, _, STARTED = RUNS
#: An alert is told, seen to, asks for an export of its own, and has read it.
TOLD = [Moment(f"db {label}", occurrence, AFTER) for label, occurrence in (
    ("telling.looked", 1), ("changes.acknowledge", 1), ("use_cases._accept", 1), ("announcing.found", 1),
)]  # fmt: skip
CAUGHT = {
    Plan(SUBMITTED, breaks=("adoption",)): "exports_doubled",
    Plan(SUBMITTED, breaks=("lists",)): "exports_doubled",
    Plan(ANNOUNCED, breaks=("read-back",)): "announcements_doubled",
    Plan(ANNOUNCED, breaks=("mark",)): "announcements_doubled",
    Plan(HANDED_OVER, breaks=("look at files",), files=True): "files_doubled",
    Plan(breaks=("expiry",)): "links_left",
    Plan(READ, breaks=("clearing",)): "files_left",
    Plan(breaks=("looks", "bells")): "stuck",
    Plan(ASKED, breaks=("origin",), schedules=True): "exports_doubled",
    Plan(DECIDED, breaks=("open runs",), schedules=True): "runs_lost",
    Plan(STARTED, breaks=("act",), schedules=True): "runs_doubled",
    Plan(breaks=("missed runs",), schedules=True): "runs_lost",
    Plan(breaks=("standing",), alerts=True): "alerts_doubled",
    Plan(breaks=("day",), alerts=True): "exports_doubled",
}
FAULTS = [
    *(Planned(HTTP, number, kind) for number, kind in ((1, "HTML"), (2, "500 before"), (3, "lost answer"))),
    *(Planned(HTTP, 3, kind) for kind in ("time-out before", "truncated", "500 after", "reset before")),
    *(Planned(SLACK, number, "lost answer") for number in range(3, 8)),
    *(Planned(STATEMENT, number, kind) for number, kind in ((60, "disk full"), (80, "locked"), (101, "I/O error"))),
]


async def test_a_kill_before_or_after_a_crossing_loses_and_doubles_nothing(runner: Runner) -> None:
    """Whatever crossing the process dies at, each accepted export is made once and announced once."""
    clean = await runner.clean()
    assert not clean.verdict.bad, clean
    moved = [each for each in moments(clean.crossings) if each.label == "db moved_channels._heard"]
    assert len(moved) == 2
    later = [each for each in moments(clean.crossings) if each.label in {"db events.hear", "db doubt.begin"}]
    assert {each.label for each in later} == {"db events.hear", "db doubt.begin"}  # answered, and given up in doubt
    wanted = {SUBMITTED, ANNOUNCED, *moved, *later, *moments(clean.crossings)[::EVERY]}
    runs = await runner.plans([Plan(kill=moment) for moment in sorted(wanted, key=str)])
    assert [str(run) for run in runs if run.verdict.bad] == []
    assert sum(run.died for run in runs) >= 0.9 * len(runs)


async def test_an_answer_survives_a_kill_at_every_crossing_of_its_own(runner: Runner) -> None:
    """Between readiness, download, engine and post: the figures come, once, and no file is left behind."""
    clean = await runner.clean()
    kills = [each for each in moments(clean.crossings) if each.label in OF_ANSWERS]
    assert {each.label for each in kills} == OF_ANSWERS
    runs = await runner.plans([Plan(kill=moment) for moment in [*kills, *POSTED]])
    assert [str(run) for run in runs if run.verdict.bad] == []
    assert sum(run.died for run in runs) >= 0.9 * len(runs)


async def test_a_kill_on_the_way_of_a_file_loses_and_doubles_nothing(runner: Runner) -> None:
    """Where nobody knows whether Slack has taken it, and some other steps; `make torture` takes all of them."""
    (clean,) = await runner.plans([Plan(files=True)])
    assert not clean.verdict.bad, clean
    crossings = of_files(clean.crossings)
    assert {"db attachments.handing", "slack upload", "slack files.completeUploadExternal", "slack files.delete"} <= {
        label for label, _ in crossings
    }
    wanted = {replace(HANDED_OVER, when=BEFORE), HANDED_OVER, *moments(crossings)[::5]}
    runs = await runner.plans([Plan(kill=moment, files=True) for moment in sorted(wanted, key=str)])
    assert [str(run) for run in runs if run.verdict.bad] == []
    assert sum(run.died for run in runs) >= 0.8 * len(runs)


async def test_a_kill_on_the_way_of_a_schedule_loses_and_doubles_nothing(runner: Runner) -> None:
    """It is made once, each day that is due runs once or is said not to, and each report is posted once."""
    (clean,) = await runner.plans([Plan(schedules=True)])
    assert not clean.verdict.bad, clean
    crossings = by_themselves(clean.crossings)
    ways = {"outcome.settle", "outcome.follow", "changes.create", "changes.skip", "changes.delete"}
    assert {f"db {each}" for each in ways} <= {label for label, _ in crossings}
    wanted = {*RUNS, replace(ASKED, when=BEFORE), *moments(crossings)[:: 2 * EVERY - 1]}
    runs = await runner.plans([Plan(kill=moment, schedules=True) for moment in sorted(wanted, key=str)])
    assert [str(run) for run in runs if run.verdict.bad] == []
    assert sum(run.died for run in runs) >= 0.8 * len(runs)


async def test_a_kill_on_the_way_of_an_alert_loses_and_doubles_nothing(runner: Runner) -> None:
    """It is made once, told once with its figures, and over once, with one export a day at most."""
    (clean,) = await runner.plans([Plan(alerts=True)])
    assert not clean.verdict.bad, clean
    crossings = by_themselves(clean.crossings)
    assert {each.label for each in TOLD} | {"db usage_cache.keep"} <= {label for label, _ in crossings}
    wanted = {*TOLD, *moments(crossings)[:: 2 * EVERY - 1]}
    runs = await runner.plans([Plan(kill=moment, alerts=True) for moment in sorted(wanted, key=str)])
    assert [str(run) for run in runs if run.verdict.bad] == []
    assert sum(run.died for run in runs) >= 0.8 * len(runs)


async def test_nothing_waits_for_a_periodic_look(runner: Runner) -> None:
    """Commits, moments and news wake the loops: without looks lives go on, after kills and lost answers, too."""
    unlooked = Plan(breaks=("looks",))
    kills = [replace(unlooked, kill=moment) for moment in (SUBMITTED, ANNOUNCED)]
    others = [
        replace(unlooked, fault=Planned(HTTP, 3, "lost answer")),
        replace(unlooked, schedules=True),
        replace(unlooked, alerts=True),
    ]
    runs = await runner.plans([unlooked, *kills, *others])
    assert [str(run) for run in runs if run.verdict.bad] == []
    loads = await runner.seeds([1], breaks=("looks",))
    assert [str(load) for load in loads if load.verdict.bad] == []


async def test_a_login_survives_a_kill_at_every_crossing_of_its_renewal(runner: Runner) -> None:
    """Only between Autodesk's answer and its storing is it lost; then one administrator hears of it, once."""
    (clean,) = await runner.plans([Plan(signed_in=True)])
    assert not clean.verdict.bad, clean
    renewals = [
        each
        for each in clean.crossings
        if each[0] in {"db logins.begin_renewal", "db store._renew"} or each[0] == "http POST token"
    ]
    assert len(renewals) > 4
    kept = [each for each in moments(renewals) if each.label != "http POST token" and each.when == AFTER]
    kept += [each for each in moments(renewals) if each.label == "http POST token" and each.when == BEFORE]
    runs = await runner.plans([Plan(kill=moment, signed_in=True) for moment in kept])
    assert [str(run) for run in runs if run.verdict.bad or run.told] == []
    (lost,) = await runner.plans([Plan(kill=Moment("http POST token", 2, AFTER), signed_in=True)], patience=8.0)
    assert lost.verdict.stuck
    assert not lost.verdict.exports_doubled
    assert lost.told == 1


async def test_a_login_survives_every_way_out(runner: Runner) -> None:
    """A stop, a refused or crashed start and an interrupted `doctor` wait for a renewal, and one that dies says why."""
    clean = await runner.exits([(way, None) for way in WAYS])
    assert [str(each) for each in clean if each.problem] == []
    wanted = [(each.way, moment) for each in clean for moment in moments_of(each.crossings)]
    killed = await runner.exits(wanted[::3])
    assert [str(each) for each in killed if each.problem] == []
    assert sum(each.died for each in killed) >= 0.8 * len(killed)


async def test_a_way_out_that_does_not_wait_is_noticed(runner: Runner) -> None:
    """So is a renewal that is on no record: the next process does not know why its login has ended."""
    left = list(WAYS)
    for _ in range(3):  # on a busy machine one that does not wait may be late enough to lose nothing
        hasty = await runner.exits([(way.without("wait"), None) for way in left])
        assert {each.problem for each in hasty} <= {"", "the login is lost, and nobody killed the process"}
        left = [way for way, each in zip(left, hasty, strict=True) if not each.problem]
    assert left == []
    left = list(WAYS)
    for _ in range(3):  # a refused start may be over before its renewal has begun, where the machine is busy
        silent = await runner.exits([(way.without("record"), Moment("http POST token", 1, AFTER)) for way in left])
        assert {each.problem for each in silent} <= {"", "the login is lost, and nobody says why"}
        left = [way for way, each in zip(left, silent, strict=True) if not each.problem]
    assert left == []


async def test_one_fault_loses_and_doubles_nothing(runner: Runner) -> None:
    """One failing statement, call to Autodesk or call to Slack: the person still gets what was promised, once."""
    runs = await runner.plans([Plan(fault=planned) for planned in FAULTS])
    assert [str(run) for run in runs if run.verdict.bad or not run.hit] == []


async def test_kills_at_random_moments_under_load_lose_and_double_nothing(runner: Runner) -> None:
    """Several people and exports, lost answers, and a process that dies now and then."""
    runs = await runner.seeds(range(1, 3))
    assert [str(run) for run in runs if run.verdict.bad] == []


async def test_deliberate_bugs_are_noticed(runner: Runner) -> None:
    """Without the adoption, the lists, the read-back, the mark, the expiry or the clearing, each report shows it."""
    by_itself = [plan for plan in CAUGHT if plan.schedules or plan.alerts]
    runs = await runner.plans([plan for plan in CAUGHT if plan not in by_itself], patience=8.0)
    runs += await runner.plans(by_itself, patience=20.0)  # most of these are waited for, not in vain
    assert [str(run) for run in runs if not getattr(run.verdict, CAUGHT[run.plan])] == []


async def test_a_bot_without_budget_is_noticed(runner: Runner) -> None:
    """Calls without a budget are refused by Token Flex, and the report counts them."""
    runs = await runner.seeds([1, 2, 3, 4], breaks=("budget",), patience=8.0)  # not every load is heavy enough
    assert sum(run.verdict.calls_refused for run in runs)


async def test_a_second_bot_is_noticed_where_the_lock_is_missing(runner: Runner) -> None:
    """Two bots on one database break promises when nothing keeps the second from running, and none otherwise."""
    (locked,) = await runner.seeds([2], bots=2)
    # Whether two bots meet is chance, so several runs are given it.
    unlocked = await runner.seeds([2, 3, 4, 5, 6], bots=2, breaks=("lock",), patience=8.0)
    assert not locked.verdict.bad, locked
    assert any(run.verdict.bad for run in unlocked)
