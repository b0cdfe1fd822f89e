"""Contracts, roles, metadata, and the refusals of the gateway."""

from collections.abc import AsyncIterator
from itertools import pairwise
from urllib.parse import quote

import pytest

from sandbox.tokenflex.usage_data import UsageData
from tests.sandbox.tokenflex_client import ALL_TIME, CONTRACT, REQUESTS, SIMPLE, House, running


@pytest.fixture
async def house(usage_data: UsageData) -> AsyncIterator[House]:
    async with running(usage_data) as house:
        yield house


async def test_the_contracts_of_an_admin(house: House) -> None:
    """Each contract comes with its five attributes, ended ones too, numbers as texts."""
    contracts = (await house.call("GET", "/contract")).json
    assert [contract["contractNumber"] for contract in contracts] == [CONTRACT, "11000099871"]
    assert [contract["isActive"] for contract in contracts] == [True, False]
    names = {"contractNumber", "contractName", "contractStartDate", "contractEndDate", "isActive"}
    assert all(contract.keys() == names for contract in contracts)


async def test_a_contract_adds_its_years(house: House) -> None:
    """Years join without a gap, the last is short and empty, and what a year lacks comes out of the multi-year pool."""
    contract = (await house.call("GET", f"/contract/{CONTRACT}")).json
    years = contract["contractYears"]
    assert [year["year"] for year in years] == [1, 2, 3, 4, 5]
    assert years[-1]["consumedTokens"] == years[-1]["provisionedTokens"] == 0
    for year, following in pairwise(years):
        assert year["consumedTokens"] + year["remainingTokens"] == year["provisionedTokens"]
        assert year["multiyearTokensAtStart"] - year["multiyearConsumedTokens"] == following["multiyearTokensAtStart"]
    assert years[2]["multiyearConsumedTokens"] > 0


async def test_enrichment_labels_are_as_awkward_as_real_ones(house: House) -> None:
    """Ten by position; some empty, one repeated, some not ASCII."""
    labels = (await house.call("GET", f"/contract/{CONTRACT}/enrichment")).json
    assert len(labels) == 10
    assert "" in labels
    assert labels.count("Region") == 2
    assert not all(label.isascii() for label in labels)


async def test_enrichment_values_by_alias_and_by_label(house: House) -> None:
    """`customField4` and its label lead to the same values; an unknown one is refused."""
    base = f"/contract/{CONTRACT}/enrichment/"
    by_alias = (await house.call("GET", base + "customField4")).json
    by_label = (await house.call("GET", base + quote("Büro"))).json
    assert by_alias == by_label
    assert "München" in by_alias
    assert (await house.call("GET", base + quote("Site / floor", safe=""))).status == 200
    assert (await house.call("GET", base + "Nonsense")).status == 400


async def test_values_of_a_field(house: House) -> None:
    """Four fields have lists; a usage category narrows them."""
    everything = (await house.call("GET", f"/contract/{CONTRACT}/productName")).json
    cloud = (await house.call("GET", f"/contract/{CONTRACT}/productName?usageCategory=CLOUD_PRODUCT")).json
    assert set(cloud) == {"Fusion", "BIM Collaborate Pro"} < set(everything)
    assert (await house.call("GET", f"/contract/{CONTRACT}/productVersion")).status == 400
    assert (await house.call("GET", f"/contract/{CONTRACT}/userName?usageCategory=CLOUD")).status == 400


async def test_machine_metered_products_swap_user_and_machine(house: House) -> None:
    """For Arnold, RenderNode and VRED `userName` holds the machine and `machineName` the user."""
    where = "productName IN ('Arnold', 'RenderNode', 'VRED')"
    users = (await house.csv({"fields": ["userName"], "where": where})).split()[1:]
    assert users == ["RENDER-01", "RENDER-02", "RENDER-03"]
    unique = await house.csv({"metrics": ["uniqueUsers"], "where": where})
    assert unique == "uniqueUsers\r\n3\r\n"


