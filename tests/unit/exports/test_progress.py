"""What a list means for our exports: progress, adoption, doubt, records that are missing; old lists mean nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calls.gateway import TokenFlexCalls
from bot.exports.doubt import ListCall
from bot.exports.progress import Listed, Progress
from bot.tokenflex.errors import ContractRefusedError, InvalidRequestError, NotFoundError, TimedOutError
from bot.tokenflex.models import DOWNLOAD, ERROR, REQUESTED, UNREADABLE, UpstreamExport
from storage import exports as export_store
from storage.models import Export
from storage.states import Event, ExportState
from tests.harness.moved_clock import MovedClock
from tests.harness.rows import is_open
from tests.harness.stored import CONTRACT, MemoryDatabase, in_doubt, requested

SECOND = timedelta(seconds=1)
NO_DIFFERENCE = timedelta()


class Replies:
    """Stands in for the calls: answers each with what is given, or raises it."""

    def __init__(self) -> None:
        self.answer: object = None

    async def call(self, name: str, work: object, **_: object) -> object:
        """Answer."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
async def database() -> AsyncIterator[MemoryDatabase]:
    """An empty database."""
    opened = MemoryDatabase()
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> MovedClock:
    """A clock that stands still."""
    return MovedClock()


@pytest.fixture
def answers() -> Replies:
    """What Autodesk says to a GET."""
    return Replies()


def tracker_on(database: MemoryDatabase, answers: Replies, clock: MovedClock) -> Progress:
    """Return a tracker on these."""
    return Progress(database, cast("TokenFlexCalls", answers), clock)


@pytest.fixture
def progress(database: MemoryDatabase, answers: Replies, clock: MovedClock) -> Progress:
    """A tracker on them."""
    return tracker_on(database, answers, clock)


def record(key: str, at: datetime | None, status: str = REQUESTED, name: str = "year1.csv") -> UpstreamExport:
    """Return an entry of a list."""
    return UpstreamExport(key, status, name, at)


def whole(made_at: datetime) -> ListCall:
    """Return a look that shows whatever there is."""
    return ListCall(made_at, made_at - timedelta(days=1), made_at + timedelta(days=1))


async def listed(progress: Progress, clock: MovedClock, *records: UpstreamExport, after: float = 0) -> Listed:
    """Apply a list that is taken that many seconds later."""
    await clock.advance(after)
    return await progress.observe_list(CONTRACT, records, whole(clock.now()), NO_DIFFERENCE)


def state(database: MemoryDatabase, export: Export) -> ExportState:
    """Return where an export stands now."""
    return export_store.get(database.db, export.number).state


async def test_a_list_that_is_older_than_the_export_says_nothing(
    database: MemoryDatabase, progress: Progress, clock: MovedClock
) -> None:
    """A poll was under way when the submission was accepted: its list lacks the key, and that counts for nothing."""
    started_at = clock.now()
    await clock.advance(5)
    export = requested(database.db, clock.now(), "k1")
    for _ in range(3):
        assert (await progress.observe_list(CONTRACT, (), whole(started_at), NO_DIFFERENCE)).missing == ()
    assert export_store.get(database.db, export.number).lists_without == 0


async def test_a_list_from_before_a_retry_does_not_bring_the_failure_back(
    database: MemoryDatabase, progress: Progress, clock: MovedClock
) -> None:
    """It still shows `Error`; the export goes on, and its failure is not announced a second time."""
    export = requested(database.db, clock.now(), "k1")
    await listed(progress, clock, record("k1", clock.now(), ERROR), after=10)
    started_at = clock.now() + SECOND
    await clock.advance(5)
    export_store.move(database.db, export.number, Event.RETRY, clock.now())
    await clock.advance(1)
    export_store.move(database.db, export.number, Event.TAKEN, clock.now(), upstream_status=REQUESTED)
    await progress.observe_list(CONTRACT, (record("k1", clock.now(), ERROR),), whole(started_at), NO_DIFFERENCE)
    assert state(database, export) is ExportState.REQUESTED
    await listed(progress, clock, record("k1", clock.now(), DOWNLOAD), after=10)
    assert state(database, export) is ExportState.READY
    assert export_store.get(database.db, export.number).announcement == 2


