"""What a test can switch: failures, holds, made-up answers, dropped connections, revoked tokens."""

import asyncio
from collections.abc import AsyncIterator
from random import Random

import aiohttp
import pytest

from sandbox.tokenflex.__main__ import _arguments
from sandbox.tokenflex.server import TokenFlexSandbox
from sandbox.tokenflex.settings import SOFTWARE_COORDINATOR, Client, SandboxSettings, User
from sandbox.tokenflex.spoilt import Way
from sandbox.tokenflex.usage_data import UsageData
from tests.sandbox.tokenflex_client import REQUESTS, SIMPLE, HandClock, House, at, running


@pytest.fixture
async def house(usage_data: UsageData) -> AsyncIterator[House]:
    async with running(usage_data) as house:
        yield house


async def test_held_exports_wait_for_the_release(house: House) -> None:
    """Those that became due meanwhile are ready at the release, with links that begin there."""
    house.controls.hold()
    key = await house.create()
    house.clock.move(1800)
    assert (await house.show(key))["requestStatus"] == "Requested"
    house.controls.release()
    shown = await house.show(key)
    assert (await house.raw("GET", shown["downloadUrl"])).status == 200


async def test_what_was_ready_before_a_hold_stays_ready(house: House) -> None:
    """A hold does not reach back, even to what nobody has looked at."""
    key = await house.create()
    house.clock.move(90)
    house.controls.hold()
    assert (await house.show(key))["requestStatus"] == "Download"


async def test_exports_finish_fail_vanish_and_expire_on_demand(house: House) -> None:
    """Each by its key."""
    done, failed, gone, odd = [await house.create() for _ in range(4)]
    house.controls.finish(done)
    house.controls.fail(failed)
    house.controls.vanish(gone)
    house.controls.unknown_status(odd, "Archiving")
    assert house.sandbox.exports.states() == {done: "Download", failed: "Error", odd: "Archiving"}
    assert (await house.call("GET", at(gone))).status == 404
    link = (await house.show(done))["downloadUrl"]
    house.controls.expire_link(done)
    assert (await house.raw("GET", link)).status == 403
    house.clock.move(1000)
    assert (await house.show(odd))["requestStatus"] == "Archiving"


async def test_outstanding_exports_of_other_programs_are_listed(house: House) -> None:
    """They show in the list of every app of the user and end when they are told to."""
    keys = house.controls.outstanding_elsewhere(2)
    assert {each["requestKey"] for each in await house.listed()} == set(keys)
    house.clock.move(3000)
    assert house.sandbox.exports.outstanding() == 2
    house.controls.finish(keys[0])
    assert house.sandbox.exports.outstanding() == 1


async def test_answers_are_made_up_for_the_calls_that_fit(house: House) -> None:
    """By method and path, so many times, in the order in which they were asked for, and without any effect."""
    house.controls.answer_next(500, method="POST", path_contains="requests", count=2)
    house.controls.answer_next(429, retry_after=25)
    assert (await house.call("GET", "/contract")).status == 429
    replies = [await house.call("POST", REQUESTS, SIMPLE) for _ in range(3)]
    assert [reply.status for reply in replies] == [500, 500, 200]
    assert replies[0].json["Code"] == "InternalServerError"
    assert len(house.sandbox.exports.all()) == 1
    assert house.sandbox.calls[1].status == 500


async def test_made_up_answers_in_their_forms(house: House) -> None:
    """The gateway's 429 with its wait, a proxy's page, a body of one's own."""
    house.controls.answer_next(429, retry_after=25)
    house.controls.answer_next(502, html=True)
    house.controls.answer_next(400, body={"Code": "BadRequestError", "Message": "<!channel>"})
    house.controls.answer_next(401)
    house.controls.answer_next(503, retry_after=7)
    replies = [await house.call("GET", "/contract") for _ in range(5)]
    assert (replies[0].status, replies[0].headers["Retry-After"]) == (429, "25")
    assert (replies[1].status, replies[1].headers["Content-Type"]) == (502, "text/html")
    assert replies[2].json["Message"] == "<!channel>"
    assert replies[3].json["errorCode"] == "AUTH-006"
    assert (replies[4].status, replies[4].headers["Retry-After"]) == (503, "7")


async def test_a_truncated_answer_has_its_effect(house: House) -> None:
    """The call is carried out; its JSON is cut in half."""
    house.controls.answer_next(200, truncated=True)
    reply = await house.call("POST", REQUESTS, SIMPLE)
    assert reply.status == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        _ = reply.json
    assert len(house.sandbox.exports.all()) == 1


@pytest.mark.parametrize("after_effect", [True, False])
async def test_a_dropped_answer_after_or_before_the_effect(house: House, after_effect: bool) -> None:
    """The connection ends without an answer; whether the export was made is another question."""
    house.controls.drop_answer_next("POST", after_effect=after_effect)
    with pytest.raises(aiohttp.ClientConnectionError):
        await house.call("POST", REQUESTS, SIMPLE)
    assert len(house.sandbox.exports.all()) == after_effect
    assert (house.sandbox.calls[-1].method, house.sandbox.calls[-1].status) == ("POST", 0)
    assert (await house.call("POST", REQUESTS, SIMPLE)).status == 200


async def test_a_refused_call_can_be_dropped_too(house: House) -> None:
    """The 400 that would have come is lost as well."""
    house.controls.drop_answer_next()
    with pytest.raises(aiohttp.ClientConnectionError):
        await house.call("POST", REQUESTS, {})
    assert house.sandbox.calls[-1].reason


