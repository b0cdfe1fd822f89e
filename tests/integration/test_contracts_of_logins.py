"""The contracts that people are offered are those of the login that the bot has, not of one that it had."""

import pytest

from bot.operate.findings import Level
from bot.runtime.process_lock import ProcessLock
from tests.harness.house import CONTRACT, House
from tests.harness.process import until
from tests.integration.conftest import OpenHouse
from tests.integration.test_doctor import database_path, examined, store_login
from tests.integration.test_start_autodesk import web_client

THEIRS = "110000777001"  #: what cem.elsewhere sees, and nobody else


async def sign_in(house: House, user: str) -> None:
    """Store a login of this user as `python -m bot login` does."""
    await store_login(house, house.token_flex.controls.make_login(user=user))


def offered(house: House) -> set[str]:
    """The contracts that the form offers."""
    return {contract.number for contract in house.contracts.offered}


@pytest.fixture
async def of_ana(new_house: OpenHouse) -> House:
    """A house whose bot knows the contracts of ana's login."""
    house = await new_house(slack={"rate_profile": "none"})
    house.variables.update(web_client(house))
    await sign_in(house, "ana.admin")
    await house.start_bot()
    await until(lambda: CONTRACT in offered(house))
    return house


async def export_theirs(house: House) -> None:
    """Ask for an export of their contract; it is not said to be one that the login does not see."""
    await house.member("ana").types("#finance", f"/tokenflex export contract={THEIRS} metrics=tokensConsumed")
    await house.member("ana").hears("#finance", "Got it: export #1", private=True)


async def test_another_login_between_two_runs(of_ana: House) -> None:
    """The next start knows nothing of contracts until it has asked with the new login; nothing is refused for them."""
    await of_ana.stop_bot()
    await sign_in(of_ana, "cem.elsewhere")
    await of_ana.start_bot()
    assert CONTRACT not in offered(of_ana)
    await export_theirs(of_ana)
    await until(lambda: offered(of_ana) == {THEIRS})


async def test_another_app_between_two_runs(of_ana: House) -> None:
    """Another client ID, with a login of its own kind, sees contracts of its own."""
    client = next(each for each in of_ana.token_flex.settings.clients if each.client_id == "sandbox-untied")
    await of_ana.stop_bot()
    await of_ana.start_bot(APS_CLIENT_ID=client.client_id, APS_CLIENT_SECRET=client.secret or "")
    assert offered(of_ana) == set()


async def test_another_login_beside_the_bot(of_ana: House) -> None:
    """`doctor` calls no contracts fine that another login has seen."""
    await of_ana.clock.sleep(1)
    await sign_in(of_ana, "cem.elsewhere")
    with ProcessLock(database_path(of_ana)):
        told = (await examined(of_ana))["Contracts"]
    assert told.level is Level.SKIPPED
    assert "has not fetched the list since somebody signed in" in told.found
