"""Exports of before, found by what is known of them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database as Connection

from bot.tokenflex.models import ExportRequest
from storage import export_search, exports
from storage.export_search import Sought
from storage.migrations import migrations
from storage.models import Export, NewExport
from storage.states import ExportState
from tests.harness.rows import NOW

PEOPLE, CHANNELS, PRODUCTS = ("U1", "U2", "U3"), ("C1", "C2"), ("Revit", "100%_sure!", "Größe")
STATES = (ExportState.QUEUED, ExportState.READY, ExportState.FAILED)


@pytest.fixture(scope="module")
def db() -> Iterator[Connection]:
    """A database with exports of each person in each channel, in each state, about each product."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    kinds = [(one, two, three, four) for one in PEOPLE for two in CHANNELS for three in STATES for four in PRODUCTS]
    for number, (person, channel, state, product) in enumerate(kinds, 1):
        request = ExportRequest(
            "12345", fields=("productName",), where=f"productName = '{product}'", file_name=f"f{number}"
        )
        exports.accept(connection, NewExport(request, person, channel, f"test:{number}"), NOW + timedelta(hours=number))
        exports.change(connection, number, state=state.value)
    yield connection
    connection.close()


def fits(export: Export, sought: Sought) -> bool:
    """What the words mean, said another way."""
    text = f"{export.request.where} {export.file_name} {export.request.contract_number} productName"
    return all(
        (
            not sought.numbers or export.number in sought.numbers,
            not sought.requesters or export.requester in sought.requesters,
            not sought.channels or export.channel in sought.channels,
            not sought.states or export.state in sought.states,
            sought.since is None or export.accepted_at >= sought.since,
            sought.until is None or export.accepted_at < sought.until,
            *(each.lower() in text.lower() for each in sought.texts),
        )
    )


def some(values: Sequence[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(st.sampled_from(values), max_size=2).map(tuple)


MOMENTS = st.none() | st.integers(0, 60).map(lambda hours: NOW + timedelta(hours=hours))
SOUGHT = st.builds(
    Sought,
    st.lists(st.integers(1, 54), max_size=3).map(tuple),
    some(PEOPLE),
    some(CHANNELS),
    some(STATES),
    some(("revit", "100%", "_", "!", "Größe", "12345", "f1", "productname")),
    MOMENTS,
    MOMENTS,
)


@given(SOUGHT, st.sampled_from(PEOPLE), st.sampled_from(CHANNELS), st.integers(1, 9))
def test_pages_are_all_that_fits_and_may_be_seen(
    db: Connection, sought: Sought, person: str, channel: str, limit: int
) -> None:
    """Each once, the newest first, whichever way one turns; nothing of others in other channels."""
    whole = [exports.get(db, number) for number in range(54, 0, -1)]
    seen = [each for each in whole if each.requester == person or each.channel == channel]
    wanted = [each.number for each in seen if fits(each, sought)]
    found: list[int] = []
    while page := export_search.listing(
        db, requester=person, channel=channel, limit=limit, sought=sought, before=found[-1] if found else None
    ):
        found += [each.number for each in page]
    assert found == wanted
    back: list[int] = []
    while page := export_search.listing(
        db, requester=person, channel=channel, limit=limit, sought=sought, after=back[0] if back else 0
    ):
        back = [each.number for each in page] + back
    assert back == wanted


def test_the_listing_is_ones_own_and_the_channels(db: Connection) -> None:
    """Who has asked for nothing sees what is in the channel, and nothing where nothing is."""
    assert export_search.listing(db, requester="U9", channel="C9", limit=5) == ()
    found = export_search.listing(db, requester="U9", channel="C1", limit=99)
    assert {each.channel for each in found} == {"C1"}
    assert export_search.requesters_in(db, "C1") == PEOPLE
    assert export_search.requesters_in(db, "C9") == ()
