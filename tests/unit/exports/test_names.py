"""Names of files as the service writes them: a lost answer is found by its name, and no two names are confused."""

import string
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database as Connection

from bot.exports import doubt, progress
from bot.exports.doubt import ListCall, Seen
from bot.exports.worker import _names
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import DOWNLOAD, ExportRequest, UpstreamExport
from bot.tokenflex.rules import check_request
from sandbox.tokenflex import recorded
from storage import exports as export_store
from storage import outbox
from storage.migrations import migrations
from storage.models import Export, NewExport, made_file_name
from storage.states import ExportState
from tests.harness.rows import NOW
from tests.harness.stored import CONTRACT, accepted, in_doubt

DAY, SECOND, ZERO = timedelta(days=1), timedelta(seconds=1), timedelta()
_KEPT = string.ascii_letters + string.digits


def _outside(name: str, keep: Callable[[str], bool], sign: str) -> str:
    return "".join(each if keep(each) else sign for each in name)


def _plain(character: str) -> bool:
    return character in _KEPT


#: What a server may do to a name before it adds `.csv`; the first is what Autodesk's did in 2018, the second what its
#: documentation shows.
WAYS: dict[str, Callable[[str], str]] = {
    "recorded": recorded.file_name,
    "as asked": lambda name: name,
    "signs taken out": lambda name: _outside(name, str.isalnum, ""),
    "signs replaced by underscores": lambda name: _outside(name, str.isalnum, "_"),
    "signs replaced by hyphens": lambda name: _outside(name, str.isalnum, "-"),
    "signs replaced by blanks": lambda name: _outside(name, str.isalnum, " "),
    "all but plain letters taken out": lambda name: _outside(name, _plain, ""),
    "all but plain letters replaced": lambda name: _outside(name, _plain, "_"),
    "capitals": str.upper,
    "small letters": str.lower,
    "extension doubled": lambda name: f"{name}.csv",
    "extension doubled, then signs taken out": lambda name: recorded.file_name(f"{name}.csv"),
    "nothing left": lambda name: recorded.file_name(name) or "API_Custom_Export",
}
NAMES = st.one_of(
    st.text(st.sampled_from(_KEPT + " -_.+&()'!,;=#@~"), min_size=1, max_size=30),
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=20),
    st.sampled_from(
        ["RomeoAgree-0_myYear1DesktopCloudUsage", "a-b", "ab.csv", "Übersicht", "Straße", "日本", "my.csv.v2"]
    ),
).filter(lambda name: not check_request(ExportRequest(CONTRACT, ("productName",), file_name=name), Catalogue()))

#: Two names, the second often one that the first may become.
PAIRS = NAMES.flatmap(
    lambda name: st.tuples(st.just(name), NAMES | st.sampled_from([written(name) for written in WAYS.values()]))
)


def empty() -> Connection:
    """Return an empty database in memory."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    return connection


@pytest.fixture
def db() -> Iterator[Connection]:
    """An empty database."""
    connection = empty()
    yield connection
    connection.close()


def shown(db: Connection, now: datetime, *records: UpstreamExport) -> None:
    """Apply a list that has these and all that there is."""
    progress._apply_list(db, CONTRACT, records, Seen(ListCall(now, now - DAY, now + DAY), now, ZERO, whole=True))


def now_of(db: Connection, export: Export) -> Export:
    """Return an export as it is stored."""
    return export_store.get(db, export.number)


def test_the_recorded_name_is_one_of_the_ways() -> None:
    """The pair that Autodesk's own recording shows, read by both of the project's halves."""
    asked, named = "RomeoAgree-0_myYear1DesktopCloudUsage.csv", "RomeoAgree0_myYear1DesktopCloudUsagecsv.csv"
    assert f"{recorded.file_name(asked)}.csv" == named
    assert not doubt.readings(asked).isdisjoint(doubt.readings(named))


@pytest.mark.parametrize("way", WAYS)
@settings(deadline=None, max_examples=15)
@given(name=NAMES)
def test_a_lost_answer_is_adopted_in_whatever_way_the_name_is_written(way: str, name: str) -> None:
    """The list shows the export under the service's own name: it is ours, and that name is the one that is kept."""
    db = empty()
    export = in_doubt(db, NOW, name)
    written = f"{WAYS[way](name)}.csv"
    shown(db, NOW, UpstreamExport("k1", DOWNLOAD, written, NOW))
    found = now_of(db, export)
    assert (found.request_key, found.state, found.file_name) == ("k1", ExportState.READY, written)
    db.close()


