"""Faults that last until they are lifted: refused kinds of calls, roles that lapse, lists that nobody can read."""

from collections.abc import AsyncIterator

import pytest

from sandbox.tokenflex.usage_data import UsageData
from tests.sandbox.tokenflex_client import CONTRACT, REQUESTS, SIMPLE, House, at, running

OTHER = "11000099871"
YEAR = 365 * 86400


@pytest.fixture
async def house(usage_data: UsageData) -> AsyncIterator[House]:
    async with running(usage_data) as house:
        yield house


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
@pytest.mark.parametrize("form", ["service", "gateway", "text", "html"])
async def test_a_kind_of_call_is_refused_until_that_is_lifted(house: House, status: int, form: str) -> None:
    """Every time, in the form of whoever answers, without an effect; other calls go on."""
    lift = house.controls.answer_always(status, "POST", path_end="requests", form=form)
    for _ in range(3):
        reply = await house.call("POST", REQUESTS, SIMPLE)
        assert reply.status == status
        match form:
            case "service":
                assert reply.json.keys() == {"Code", "Message"}
            case "gateway":
                assert {"developerMessage", "errorCode"} <= reply.json.keys()
            case _:
                assert reply.headers["Content-Type"].startswith({"text": "text/plain", "html": "text/html"}[form])
    assert house.sandbox.exports.all() == []
    assert (await house.call("GET", "/contract")).status == 200
    lift()
    assert (await house.call("POST", REQUESTS, SIMPLE)).status == 200


async def test_only_one_contract_or_one_export_is_refused(house: House) -> None:
    """By contract in any path, by request key as it reads when decoded."""
    first, second = [await house.create() for _ in range(2)]
    lift = house.controls.answer_always(404, key=first)
    assert (await house.call("GET", at(first))).status == 404
    assert (await house.call("POST", at(first, "retry"))).status == 404
    assert (await house.call("GET", at(second))).status == 200
    lift()
    house.controls.answer_always(403, contract=OTHER)
    assert (await house.call("GET", f"/contract/{OTHER}")).status == 403
    assert (await house.call("POST", f"/export/{OTHER}/requests", SIMPLE)).status == 403
    assert (await house.call("GET", at(first))).status == 200
    assert (await house.call("GET", "/contract")).status == 200


@pytest.mark.parametrize(
    ("given", "header"),
    [(None, None), (7, "7"), (YEAR, str(YEAR)), ("Wed, 04 May 2026 09:00:00 GMT", "Wed, 04 May 2026 09:00:00 GMT")],
)
async def test_a_wait_of_any_length(house: House, given: float | str | None, header: str | None) -> None:
    """503 and 429 come with it or without."""
    for status in (503, 429):
        lift = house.controls.answer_always(status, retry_after=given)
        reply = await house.call("GET", "/contract")
        assert (reply.status, reply.headers.get("Retry-After")) == (status, header)
        lift()


async def test_sign_in_is_refused_until_that_is_lifted(house: House) -> None:
    """OAuth calls by their name, with a body of one's own; API calls go on."""
    lift = house.controls.answer_always(400, path_end="token", oauth=True, body={"error": "invalid_grant"})
    form = {"grant_type": "client_credentials", "scope": "data:read"}
    client = ("sandbox-client", "sandbox-secret")
    assert (await house.oauth("token", client, **form)).json == {"error": "invalid_grant"}
    assert (await house.call("GET", "/contract")).status == 200
    lift()
    assert (await house.oauth("token", client, **form)).status == 200


async def test_faults_of_a_few_calls_come_before_lasting_ones(house: House) -> None:
    """Whatever was asked for first; and `behave` ends both."""
    house.controls.answer_always(403)
    house.controls.answer_next(500)
    assert [(await house.call("GET", "/contract")).status for _ in range(3)] == [500, 403, 403]
    house.controls.behave()
    assert (await house.call("GET", "/contract")).status == 200


async def test_a_role_lapses_and_comes_back(house: House) -> None:
    """The contract leaves the list and every call for it is refused; its exports are there again afterwards."""
    key = await house.create()
    back = house.controls.lapse_role(CONTRACT)
    assert [each["contractNumber"] for each in (await house.call("GET", "/contract")).json] == [OTHER]
    for method, path in (("GET", f"/contract/{CONTRACT}"), ("GET", at(key)), ("POST", at(key, "refreshUrl"))):
        assert (await house.call(method, path)).json["Code"] == "ForbiddenError"
    back()
    assert [each["contractNumber"] for each in (await house.call("GET", "/contract")).json] == [CONTRACT, OTHER]
    assert (await house.show(key))["requestKey"] == key


async def test_every_role_of_a_user_lapses(house: House) -> None:
    """The list is empty then; other users do not notice."""
    ben = await house.sign_in("ben.coordinator")
    back = house.controls.lapse_role()
    assert (await house.call("GET", "/contract")).json == []
    assert len((await house.call("GET", "/contract", token=ben)).json) == 1
    back()
    assert len((await house.call("GET", "/contract")).json) == 2


@pytest.mark.parametrize("entry", [None, "text", 17, {}, {"requestKey": None, "requestStatus": []}])
async def test_a_list_with_an_entry_nobody_can_read(house: House, entry: object) -> None:
    """Of one contract, beside the entries that are sound, until it is lifted."""
    key = await house.create()
    lift = house.controls.spoil_list(CONTRACT, entry)
    listed = await house.listed()
    assert listed[0] == entry
    assert listed[1]["requestKey"] == key
    assert await house.listed(OTHER) == []
    lift()
    assert [each["requestKey"] for each in await house.listed()] == [key]
