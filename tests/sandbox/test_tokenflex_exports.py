"""The life of exports over HTTP: create, list, get, retry, refreshUrl, markRead, delete, download, quota, rate."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from sandbox.tokenflex.usage_data import UsageData
from tests.sandbox.tokenflex_client import ALL_TIME, CONTRACT, REQUESTS, SIMPLE, House, at, running


@pytest.fixture
async def house(usage_data: UsageData) -> AsyncIterator[House]:
    async with running(usage_data) as house:
        yield house


async def test_create_answers_exactly_four_keys(house: House) -> None:
    """Key, status, file name with extension, time; the key begins with the time, cut to seconds."""
    reply = await house.call("POST", REQUESTS, SIMPLE | {"downloadFileName": "März"})
    made = reply.json
    assert reply.status == 200
    assert made.keys() == {"requestKey", "requestStatus", "downloadFileName", "exportRequestDate"}
    assert (made["requestStatus"], made["downloadFileName"]) == ("Requested", "März.csv")
    assert re.fullmatch(r"2026-05-04T08:00:00#[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made["requestKey"])


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", b'{"fields": ["productName"]}'),
        ("application/x-www-form-urlencoded", b"fields=productName"),
        ("application/json", b"{"),
        ("application/json", b"[" * 100000),
        ("application/json", b"\xff\xfe\xfd"),
        ("application/json", b""),
        ("application/json", b'{"fields": ["productName"], "where": NaN}'),
        ("application/json", b'["productName"]'),
        ("application/json", b'{"fields": ["productName"], "colour": 1}'),
    ],
)
async def test_create_refuses_bodies_that_are_not_as_documented(house: House, content_type: str, body: bytes) -> None:
    """Wrong content type, no JSON, no object, an unknown key: 400, which does not tell why, but the record does."""
    headers = {"Authorization": f"Bearer {house.token}", "Content-Type": content_type}
    reply = await house.raw("POST", house.sandbox.base_url + REQUESTS, data=body, headers=headers)
    answer = {"Code": "BadRequestError", "Message": "BadRequestError: Invalid request"}
    assert (reply.status, reply.json) == (400, answer)
    assert house.sandbox.calls[-1].reason
    assert house.sandbox.exports.all() == []


async def test_an_export_becomes_ready_by_the_clock(house: House) -> None:
    """After its duration it is `Download` with a link that lives two minutes from then on."""
    key = await house.create()
    house.clock.move(89.9)
    assert (await house.show(key))["requestStatus"] == "Requested"
    assert "downloadUrl" not in await house.show(key)
    house.clock.move(0.1)
    shown = await house.show(key)
    assert (shown["requestStatus"], shown["readFlag"]) == ("Download", "N")
    expires = datetime.fromisoformat(shown["downloadUrlExpireDate"].rstrip("Z")).replace(
        tzinfo=house.clock.now().tzinfo
    )
    assert timedelta(0) <= house.clock.now() + timedelta(seconds=120) - expires < timedelta(milliseconds=1)


async def test_a_link_that_nobody_looked_at_dies_all_the_same(house: House) -> None:
    """List and get go on showing the dead link; only refreshUrl gives a new one."""
    key = await house.create()
    house.clock.move(90 + 121)
    shown = await house.show(key)
    (listed,) = await house.listed()
    assert shown == listed
    assert (await house.raw("GET", shown["downloadUrl"])).status == 403
    fresh = (await house.call("POST", at(key, "refreshUrl"))).json
    assert fresh["downloadUrl"] != shown["downloadUrl"]
    assert (await house.raw("GET", fresh["downloadUrl"])).status == 200
    assert await house.show(key) == fresh


async def test_an_older_link_lives_on_until_its_own_end(house: House) -> None:
    """Refreshing does not kill the link before; an export that is no file any more does."""
    key = await house.create()
    house.controls.finish(key)
    old = (await house.show(key))["downloadUrl"]
    house.clock.move(60)
    new = (await house.call("POST", at(key, "refreshUrl"))).json["downloadUrl"]
    assert [(await house.raw("GET", link)).status for link in (old, new)] == [200, 200]
    house.clock.move(60)
    assert [(await house.raw("GET", link)).status for link in (old, new)] == [403, 200]
    house.controls.fail(key)
    assert (await house.raw("GET", new)).status == 403


async def test_no_log_holds_a_link(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever has a link has the data, so not even the stand-in logs it."""
    caplog.set_level(0)
    key = await house.create()
    house.controls.finish(key)
    link = (await house.show(key))["downloadUrl"]
    assert (await house.raw("GET", link)).status == 200
    assert not [part for part in re.split("[?&=]", link) if len(part) > 10 and part in caplog.text]