@pytest.mark.parametrize("way", WAYS)
@settings(deadline=None, max_examples=15)
@given(pair=PAIRS)
def test_names_that_become_the_same_are_never_in_the_line_at_once(way: str, pair: tuple[str, str]) -> None:
    """Where a list could take one for the other, the worker submits the second once the first is resolved."""
    db = empty()
    one, other = pair
    first, second = accepted(db, NOW, one), accepted(db, NOW, other)
    theirs = UpstreamExport("k1", DOWNLOAD, f"{WAYS[way](second.request.file_name)}.csv", NOW)
    lost = in_doubt(db, NOW, one)
    if doubt.arrived(now_of(db, lost), [theirs], ZERO) is not None:
        assert not _names(first).isdisjoint(_names(second))
    db.close()


@pytest.mark.parametrize("way", ["as asked", "recorded"])
def test_the_exact_name_is_preferred(way: str) -> None:
    """Two exports that a former version sent at once each get their own where the service keeps names."""
    db = empty()
    names = ("a-b", "ab")
    doubted = [in_doubt(db, NOW, name) for name in names]
    written = [f"{WAYS[way](name)}.csv" for name in names]
    records = [UpstreamExport(f"k{at}", DOWNLOAD, name, NOW + at * SECOND) for at, name in enumerate(written)]
    shown(db, NOW, *reversed(records))
    assert [now_of(db, export).request_key for export in doubted] == ["k0", "k1"]
    db.close()


def test_another_name_is_another_file(db: Connection) -> None:
    """Letters and digits tell files apart; nothing else has to."""
    export = in_doubt(db, NOW, "year-1")
    strange = [UpstreamExport(f"k{at}", DOWNLOAD, name, NOW) for at, name in enumerate(["year2.csv", "year.csv"])]

    assert doubt.arrived(now_of(db, export), strange, ZERO) is None


@given(st.integers(1, 10**9))
def test_a_name_of_ours_holds_nothing_that_the_service_takes_out(number: int) -> None:
    """Letters, digits and underscores; with the number, so that no two are the same."""
    made = made_file_name(number)
    assert recorded.file_name(made) == made
    assert set(made) <= set(_KEPT + "_")
    assert str(number) in made


@pytest.mark.parametrize(
    ("given", "stem", "name", "asked"),
    [
        ("", "", "tokenflex_export_1", ""),
        ("", "tokens_by_product_2026_10", "tokens_by_product_2026_10_1", ""),
        ("tokens_1", "tokens", "tokens_1", "tokens_1"),
    ],
)
def test_names_that_were_made_are_nobodys(db: Connection, given: str, stem: str, name: str, asked: str) -> None:
    """They are left out where a request is sent again; one that a person has given stays, whatever it looks like."""
    new = NewExport(ExportRequest("1", ("productName",), file_name=given), "U1", "C1", "command:1", stem=stem)
    export, _ = export_store.accept(db, new, NOW)
    assert (export.file_name, export.asked.file_name) == (f"{name}.csv", asked)


def test_the_name_that_the_file_has_is_kept_and_the_card_follows(db: Connection) -> None:
    """From the answer on it is the one that is shown; where a later one differs the card is edited; "" says nothing."""
    export = in_doubt(db, NOW, "a-b")
    assert now_of(db, export).file_name == "a-b.csv"
    progress.taken(db, export, UpstreamExport("k1", "Requested", "ab.csv", NOW), NOW)
    assert now_of(db, export).file_name == "ab.csv"
    versions = [_card(db, export)]
    for name in ("", "ab.csv", "ab_2.csv"):
        shown_later = UpstreamExport("k1", "Requested", name, NOW)
        progress._apply_now(db, export.number, shown_later, NOW)
        versions.append(_card(db, export))
    assert now_of(db, export).file_name == "ab_2.csv"
    assert versions[0] == versions[1] == versions[2] < versions[3]


def _card(db: Connection, export: Export) -> int:
    card = outbox.find(db, outbox.card_subject(export.number))
    assert card is not None
    return card.version