async def test_a_request_is_sent_again_after_two_lists_well_apart_and_no_sooner(
    database: MemoryDatabase, progress: Progress, clock: MovedClock
) -> None:
    """Lists before 30 s, and within 20 s of each other, decide nothing."""
    export = in_doubt(database.db, clock.now())
    for seconds in (10, 19, 2, 15):  # at 10, 29, 31 and 46 s
        await listed(progress, clock, after=seconds)
        assert state(database, export) is ExportState.SUBMITTING
    assert (await listed(progress, clock, after=6)).freed  # 21 s after the first that counted
    assert state(database, export) is ExportState.QUEUED


async def test_a_list_that_could_not_be_read_whole_proves_nothing(
    database: MemoryDatabase, progress: Progress, clock: MovedClock
) -> None:
    """The entry that is a riddle may be the export that is looked for: nothing is sent again, nothing vanishes."""
    doubted, known = in_doubt(database.db, clock.now()), requested(database.db, clock.now(), "k1", "other")
    for _ in range(5):
        await listed(progress, clock, UNREADABLE, after=40)
    assert state(database, doubted) is ExportState.SUBMITTING
    assert export_store.get(database.db, known.number).lists_without == 0
    for _ in range(3):
        await listed(progress, clock, record("k1", clock.now()), after=40)
    assert state(database, doubted) is ExportState.QUEUED


async def test_what_arrived_at_an_unknown_time_is_adopted(
    database: MemoryDatabase, progress: Progress, clock: MovedClock
) -> None:
    """A time that cannot be read must not have the same sent again and again; one that is known is preferred."""
    export = in_doubt(database.db, clock.now())
    await listed(progress, clock, record("undated", None), record("dated", clock.now()), after=10)
    assert export_store.get(database.db, export.number).request_key == "dated"
    second = in_doubt(database.db, clock.now())
    await listed(progress, clock, record("undated", None), record("dated", clock.now()), after=10)
    assert export_store.get(database.db, second.number).request_key == "undated"


@pytest.mark.parametrize("name", ["My_Report_2026.csv", "my-report-2026", "MY REPORT 2026.CSV"])
async def test_a_name_that_the_server_writes_in_its_own_way_is_recognised(
    database: MemoryDatabase, progress: Progress, clock: MovedClock, name: str
) -> None:
    """Blanks, signs and capitals may come back otherwise; another word is another file."""
    export = in_doubt(database.db, clock.now(), "my report 2026")
    await listed(progress, clock, record("k1", clock.now(), name="my report 2025.csv"), after=10)
    assert export_store.get(database.db, export.number).request_key is None
    await listed(progress, clock, record("k2", clock.now(), name=name), after=10)
    assert export_store.get(database.db, export.number).request_key == "k2"


@pytest.mark.parametrize("status", [REQUESTED, DOWNLOAD, ERROR, "Archiving"])
async def test_what_arrived_is_adopted_whatever_has_become_of_it(
    database: MemoryDatabase, progress: Progress, clock: MovedClock, status: str
) -> None:
    """An export that is ready by the time it is found is announced at once."""
    export = in_doubt(database.db, clock.now())
    await listed(progress, clock, record("k1", clock.now(), status), after=31)
    now = export_store.get(database.db, export.number)
    assert now.request_key == "k1"
    assert now.state is {DOWNLOAD: ExportState.READY, ERROR: ExportState.FAILED}.get(status, ExportState.REQUESTED)
    assert is_open(database.db, "result:1:1") == (status in {DOWNLOAD, ERROR})


