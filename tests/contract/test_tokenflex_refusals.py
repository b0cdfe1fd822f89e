"""The client against the stand-in: what it refuses, and trouble on the way."""

from dataclasses import replace
from typing import Any

import pytest

from bot.tokenflex.errors import (
    ApiNotEnabledError,
    ContractRefusedError,
    ForbiddenError,
    InvalidRequestError,
    NotAuthorisedError,
    QuotaExceededError,
    RateLimitedError,
    ScopeMissingError,
    TimedOutError,
    UnreachableError,
    UpstreamBrokenError,
)
from bot.tokenflex.http import HttpDoor
from bot.tokenflex.models import REQUESTED
from tests.contract.tokenflex_house import CONTRACT, WALKTHROUGH, House, HouseMaker, failure


async def test_a_request_that_breaks_the_rules(house: House) -> None:
    """Upstream's own words arrive without their code."""
    error = await failure(house.client().submit(replace(WALKTHROUGH, where="contractYear not 1")))
    assert isinstance(error, InvalidRequestError)
    assert (error.message, error.code) == ("Invalid request", "BadRequestError")


async def test_someone_else_s_contract(house: House) -> None:
    """A foreign contract, and any contract for a user without a role, is the contract's refusal."""
    assert isinstance(await failure(house.client().enrichment_categories("110000777001")), ContractRefusedError)
    nobody = house.signed_in(user="dora.designer")
    assert isinstance(await failure(nobody.submit(WALKTHROUGH)), ContractRefusedError)


async def test_a_login_that_may_only_read(house: House) -> None:
    """Everything works until the first submit, which says that the scope is missing."""
    calls = house.signed_in(scope="data:read")
    assert await calls.contracts()
    error = await failure(calls.submit(WALKTHROUGH))
    assert isinstance(error, ScopeMissingError)
    assert error.code == "AUTH-010"


async def test_an_app_without_the_api(house: House) -> None:
    """The app has to enable the API first."""
    assert isinstance(await failure(house.signed_in("sandbox-no-api").contracts()), ApiNotEnabledError)


async def test_a_403_without_a_body(house: House) -> None:
    """A bare refusal is one of permission all the same."""
    house.controls.answer_next(403, body=b"")
    assert type(await failure(house.client().contracts())) is ForbiddenError


async def test_a_revoked_token_is_replaced(house: House) -> None:
    """A 401 is told; after `invalidate` the next call has a new token."""
    tokens = house.tokens()
    calls = house.client(tokens)
    await calls.contracts()
    house.controls.revoke_tokens()
    assert type(await failure(calls.contracts())) is NotAuthorisedError
    tokens.invalidate(tokens.access_token())
    assert await calls.contracts()


async def test_the_rate_limit(build: HouseMaker) -> None:
    """Too many calls are told with the seconds to wait, and waiting them out helps."""
    house = await build(rate_reading="B")
    calls = house.client()
    await calls.contracts()
    house.controls.foreign_call(55)
    error = await failure(calls.submit(WALKTHROUGH))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after is not None
    assert 0 < error.retry_after <= 60
    assert not house.statuses()
    house.clock.later(error.retry_after + 1)
    assert await calls.contracts()


async def test_the_quota_of_outstanding_exports(house: House) -> None:
    """A full quota is told apart from the rate on create and on retry; a finished export makes room."""
    calls = house.client()
    failed = await calls.submit(WALKTHROUGH)
    house.controls.fail(failed.request_key)
    others = house.controls.outstanding_elsewhere(50)
    assert type(await failure(calls.submit(WALKTHROUGH))) is QuotaExceededError
    assert type(await failure(calls.retry_export(CONTRACT, failed.request_key))) is QuotaExceededError
    house.controls.finish(others[0])
    assert (await calls.submit(WALKTHROUGH)).request_status == REQUESTED


# --- trouble on the way --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "plan",
    [
        {"status": 500},
        {"status": 502, "html": True},
        {"status": 503, "retry_after": 5},
        {"status": 200, "html": True},
        {"status": 200, "body": b""},
        {"status": 200, "body": {"odd": True}},
        {"status": 302},
    ],
)
async def test_answers_that_are_none(house: House, plan: dict[str, Any]) -> None:
    """Whatever is no proper answer leaves the effect unknown, and is sent once."""
    calls = house.client()
    house.controls.answer_next(method="POST", **plan)
    error = await failure(calls.submit(WALKTHROUGH))
    assert type(error) is UpstreamBrokenError
    assert error.effect_unknown
    assert len(house.sandbox.calls) == 1


async def test_lost_answers_after_the_effect(house: House) -> None:
    """A cut-off or dropped answer to a submission leaves an export behind that only the list shows."""
    calls = house.client()
    house.controls.answer_next(200, "POST", truncated=True)
    assert (await failure(calls.submit(WALKTHROUGH))).effect_unknown
    house.controls.drop_answer_next("POST")
    assert (await failure(calls.submit(WALKTHROUGH))).effect_unknown
    assert len(await house.window(calls)) == 2


async def test_slow_answers(house: House) -> None:
    """An answer that does not come in time leaves the effect unknown as well."""
    hasty = HttpDoor(read_timeout=0.1)
    calls = house.client(door=hasty)
    house.controls.slow_next(1, "POST", real=True)
    error = await failure(calls.submit(WALKTHROUGH))
    assert type(error) is TimedOutError
    assert error.effect_unknown
    assert len(house.statuses()) == 1


async def test_a_server_that_is_not_there(build: HouseMaker) -> None:
    """Without a connection nothing was sent."""
    house = await build()
    tokens = house.tokens()
    calls = house.client(tokens)
    await calls.contracts()
    await house.sandbox.stop()
    error = await failure(calls.submit(WALKTHROUGH))
    assert type(error) is UnreachableError
    assert not error.effect_unknown