async def test_a_link_needs_no_login_and_refuses_one(house: House) -> None:
    """The file is CSV with its name; with an Authorization header it is 400, over or altered 403 in XML."""
    key = await house.create(downloadFileName='Büro "1"')
    house.controls.finish(key)
    link = (await house.show(key))["downloadUrl"]
    assert link.count("?") == 2
    reply = await house.raw("GET", link)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/csv")
    assert "B%C3%BCro%20%221%22.csv" in reply.headers["Content-Disposition"]
    assert (await house.raw("GET", link, headers={"Authorization": "Bearer x"})).status == 400
    assert (await house.raw("GET", link[:-1])).status == 403
    house.clock.move(120)
    late = await house.raw("GET", link)
    assert (late.status, late.headers["Content-Type"].split(";")[0]) == (403, "application/xml")
    assert house.sandbox.downloads == [key]
    assert all("download" not in call.path for call in house.sandbox.calls)


async def test_keys_are_decoded_once(house: House) -> None:
    """`%23` and `%3A` are one encoding; encoded twice, not encoded at all or cut at `#` it is another key."""
    key = await house.create()
    encoded = quote(key, safe="")
    assert (await house.call("GET", f"{REQUESTS}/{encoded}")).status == 200
    assert house.sandbox.calls[-1].path.endswith(f"{REQUESTS}/{encoded}")
    for other in (encoded.replace("%23", "%2523"), encoded.replace("%3A", "%253A"), key.partition("#")[0]):
        reply = await house.call("GET", f"{REQUESTS}/{other}")
        assert (reply.status, reply.json["Code"]) == (404, "NotFoundError")


async def test_retry_acts_on_errors_alone(house: House) -> None:
    """A failed export starts again with the same key and time; on others retry is 200 without effect."""
    house.controls.fail_next(1)
    key = await house.create()
    assert (await house.call("POST", at(key, "retry"))).json["requestStatus"] == "Requested"
    house.clock.move(90)
    failed = await house.show(key)
    assert failed["requestStatus"] == "Error"
    assert "downloadUrl" not in failed
    again = (await house.call("POST", at(key, "retry"))).json
    assert (again["requestStatus"], again["exportRequestDate"]) == ("Requested", failed["exportRequestDate"])
    house.clock.move(90)
    ready = await house.show(key)
    assert ready["requestStatus"] == "Download"
    assert (await house.call("POST", at(key, "retry"))).json == ready


async def test_refresh_before_the_file_is_there(house: House) -> None:
    """The object comes back unchanged, without a link."""
    key = await house.create()
    reply = await house.call("POST", at(key, "refreshUrl"))
    assert (reply.status, "downloadUrl" in reply.json) == (200, False)
    async with running(early_refresh_status=409) as other:
        assert (await other.call("POST", at(await other.create(), "refreshUrl"))).status == 409


async def test_delete_takes_the_file_and_the_slot(house: House) -> None:
    """204 without a body; afterwards neither key nor link lead anywhere."""
    key = await house.create()
    house.controls.finish(key)
    link = (await house.show(key))["downloadUrl"]
    reply = await house.call("DELETE", at(key))
    assert (reply.status, reply.body) == (204, b"")
    assert await house.listed() == []
    assert (await house.raw("GET", link)).status == 403
    for method, path in (("GET", at(key)), ("DELETE", at(key)), ("POST", at(key, "retry"))):
        assert (await house.call(method, path)).status == 404


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_the_status_of_a_missing_key_can_be_chosen(status: int) -> None:
    """Nobody documents it, so a client has to take all three."""
    async with running(missing_key_status=status) as house:
        assert (await house.call("GET", at("nothing"))).status == status