@pytest.mark.parametrize("minutes", [-15, 0, 15])
async def test_adoption_compares_times_of_one_clock(
    database: MemoryDatabase, progress: Progress, clock: MovedClock, minutes: int
) -> None:
    """The server's clock may be far off: an entry from before our intent is not ours, one from after it is."""
    ahead = timedelta(minutes=minutes)
    export = in_doubt(database.db, clock.now())
    sent_at = clock.now() + ahead
    await clock.advance(40)
    older, newer = record("old", sent_at - 60 * SECOND), record("new", sent_at + SECOND)
    await progress.observe_list(CONTRACT, (older,), whole(clock.now()), ahead)
    assert state(database, export) is ExportState.SUBMITTING
    await progress.observe_list(CONTRACT, (older, newer), whole(clock.now()), ahead)
    assert export_store.get(database.db, export.number).request_key == "new"


@pytest.mark.parametrize("hours", [-5, 5])
async def test_adoption_survives_a_clock_that_was_set_between_two_runs(
    database: MemoryDatabase, progress: Progress, clock: MovedClock, hours: int
) -> None:
    """The intent was stored on a clock that was that far ahead of today's; the server's time of it is what counts."""
    sent_at = clock.now()
    export = in_doubt(database.db, sent_at)
    wrong = sent_at + timedelta(hours=hours)
    export_store.change(database.db, export.number, intent_at=wrong, intent_server_at=sent_at)
    older, newer = record("old", sent_at - 60 * SECOND), record("new", sent_at + SECOND)
    await listed(progress, clock, older, after=31)
    assert state(database, export) is ExportState.SUBMITTING
    await listed(progress, clock, older, newer)
    assert export_store.get(database.db, export.number).request_key == "new"


@pytest.mark.parametrize(
    ("start", "end", "counts"), [(-5, 10, False), (-5, 13, True), (12, 22, True), (13, 23, False), (-5, 12, False)]
)
async def test_a_list_that_would_not_show_it_counts_for_nothing(
    database: MemoryDatabase, progress: Progress, clock: MovedClock, start: int, end: int, *, counts: bool
) -> None:
    """The server's clock is 12 minutes ahead, as the list's own answer told: its dates may have missed the export."""
    ahead, minute = timedelta(minutes=12), timedelta(minutes=1)
    lost = in_doubt(database.db, clock.now())
    known = requested(database.db, clock.now(), "k1", "other")
    export_store.change(database.db, known.number, requested_at=clock.now() + ahead)
    await clock.advance(31)
    look = ListCall(clock.now(), lost.changed_at + start * minute, clock.now() + end * minute)
    await progress.observe_list(CONTRACT, (), look, ahead)
    for export in (lost, known):
        assert export_store.get(database.db, export.number).lists_without == counts


entries = st.lists(
    st.tuples(st.sampled_from(("year1.csv", "YEAR1.csv", "other.csv")), st.integers(-100, 100)), max_size=8
)


@settings(deadline=None, max_examples=60)
@given(entries)
def test_at_most_one_entry_is_adopted_and_never_one_that_cannot_be_ours(found: list[tuple[str, int]]) -> None:
    """Same name, not older than our intent, the oldest of those; known keys are never taken twice.

    One that differs in capitals alone is taken where there is none to the letter.
    """
    database, clock = MemoryDatabase(), MovedClock()
    db, now = database.db, clock.now()
    requested(db, now, "k0", "year1")
    export = in_doubt(db, now)
    records = [record("k0", now)]
    records += [record(f"k{index}", now + at * SECOND, name=name) for index, (name, at) in enumerate(found, 1)]
    asyncio.run(
        tracker_on(database, Replies(), clock).observe_list(CONTRACT, records, whole(now + 200 * SECOND), NO_DIFFERENCE)
    )
    after = export_store.get(db, export.number)
    alike = [(name, at, f"k{i}") for i, (name, at) in enumerate(found, 1) if name != "other.csv" and at >= -5]
    exact = [(at, key) for name, at, key in alike if name == "year1.csv"]
    candidates = exact or [(at, key) for _, at, key in alike]
    if candidates:
        chosen = next(at for at, key in candidates if key == after.request_key)
        assert chosen == min(candidates)[0]
    else:
        assert after.request_key is None
        assert after.state is ExportState.SUBMITTING
    asyncio.run(database.close())