async def test_slow_answers_wait_by_the_clock(house: House) -> None:
    """The effect comes first, or last, as asked."""
    start = house.clock.now()
    house.controls.slow_next(30, "POST")
    await house.call("POST", REQUESTS, SIMPLE)
    house.controls.slow_next(30, "POST", after_effect=False)
    await house.call("POST", REQUESTS, SIMPLE)
    waits = [(export.requested.moment - start).total_seconds() for export in house.sandbox.exports.all()]
    assert [round(wait) for wait in waits] == [0, 60]


async def test_slow_answers_wait_by_real_time(house: House) -> None:
    """The call is on record while it waits, with its effect."""
    house.controls.slow_next(60, "POST", real=True)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(house.call("POST", REQUESTS, SIMPLE), 0.2)
    assert house.sandbox.calls[-1].status == 0
    assert len(house.sandbox.exports.all()) == 1


async def test_faults_can_be_taken_back_and_meet_one_family_of_calls(house: House) -> None:
    """Faults of OAuth hit OAuth alone; `behave` forgets them all."""
    house.controls.answer_next(503, oauth=True)
    assert (await house.call("GET", "/contract")).status == 200
    assert (await house.oauth("introspect", basic=("sandbox-web", "sandbox-web-secret"), token="x")).status == 503
    house.controls.answer_next(500)
    house.controls.behave()
    assert (await house.call("GET", "/contract")).status == 200


async def test_tokens_can_be_revoked_from_outside(house: House) -> None:
    """Access and refresh tokens apart."""
    login = house.controls.make_login()
    house.controls.revoke_tokens()
    assert (await house.call("GET", "/contract")).status == 401
    web = ("sandbox-web", "sandbox-web-secret")
    fresh = await house.oauth("token", basic=web, grant_type="refresh_token", refresh_token=login)
    assert (await house.call("GET", "/contract", token=fresh.json["access_token"])).status == 200
    house.controls.revoke_refresh_tokens()
    form = {"grant_type": "refresh_token", "refresh_token": fresh.json["refresh_token"]}
    assert (await house.oauth("token", basic=web, **form)).json["error"] == "invalid_grant"


async def test_clients_and_users_can_be_added(house: House) -> None:
    """A new app and a new coordinator work at once."""
    house.controls.add_client(Client("mine", "mine-secret"))
    house.controls.add_user(User("eva", "EVA1", SOFTWARE_COORDINATOR, ("11000099871",)))
    token = await house.sign_in("eva", "mine")
    contracts = (await house.call("GET", "/contract", token=token)).json
    assert [contract["contractNumber"] for contract in contracts] == ["11000099871"]


async def test_the_same_random_gives_the_same_run(usage_data: UsageData) -> None:
    """Keys, links, durations and forms of time stamps come from the random that was handed in."""
    runs = []
    for _ in range(2):
        async with running(usage_data) as house:
            key = await house.create()
            house.controls.finish(key)
            shown = await house.show(key)
            runs.append((key, shown["downloadUrl"].partition("/download/")[2], shown["downloadUrlExpireDate"]))
    assert runs[0] == runs[1]


async def test_a_sandbox_can_go_away_and_come_back(house: House) -> None:
    """Stopped, nobody answers; started again on its port, it knows what it knew."""
    key, port = await house.create(), house.sandbox.port
    await house.sandbox.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await house.show(key)
    await house.sandbox.start(port)
    assert (await house.show(key))["requestKey"] == key


async def test_a_taken_port_is_an_error(house: House) -> None:
    """Starting where somebody listens already fails at once."""
    second = TokenFlexSandbox(clock=HandClock())
    with pytest.raises(OSError, match="address already in use"):
        await second.start(house.sandbox.port)


def test_settings_refuse_what_cannot_be() -> None:
    """A reading that does not exist, a link that lives too long."""
    with pytest.raises(ValueError, match="rate_reading"):
        SandboxSettings(rate_reading="H")
    with pytest.raises(ValueError, match="five minutes"):
        SandboxSettings(link_life=301)


def test_durations_by_default_and_by_choice() -> None:
    """Lognormal around 90 s, a range, or a function of the random."""
    random = Random(1)
    drawn = sorted(SandboxSettings().draw_duration(random) for _ in range(999))
    assert 80 < drawn[499] < 100
    assert drawn[-1] > 600
    assert 1 <= SandboxSettings(durations=(1, 2)).draw_duration(random) <= 2
    assert SandboxSettings(durations=lambda _: 5.0).draw_duration(random) == 5


def test_the_command_line_has_the_promised_words() -> None:
    """Port, reading, speed."""
    arguments = _arguments(["--port", "0", "--reading", "A", "--fast", "60"])
    assert (arguments.port, arguments.reading, arguments.fast) == (0, "A", 60)


async def test_files_that_go_wrong(house: House) -> None:
    """The next ones in turn, then all of them until that is lifted; only what was sent whole counts as fetched."""
    key = await house.create()
    house.controls.finish(key)
    house.controls.fill(key, b"a,b\r\n1,2\r\n")
    link = (await house.show(key))["downloadUrl"]
    house.controls.spoil_download_next(Way.ELSEWHERE)
    house.controls.spoil_download_next(Way.ENDED)
    lift = house.controls.spoil_downloads(Way.PAGE)
    statuses = [(await house.raw("GET", link)).status for _ in range(3)]
    assert statuses == [302, 403, 200]
    assert (await house.raw("GET", link)).body.startswith(b"<!DOCTYPE")
    assert house.sandbox.downloads == []
    lift()
    assert (await house.raw("GET", link)).body == b"a,b\r\n1,2\r\n"
    house.controls.spoil_download_next(Way.STOPS)
    with pytest.raises(aiohttp.ClientPayloadError):
        await house.raw("GET", link)
    house.controls.spoil_downloads(Way.BUSY)
    house.controls.behave()
    assert (await house.raw("GET", link)).status == 200
    assert house.sandbox.downloads == [key, key]
