"""The client and the door against the stand-in: every call of an export's life, and nothing secret in a log."""

import logging
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.tokenflex.catalogue import CATEGORIES
from bot.tokenflex.client import VALUES_LISTED
from bot.tokenflex.errors import ContractRefusedError, InvalidRequestError, NotFoundError, RefusedError
from bot.tokenflex.models import DOWNLOAD, ERROR, REQUESTED
from bot.tokenflex.oauth import AccessTokens, StoredLogin
from tests.contract.tokenflex_house import CONTRACT, SECRETS, WALKTHROUGH, House, HouseMaker, MemoryStore, failure
from tests.harness.files import download

# --- what the form needs ------------------------------------------------------------------------------------------


async def test_contracts_and_their_labels(house: House) -> None:
    """Contracts arrive with their numbers as texts, ended ones too, and labels keep their places."""
    calls = house.client()
    contracts = await calls.contracts()
    listed = {(CONTRACT, True), ("11000099871", False)}
    lettered = {("RomeoAgree-0", False)} if house.sandbox.settings.recorded else set()
    assert {(contract.number, contract.is_active) for contract in contracts} == listed | lettered
    (contract,) = (each for each in contracts if each.number == CONTRACT)
    assert (contract.name, contract.start_date) == ("Example AG", "2024-02-01")
    labels = await calls.enrichment_categories(CONTRACT)
    assert len(labels) == 10
    assert (labels[2], labels[3], labels[6]) == ("", "Büro", "部署")


async def test_values_for_menus_and_how_fresh_the_usage_is(house: House) -> None:
    """Each field that has a list, a custom field by its own name, and a day for every category."""
    calls = house.client()
    lists = [await calls.field_values(CONTRACT, field) for field in VALUES_LISTED]
    assert all(lists)
    assert "Revit" in lists[0]
    assert "Denver" in await calls.enrichment_values(CONTRACT, "customField4")
    usage = await calls.last_usage(CONTRACT)
    old_and_new = {name for category in CATEGORIES for name in (category.name, category.old_name)}
    assert usage
    assert {each.category for each in usage} <= old_and_new
    assert isinstance(await failure(calls.field_values(CONTRACT, "usageDate")), InvalidRequestError)
    assert isinstance(await failure(calls.last_usage("110000777001")), ContractRefusedError)


async def test_what_a_contract_used_and_has_left(house: House) -> None:
    """Years that join, with tokens of their own; months with the new names of categories, whichever are sent."""
    calls = house.client()
    years = await calls.token_years(CONTRACT)
    assert [year.number for year in years] == [1, 2, 3, 4, 5]
    assert all(year.remaining == year.provisioned - year.consumed for year in years)
    assert all(one.last + timedelta(days=1) == other.first for one, other in pairwise(years))
    months = await calls.monthly_summary(CONTRACT)
    assert {each.category for each in months} == {category.name for category in CATEGORIES}
    assert sum(each.tokens for each in months) == pytest.approx(
        sum(year.consumed + year.multiyear_consumed for year in years), rel=0.01
    )


async def test_a_user_without_a_role_sees_no_contract(house: House) -> None:
    """An empty list is no error here."""
    assert await house.signed_in(user="dora.designer").contracts() == ()


# --- an export's life ---------------------------------------------------------------------------------------------


async def test_the_walkthrough_from_request_to_deletion(house: House) -> None:
    """The example of Autodesk's walkthrough goes through every call of an export's life."""
    calls = house.client()
    made = await calls.submit(WALKTHROUGH)
    assert (made.request_status, made.download_file_name, made.link) == (REQUESTED, "myYear1Adjustments.csv", None)
    assert [record.request_key for record in await house.window(calls)] == [made.request_key]

    house.controls.finish(made.request_key)
    ready = await calls.get_export(CONTRACT, made.request_key)
    assert ready.request_status == DOWNLOAD
    assert ready.requested_at == made.requested_at
    assert ready.link is not None
    assert ready.link.expires_at > house.clock.now()

    house.clock.later(300)
    (stale,) = await house.window(calls)
    assert stale.link is not None
    assert stale.link.expires_at <= house.clock.now()
    fresh = await calls.refresh_link(CONTRACT, made.request_key)
    assert fresh.link is not None
    assert fresh.link.expires_at > house.clock.now()
    assert (await download(fresh.link.reveal()))[0] == 200
    assert (await download(stale.link.reveal()))[0] == 403

    await calls.delete_export(CONTRACT, made.request_key)
    assert await house.window(calls) == ()
    assert isinstance(await failure(calls.get_export(CONTRACT, made.request_key)), NotFoundError)