async def test_missing_means_two_lists_in_a_row(
    database: MemoryDatabase, progress: Progress, clock: MovedClock
) -> None:
    """One list without the key may be chance; a list with it in between begins anew."""
    requested(database.db, clock.now(), "k1")
    entry = record("k1", clock.now())
    assert (await listed(progress, clock, after=10)).missing == ()
    assert (await listed(progress, clock, entry, after=10)).missing == ()
    assert (await listed(progress, clock, after=10)).missing == ()
    assert [each.number for each in (await listed(progress, clock, after=10)).missing] == [1]


@pytest.mark.parametrize("error", [NotFoundError(), ContractRefusedError(), InvalidRequestError()])
async def test_a_missing_key_that_is_refused_has_vanished(
    database: MemoryDatabase, progress: Progress, clock: MovedClock, answers: Replies, error: Exception
) -> None:
    """404, 403 and 400 mean the same, since lists have told; where they have not, 404 alone means anything."""
    export = requested(database.db, clock.now(), "k1")
    answers.answer = error
    if not isinstance(error, NotFoundError):
        with pytest.raises(type(error)):
            await progress.has_vanished(export)
        assert state(database, export) is ExportState.REQUESTED
        await listed(progress, clock, after=10)
        (export,) = (await listed(progress, clock, after=10)).missing
    assert await progress.has_vanished(export)
    assert state(database, export) is ExportState.VANISHED


async def test_a_missing_key_that_is_there_or_cannot_be_asked_for_has_not_vanished(
    database: MemoryDatabase, progress: Progress, clock: MovedClock, answers: Replies
) -> None:
    """An answer brings the export up to date; none leaves everything as it is."""
    export = requested(database.db, clock.now(), "k1")
    answers.answer = TimedOutError()
    with pytest.raises(TimedOutError):
        await progress.has_vanished(export)
    assert state(database, export) is ExportState.REQUESTED
    answers.answer = record("k1", clock.now(), DOWNLOAD)
    assert not await progress.has_vanished(export)
    assert state(database, export) is ExportState.READY


async def test_outstanding_exports_of_others_are_counted(
    database: MemoryDatabase, progress: Progress, clock: MovedClock
) -> None:
    """Those in `Requested` whose keys are not ours; an adopted one is ours."""
    in_doubt(database.db, clock.now())
    requested(database.db, clock.now(), "k1", "mine")
    records = (
        record("k1", clock.now(), name="mine.csv"),
        record("k2", clock.now() + SECOND),
        record("k3", clock.now(), name="theirs.csv"),
        record("k4", clock.now(), DOWNLOAD, "theirs.csv"),
    )
    assert (await listed(progress, clock, *records, after=31)).elsewhere == 1


async def test_an_export_that_a_person_is_deleting_is_left_alone(
    database: MemoryDatabase, progress: Progress, clock: MovedClock
) -> None:
    """Its end upstream is announced to nobody."""
    export = requested(database.db, clock.now(), "k1")
    export_store.move(database.db, export.number, Event.DELETE, clock.now())
    await listed(progress, clock, record("k1", clock.now(), DOWNLOAD), after=10)
    await progress.observe_one(export, record("k1", clock.now(), DOWNLOAD))
    assert state(database, export) is ExportState.DELETING
    assert not is_open(database.db, "result:1:1")


async def test_an_end_is_announced_once_however_often_it_is_seen(
    database: MemoryDatabase, progress: Progress, clock: MovedClock
) -> None:
    """Lists and single looks that show `Download` again change nothing."""
    export = requested(database.db, clock.now(), "k1")
    for _ in range(3):
        await listed(progress, clock, record("k1", clock.now(), DOWNLOAD), after=10)
        await progress.observe_one(export, record("k1", clock.now(), DOWNLOAD))
    assert export_store.get(database.db, export.number).announcement == 1
