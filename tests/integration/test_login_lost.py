"""A login that Autodesk refuses for good: the administrators hear of it once per outage, restarts included."""

from dataclasses import replace

import pytest

from bot.tokenflex.errors import ApiNotEnabledError, AppRefusedError, ScopeMissingError
from tests.harness.house import House
from tests.harness.once import undelivered
from tests.harness.talk import eventually, export, knows_contracts
from tests.integration.conftest import OpenHouse
from tests.integration.test_once_login import KEY, store_login

TOLD = "Autodesk does not accept my login any more"
PATIENCE = 60.0


async def signed_in(
    new_house: OpenHouse, administrators: tuple[str, ...], group: tuple[str, ...] = (), *, is_lost: bool = False
) -> House:
    """Open a house whose bot uses a person's login and knows its administrators; `group` is a group of them.

    A login that is lost was so before the bot's first start.
    """
    house = await new_house(speed=40.0)
    named = [house.member(name).id for name in administrators]
    named += [house.slack.workspace.add_usergroup("licensing", group).id] if group else []
    client = next(each for each in house.token_flex.settings.clients if each.client_id == "sandbox-web")
    login = house.token_flex.controls.make_login()
    if is_lost:
        house.token_flex.controls.revoke_refresh_tokens()
    await house.start_bot(
        APS_CLIENT_ID=client.client_id,
        APS_CLIENT_SECRET=client.secret or "",
        APS_REFRESH_TOKEN=login,
        DATABASE_KEY=KEY,
        ADMINISTRATORS=",".join(named),
    )
    if not is_lost:
        await knows_contracts(house)
    return house


def told(house: House, name: str) -> int:
    """Count the messages that told somebody of it."""
    return sum(TOLD in message.visible_text() for message in house.member(name).sees("@tokenflex"))


async def lose_login(house: House, name: str) -> None:
    """Let the login die, and ask for an export that needs it."""
    house.token_flex.controls.revoke_tokens()
    house.token_flex.controls.revoke_refresh_tokens()
    await house.member("ana").types("#finance", export(name))
    await house.member("ana").hears("#finance", f"{name}.csv", "does not accept our login", private=False)


async def test_administrators_hear_once_per_outage(new_house: OpenHouse) -> None:
    """One message each, none more after minutes or a restart; a new login ends the outage, the next is told anew."""
    house = await signed_in(new_house, ("ben", "carla"))
    ana = house.member("ana")
    await lose_login(house, "first")
    for name in ("ben", "carla"):
        await house.member(name).hears("@tokenflex", TOLD, "python -m bot login", timeout=PATIENCE)
    await house.clock.sleep(200)
    await house.stop_bot()
    await house.start_bot()
    await house.clock.sleep(200)
    assert [told(house, name) for name in ("ana", "ben", "carla")] == [0, 1, 1]
    await store_login(house.folder / "tokenflex.db", house.token_flex.controls.make_login(), house)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house))
    await lose_login(house, "second")
    await eventually(lambda: [told(house, name) for name in ("ben", "carla")] == [2, 2], PATIENCE)


async def test_a_client_secret_that_was_changed_is_told_to_administrators(new_house: OpenHouse) -> None:
    """Signing in again would not help: they hear what would, once; with the old secret back all goes on."""
    house = await signed_in(new_house, ("ben",))
    client = next(each for each in house.token_flex.settings.clients if each.client_id == "sandbox-web")
    house.token_flex.controls.add_client(replace(client, secret="another one"))
    house.token_flex.controls.revoke_tokens()
    ana, ben = house.member("ana"), house.member("ben")
    await ana.types("#finance", export("first"))
    await ben.hears("@tokenflex", "client secret is not its own any more", "APS_CLIENT_SECRET", timeout=PATIENCE)
    await ana.hears("#finance", "first.csv", "does not accept our login", "waiting since", private=False)
    await house.clock.sleep(300)
    assert sum("client secret" in message.visible_text() for message in ben.sees("@tokenflex")) == 1
    assert told(house, "ben") == 0
    house.token_flex.controls.add_client(client)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)


async def test_administrators_hear_before_anybody_has_asked_for_an_export(new_house: OpenHouse) -> None:
    """The bot's first look for contracts finds it; a restart says it no second time, and a new login works."""
    house = await signed_in(new_house, ("ben",), is_lost=True)
    await house.member("ben").hears("@tokenflex", TOLD, "python -m bot login", timeout=PATIENCE)
    await eventually(lambda: not undelivered(house))
    await house.stop_bot()
    await house.start_bot()
    await house.clock.sleep(100)
    assert told(house, "ben") == 1
    await store_login(house.folder / "tokenflex.db", house.token_flex.controls.make_login(), house)
    ana = house.member("ana")
    await ana.types("#finance", export())
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)