async def test_each_method_is_one_call_with_an_encoded_key(house: House) -> None:
    """Each method costs one call, and `#` and `:` of a key never stand bare in a path."""
    calls = house.client()
    made = await calls.submit(WALKTHROUGH)
    key = made.request_key
    for method in (calls.get_export, calls.refresh_link, calls.retry_export, calls.delete_export):
        await method(CONTRACT, key)
    paths = [call.path for call in house.sandbox.calls]
    assert len(paths) == 5
    encoded = key.replace(":", "%3A").replace("#", "%23")
    assert all(f"/requests/{encoded}" in path for path in paths[1:])


async def test_a_failed_export_is_retried_under_its_key(house: House) -> None:
    """Retry takes an Error back to Requested and leaves anything else alone."""
    calls = house.client()
    made = await calls.submit(WALKTHROUGH)
    assert (await calls.retry_export(CONTRACT, made.request_key)).request_status == REQUESTED
    house.controls.fail(made.request_key)
    assert (await calls.get_export(CONTRACT, made.request_key)).request_status == ERROR
    again = await calls.retry_export(CONTRACT, made.request_key)
    assert (again.request_key, again.request_status) == (made.request_key, REQUESTED)
    assert again.requested_at == made.requested_at


async def test_the_list_keeps_to_its_dates_and_order(house: House) -> None:
    """From is inclusive, to is exclusive, and the oldest comes first."""
    calls = house.client()
    records = []
    for _ in range(4):
        records.append(await calls.submit(WALKTHROUGH))
        house.clock.later(61)
    listed = await calls.list_exports(CONTRACT, records[1].requested_at, records[3].requested_at)
    assert [record.request_key for record in listed] == [record.request_key for record in records[1:3]]


async def test_exports_of_the_portal_are_listed_under_null(house: House) -> None:
    """The literal contract `null` works as a contract number."""
    calls = house.client()
    key = house.controls.made_in_portal()
    assert [record.request_key for record in await house.window(calls, "null")] == [key]
    assert await house.window(calls) == ()


async def test_unknown_statuses_arrive_as_they_are(house: House) -> None:
    """A status that nobody documented is kept."""
    calls = house.client()
    made = await calls.submit(WALKTHROUGH)
    house.controls.unknown_status(made.request_key, "Archiving")
    assert (await calls.get_export(CONTRACT, made.request_key)).request_status == "Archiving"


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFoundError), (403, ContractRefusedError), (400, InvalidRequestError)]
)
async def test_a_vanished_key(build: HouseMaker, status: int, kind: type[RefusedError]) -> None:
    """Whichever status a missing key has, the caller can tell that it was refused with it."""
    house = await build(missing_key_status=status)
    calls = house.client()
    made = await calls.submit(WALKTHROUGH)
    house.controls.vanish(made.request_key)
    for work in (calls.get_export, calls.refresh_link, calls.retry_export, calls.delete_export):
        error = await failure(work(CONTRACT, made.request_key))
        assert type(error) is kind
        assert error.status == status


@pytest.mark.parametrize("status", [200, 400, 409])
async def test_a_link_that_comes_too_early(build: HouseMaker, status: int) -> None:
    """Before there is a file, the answer has no link or is a refusal."""
    house = await build(early_refresh_status=status)
    calls = house.client()
    made = await calls.submit(WALKTHROUGH)
    if status == 200:
        assert (await calls.refresh_link(CONTRACT, made.request_key)).link is None
    else:
        error = await failure(calls.refresh_link(CONTRACT, made.request_key))
        assert isinstance(error, RefusedError)
        assert error.status == status


async def test_the_server_s_time_is_told_with_each_answer(house: House) -> None:
    """The Date header arrives, in refusals too."""
    calls = house.client()
    await calls.contracts()
    house.clock.later(5)
    await failure(calls.enrichment_categories("5"))
    start = datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert house.server_times == [start, start + timedelta(seconds=5)]


# --- silence -------------------------------------------------------------------------------------------------------


async def test_no_log_line_holds_a_token_or_a_link(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """A whole life at DEBUG leaves no trace of tokens, secrets and links in any log."""
    store = MemoryStore(StoredLogin(house.controls.make_login()))
    tokens = AccessTokens(house.oauth("sandbox-web"), store, house.clock.now)
    calls = house.client(tokens)
    with caplog.at_level(logging.DEBUG):
        made = await calls.submit(WALKTHROUGH)
        house.controls.finish(made.request_key)
        (listed,) = await house.window(calls)
        fresh = await calls.refresh_link(CONTRACT, made.request_key)
        await failure(calls.enrichment_categories("5"))
    assert store.login is not None
    assert listed.link is not None
    assert fresh.link is not None
    shown = caplog.text + repr(fresh) + repr(listed) + repr(store.login)
    secrets = [store.login.access_token or "", store.login.refresh_token, SECRETS["sandbox-web"]]
    for secret in (*secrets, "signature=", fresh.link.reveal(), listed.link.reveal()):
        assert secret
        assert secret not in shown