async def test_the_list_includes_its_start_and_excludes_its_end(house: House) -> None:
    """`fromDate` inclusive, `toDate` exclusive, to the microsecond."""
    key = await house.create()
    moment = house.sandbox.exports.get(key).requested.moment
    exact, after = (f"{each:%Y-%m-%dT%H:%M:%S.%f}Z" for each in (moment, moment + timedelta(microseconds=1)))

    async def found(first: str, end: str) -> int:
        return len((await house.call("GET", f"{REQUESTS}?fromDate={first}&toDate={end}")).json)

    assert await found(exact, after) == 1
    assert await found("2026-01-01T00:00:00Z", exact) == 0
    assert await found(after, "2027-01-01T00:00:00Z") == 0


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?fromDate=2026-01-01T00:00:00Z",
        "?toDate=2026-01-01T00:00:00Z",
        "?fromDate=2026-01-01&toDate=2027-01-01",
        "?fromDate=2026-01-01T00:00:00&toDate=2027-01-01T00:00:00",
        "?fromDate=2026-01-01T00:00:00%2B00:00&toDate=2027-01-01T00:00:00Z",
        "?fromDate=2026-02-30T00:00:00Z&toDate=2027-01-01T00:00:00Z",
        "?fromDate=2026-01-01T00:00:00Z&fromDate=2026-01-01T00:00:00Z&toDate=2027-01-01T00:00:00Z",
    ],
)
async def test_the_list_needs_two_good_dates(house: House, query: str) -> None:
    """Missing, without zone, with another zone, impossible or doubled: 400."""
    assert (await house.call("GET", REQUESTS + query)).status == 400


async def test_exports_belong_to_client_user_and_contract(house: House) -> None:
    """Another app of the same user, another user and another contract do not show them."""
    key = await house.create()
    assert [each["requestKey"] for each in await house.listed()] == [key]
    assert await house.listed("11000099871") == []
    other_app = await house.sign_in(client="sandbox-untied")
    other_user = await house.sign_in("ben.coordinator")
    for token in (other_app, other_user):
        assert (await house.call("GET", REQUESTS + ALL_TIME, token=token)).json == []
        assert (await house.call("GET", at(key), token=token)).status == 404


async def test_the_portals_exports_are_under_null(house: House) -> None:
    """They are missing from the contract's list, and every call works on them under `null`."""
    key = house.controls.made_in_portal()
    assert await house.listed() == []
    assert [each["requestKey"] for each in await house.listed("null")] == [key]
    house.controls.finish(key)
    path = f"/export/null/requests/{quote(key, safe='')}"
    link = (await house.call("POST", f"{path}/refreshUrl")).json["downloadUrl"]
    assert (await house.raw("GET", link)).body.startswith(b"usageMonth,tokensConsumed\r\n2024-02-01,")
    assert (await house.call("POST", "/export/null/requests/markRead", [key])).json == [key]
    assert (await house.call("DELETE", path)).status == 204


async def test_mark_read_answers_what_changed(house: House) -> None:
    """Raw keys in, changed keys out; unknown and read ones are left out; the flag shows in list and get."""
    one, two = await house.create(), await house.create()
    mark = f"{REQUESTS}/markRead"
    assert (await house.call("POST", mark, [one, "unknown", one])).json == [one]
    assert set((await house.call("POST", mark, [one, two])).json) == {two}
    assert (await house.call("POST", mark, [two])).json == []
    assert {each["readFlag"] for each in await house.listed()} == {"Y"}
    assert (await house.show(one))["readFlag"] == "Y"


@pytest.mark.parametrize("body", [[], {}, "key", [1], [""], [None]])
async def test_mark_read_refuses_anything_but_keys(house: House, body: Any) -> None:
    """Empty or malformed: 400."""
    assert (await house.call("POST", f"{REQUESTS}/markRead", body)).status == 400