async def test_a_group_that_slack_does_not_show_hears_of_it_later(
    new_house: OpenHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever is named gets the message as soon as Slack says who they are; until then the log has it, once."""
    house = await signed_in(new_house, (), group=("ben",))
    house.slack.controls.fail_next("usergroups.users.list", "no_such_subteam", count=2)
    await lose_login(house, "first")
    await house.member("ben").hears("@tokenflex", TOLD, timeout=PATIENCE)
    assert caplog.text.count("show nobody to tell") == 1
    assert told(house, "ben") == 1


async def test_without_administrators_the_log_has_it(new_house: OpenHouse, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is named: one line of the log says how to reconnect."""
    house = await signed_in(new_house, ())
    await lose_login(house, "first")
    await house.clock.sleep(200)
    assert caplog.text.count("run `python -m bot login`") == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": "invalid_scope"}),
        (401, b""),
        (403, {"developerMessage": "no access to the api product", "errorCode": "AUTH-001"}),
        (451, b"no such path"),
    ],
)
async def test_whatever_keeps_us_from_signing_in_is_told_to_administrators(
    new_house: OpenHouse, status: int, body: object
) -> None:
    """Whatever Autodesk's word for it is: cards say it, who can mend it hears once, and all goes on when it is over."""
    house = await signed_in(new_house, ("ben",))
    lift = house.token_flex.controls.answer_always(status, path_end="token", body=body, oauth=True)
    house.token_flex.controls.revoke_tokens()
    ana, ben = house.member("ana"), house.member("ben")
    await ana.types("#finance", export("first"))
    await ben.hears("@tokenflex", "Autodesk does not let me sign in", "python -m bot doctor", timeout=PATIENCE)
    await ana.hears("#finance", "first.csv", "does not accept our login", "waiting since", private=False)
    await house.clock.sleep(300)
    assert sum("does not let me sign in" in message.visible_text() for message in ben.sees("@tokenflex")) == 1
    lift()
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)


@pytest.mark.parametrize("way", ["token", None])
async def test_the_page_of_a_proxy_is_no_refused_sign_in(new_house: OpenHouse, way: str | None) -> None:
    """What asks to sign in there is not Autodesk: nobody is told of our login, and all goes on when it is over."""
    house = await signed_in(new_house, ("ben",))
    lift = house.token_flex.controls.answer_always(401, path_end=way, form="html", oauth=way is not None)
    house.token_flex.controls.revoke_tokens()
    ana, ben = house.member("ana"), house.member("ben")
    await ana.types("#finance", export("first"))
    await house.clock.sleep(200)
    (card,) = [each for each in ana.sees("#finance") if "first.csv" in each.visible_text() and not each.ephemeral_for]
    assert "accept our login" not in card.visible_text()
    lift()
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    assert not [each for each in ben.sees("@tokenflex") if "Autodesk" in each.visible_text()]


#: Each kind of refusal that is no matter of a contract: what calls get, and what administrators are told to do.
APP_REFUSALS: dict[type[AppRefusedError], tuple[str, str]] = {
    AppRefusedError: ("AUTH-005", "through to Token Flex"),
    ScopeMissingError: ("AUTH-010", "python -m bot login"),
    ApiNotEnabledError: ("AUTH-001", "enable the Token Flex Usage Data API"),
}


def test_every_refusal_that_is_no_matter_of_a_contract_has_a_row() -> None:
    """A new kind needs one."""
    assert set(APP_REFUSALS) == {AppRefusedError, *AppRefusedError.__subclasses__()}


@pytest.mark.parametrize("kind", APP_REFUSALS)
@pytest.mark.parametrize("method", [None, "POST"])
async def test_an_app_that_is_refused_is_told_to_administrators(
    new_house: OpenHouse, kind: type[AppRefusedError], method: str | None
) -> None:
    """Whether all calls are refused or only those that write, also across restarts: once, with what to do."""
    code, advice = APP_REFUSALS[kind]
    house = await signed_in(new_house, ("ben",))
    body = {"developerMessage": "No.", "errorCode": code}
    lift = house.token_flex.controls.answer_always(403, method, body=body)
    ana, ben = house.member("ana"), house.member("ben")
    await ana.types("#finance", export("first"))
    await ben.hears("@tokenflex", advice, "python -m bot doctor", timeout=PATIENCE)
    await eventually(lambda: not undelivered(house))
    await house.stop_bot()
    await house.start_bot()
    await ana.types("#finance", export("second"))
    await ana.hears("#finance", "second.csv", "refused", private=False, timeout=PATIENCE)
    await house.clock.sleep(200)

    def heard() -> int:
        return sum(advice in message.visible_text() for message in ben.sees("@tokenflex"))

    assert heard() == 1
    lift()
    await ana.types("#finance", export("third"))
    await ana.hears("#finance", "export #3 is ready", private=False, timeout=PATIENCE)
    house.token_flex.controls.answer_always(403, method, body=body)
    await ana.types("#finance", export("fourth"))
    await eventually(lambda: heard() == 2, PATIENCE)


async def test_new_tokens_that_are_refused_too_are_told_to_administrators(new_house: OpenHouse) -> None:
    """Autodesk gives tokens and takes none: that is no token that has just ended, however often it is renewed."""
    house = await signed_in(new_house, ("ben",))
    lift = house.token_flex.controls.answer_always(401, form="gateway")
    ana, ben = house.member("ana"), house.member("ben")
    await ana.types("#finance", export("first"))
    await ben.hears("@tokenflex", TOLD, "python -m bot login", timeout=PATIENCE)
    await ana.hears("#finance", "first.csv", "does not accept our login", "waiting since", private=False)
    await house.clock.sleep(300)
    assert told(house, "ben") == 1
    lift()
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