async def test_a_user_without_role_sees_no_contract(house: House) -> None:
    """An empty list, and 403 for everything that needs a contract."""
    token = await house.sign_in("dora.designer")
    assert (await house.call("GET", "/contract", token=token)).json == []
    for path in (f"/contract/{CONTRACT}", REQUESTS + ALL_TIME, f"/export/null/requests{ALL_TIME}"):
        reply = await house.call("GET", path, token=token)
        assert (reply.status, reply.json["Code"]) == (403, "ForbiddenError")


async def test_a_foreign_contract_is_refused(house: House) -> None:
    """Another customer's contract is answered with the service's 403."""
    reply = await house.call("POST", "/export/110000777001/requests", SIMPLE)
    message = "ForbiddenError: Invalid contract or access level"
    assert (reply.status, reply.json) == (403, {"Code": "ForbiddenError", "Message": message})
    assert (await house.call("POST", "/export/null/requests", SIMPLE)).status == 403


async def test_a_coordinator_sees_one_region(house: House) -> None:
    """The role narrows the data, in exports and in lists of values."""
    house.token = await house.sign_in("ben.coordinator")
    assert (await house.csv({"fields": ["customField2"]})).split() == ["customField2", "EMEA"]
    assert (await house.call("GET", f"/contract/{CONTRACT}/enrichment/customField2")).json == ["EMEA"]


@pytest.mark.parametrize(
    ("header", "code"),
    [(None, "AUTH-012"), ("Basic abc", "AUTH-012"), ("Bearer ", "AUTH-012"), ("Bearer nonsense", "AUTH-006")],
)
async def test_every_call_needs_a_good_token(house: House, header: str | None, code: str) -> None:
    """Missing or malformed is AUTH-012, unknown is AUTH-006; the call is remembered without a user."""
    headers = {"Authorization": header} if header else {}
    reply = await house.raw("GET", house.sandbox.base_url + "/contract", headers=headers)
    assert (reply.status, reply.json["errorCode"]) == (401, code)
    assert house.sandbox.calls[-1].user is None


async def test_an_access_token_ends(house: House) -> None:
    """It is good for 3599 seconds."""
    house.clock.move(3598)
    assert (await house.call("GET", "/contract")).status == 200
    house.clock.move(1)
    reply = await house.call("GET", "/contract")
    assert (reply.status, reply.json["errorCode"]) == (401, "AUTH-006")


async def test_reading_needs_read_and_everything_else_write(house: House) -> None:
    """The wrong scope is AUTH-010."""
    reader = await house.sign_in(scope="data:read")
    writer = await house.sign_in(scope="data:write")
    assert (await house.call("GET", "/contract", token=reader)).status == 200
    for method, path, token in (
        ("POST", REQUESTS, reader),
        ("POST", f"{REQUESTS}/markRead", reader),
        ("DELETE", f"{REQUESTS}/x", reader),
        ("GET", "/contract", writer),
    ):
        reply = await house.call(method, path, SIMPLE if method == "POST" else None, token=token)
        assert (reply.status, reply.json["errorCode"]) == (403, "AUTH-010")


async def test_an_app_without_the_api_is_refused(house: House) -> None:
    """The API must be enabled for the client."""
    token = await house.sign_in(client="sandbox-no-api")
    reply = await house.call("GET", "/contract", token=token)
    assert (reply.status, reply.json["errorCode"]) == (403, "AUTH-001")


async def test_unknown_paths_and_methods(house: House) -> None:
    """Nothing there is 404, another method is 405."""
    assert (await house.call("GET", "/nothing")).status == 404
    assert (await house.call("PUT", REQUESTS)).status == 405
    assert (await house.raw("GET", house.sandbox.base_url.replace("tokenflex", "other"))).status == 404


async def test_date_follows_the_clock(house: House) -> None:
    """The `Date` header is by the clock that was handed in."""
    assert (await house.call("GET", "/contract")).headers["Date"] == "Mon, 04 May 2026 08:00:00 GMT"