async def test_fifty_outstanding_exports_are_all(house: House) -> None:
    """The quota is the user's, over contracts and clients; it answers 429 of the service, without a wait."""
    house.controls.outstanding_elsewhere(48)
    await house.create()
    other_app = await house.sign_in(client="sandbox-untied")
    assert (await house.call("POST", "/export/11000099871/requests", SIMPLE, token=other_app)).status == 200
    full = await house.call("POST", REQUESTS, SIMPLE)
    assert (full.status, full.json["Code"]) == (429, "TooManyRequestsError")
    assert "Retry-After" not in full.headers
    other_user = await house.sign_in("ben.coordinator")
    assert (await house.call("POST", REQUESTS, SIMPLE, token=other_user)).status == 200
    house.clock.move(90)
    assert (await house.call("POST", REQUESTS, SIMPLE)).status == 200


async def test_retry_counts_for_the_quota_and_delete_frees_a_slot(house: House) -> None:
    """A failed export is not outstanding; starting it again needs a slot."""
    key = await house.create()
    house.controls.fail(key)
    elsewhere = house.controls.outstanding_elsewhere(50)
    assert (await house.call("POST", at(key, "retry"))).status == 429
    assert (await house.show(key))["requestStatus"] == "Error"
    assert (await house.call("DELETE", at(elsewhere[0]))).status == 204
    assert (await house.call("POST", at(key, "retry"))).json["requestStatus"] == "Requested"
    assert house.sandbox.exports.outstanding("ana.admin") == 50


async def test_the_rate_limit_is_the_users_over_all_apps(usage_data: UsageData) -> None:
    """By default reading B: a burst of fifty, then a wait in the gateway's words; other users are not touched."""
    async with running(usage_data, rate_reading="B") as house:
        other_app = await house.sign_in(client="sandbox-untied")
        for number in range(50):
            token = other_app if number % 2 else house.token
            assert (await house.call("GET", "/contract", token=token)).status == 200
        refused = await house.call("GET", "/contract", token=other_app)
        assert (refused.status, refused.json) == (429, {"developerMessage": "Quota limit exceeded."})
        assert (refused.headers["Retry-After"], refused.headers["Server"]) == ("60", "Apigee Router")
        assert house.sandbox.calls[-1].status == 429
        other_user = await house.sign_in("ben.coordinator")
        assert (await house.call("GET", "/contract", token=other_user)).status == 200
        house.clock.move(60)
        assert [(await house.call("GET", "/contract")).status for _ in range(6)] == [200] * 5 + [429]


async def test_other_programs_spend_the_same_budget(usage_data: UsageData) -> None:
    """Foreign calls are not among the recorded ones and count all the same."""
    async with running(usage_data, rate_reading="B") as house:
        house.controls.foreign_call(50)
        assert (await house.call("GET", "/contract")).status == 429
        assert len(house.sandbox.calls) == 1


async def test_the_limit_is_read_another_way(usage_data: UsageData) -> None:
    """From then on, and as if nobody had called before."""
    async with running(usage_data, rate_reading="F") as house:
        house.controls.foreign_call(50)
        assert (await house.call("GET", "/contract")).status == 429
        house.controls.read_limit_as("E")
        assert [(await house.call("GET", "/contract")).status for _ in range(50)] == [200] * 50
        assert (await house.call("GET", "/contract")).status == 429


async def test_time_stamps_come_in_every_documented_form(house: House) -> None:
    """3, 5 and 6 digits with Z and 6 without; what is shown is what is meant."""
    forms = set()
    for _ in range(40):
        key = await house.create()
        text = (await house.show(key))["exportRequestDate"]
        forms.add((len(text.rpartition(".")[2].rstrip("Z")), text.endswith("Z")))
        shown = datetime.fromisoformat(text.rstrip("Z")).replace(tzinfo=house.clock.now().tzinfo)
        assert shown == house.sandbox.exports.get(key).requested.moment
        house.clock.move(0.123457)
    assert forms == {(3, True), (5, True), (6, True), (6, False)}


async def test_every_call_is_remembered(house: House) -> None:
    """Time, user, client, method, path, query and status, in the order of arrival."""
    house.clock.move(5)
    await house.listed()
    call = house.sandbox.calls[-1]
    assert (call.time, call.user, call.client) == (house.clock.now(), "ana.admin", "sandbox-web")
    assert (call.method, call.path, call.status) == ("GET", f"/tokenflex/v1{REQUESTS}", 200)
    assert call.query == ALL_TIME[1:]
    assert call.path.split("/")[4] == CONTRACT
