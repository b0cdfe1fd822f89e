"""Autodesk's login in mid-flight: tokens that end or are revoked, sign-in that is out, a login that is dead."""

from pathlib import Path

from bot.login.store import LoginStore
from bot.tokenflex.oauth import StoredLogin
from sandbox.slack.member import Member
from storage.database import Database
from tests.harness.house import House
from tests.harness.once import check_once, submissions, undelivered
from tests.harness.talk import asks, card_of, eventually, export, knows_contracts
from tests.integration.conftest import OpenHouse

SPEED = 40.0
PATIENCE = 60.0
KEY = "a key of the tests"


async def bot_house(new_house: OpenHouse, **arguments: object) -> House:
    """Open a house with a bot that has fetched what it keeps."""
    house = await new_house(**{"speed": SPEED, **arguments})
    await house.start_bot()
    await knows_contracts(house)
    return house


async def signed_in_house(new_house: OpenHouse) -> House:
    """Open a house whose bot uses the login of a person."""
    house = await new_house(speed=SPEED)
    client = next(each for each in house.token_flex.settings.clients if each.client_id == "sandbox-web")
    await house.start_bot(
        APS_CLIENT_ID=client.client_id,
        APS_CLIENT_SECRET=client.secret or "",
        APS_REFRESH_TOKEN=house.token_flex.controls.make_login(),
        DATABASE_KEY=KEY,
    )
    await knows_contracts(house)
    return house


async def store_login(path: Path, refresh_token: str, house: House) -> None:
    """Store a new login beside the running bot, as `python -m bot login` does."""
    database = Database(path)
    await database.open()
    store = await LoginStore.open(database, KEY, house.variables["APS_REFRESH_TOKEN"], house.clock.now)
    await store.sign_in(StoredLogin(refresh_token))
    await database.close()


async def ready(house: House, member: Member, *numbers: int) -> None:
    """Wait until these exports are announced and nothing more is to be posted."""
    for number in numbers:
        await member.hears("#finance", f"export #{number} is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)


async def test_a_revoked_token_is_renewed_and_the_request_repeated_once(new_house: OpenHouse) -> None:
    """A 401 to the POST had no effect: a new token, one more POST, and nobody is told to sign in."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.revoke_tokens()
    await asks(ana)
    await ready(house, ana, 1)
    check_once(house, 1)
    assert submissions(house) in {1, 2}  # the first may be what is fetched ahead, which then finds the token refused
    shown = [card_of(ana).content, *card_of(ana).history]
    assert not any("login" in content.visible_text(house.slack.workspace) for content in shown)


async def test_a_token_revoked_between_two_polls_is_renewed(new_house: OpenHouse) -> None:
    """The 401 to a list is cured by a new token; the export is announced once."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.hold()
    await asks(ana)
    await ana.waits(lambda: "In progress" in card_of(ana).visible_text(), timeout=PATIENCE)
    house.token_flex.controls.revoke_tokens()
    house.token_flex.controls.release()
    await ready(house, ana, 1)
    check_once(house, 1)
    assert house.statuses().count(401) == 1


async def test_tokens_that_live_a_minute_are_renewed_ahead(new_house: OpenHouse) -> None:
    """No call ever goes out with a token that has ended."""
    house = await bot_house(new_house, token_flex={"access_token_life": 60.0, "durations": (100.0, 100.0)})
    ana = house.member("ana")
    await asks(ana)
    await ready(house, ana, 1)
    check_once(house, 1)
    assert 401 not in house.statuses()
    assert len(house.token_flex.oauth_calls) >= 3


async def test_sign_in_that_is_out_leaves_no_doubt(new_house: OpenHouse) -> None:
    """When no token is to be had, nothing was sent: the request waits, goes on by itself, and no call was spent."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.revoke_tokens()
    house.token_flex.controls.answer_next(503, method="POST", oauth=True, count=4)
    await asks(ana)
    await ready(house, ana, 1)
    check_once(house, 1)
    assert submissions(house) in {1, 2}  # what is fetched ahead may be the first to find the token refused
    shown = [card_of(ana).content, *card_of(ana).history]
    texts = [content.visible_text(house.slack.workspace) for content in shown]
    assert not any("did not answer" in text for text in texts)
    assert house.side.calls.turns.spent().hours == len(house.token_flex.calls)


async def test_too_many_sign_ins_teach_the_budget_nothing(new_house: OpenHouse) -> None:
    """A 429 of the OAuth service says nothing of Token Flex's own limit."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.revoke_tokens()
    house.token_flex.controls.answer_next(429, method="POST", oauth=True, retry_after=5)
    await asks(ana)
    await ready(house, ana, 1)
    side = house.side
    assert not any(turn.call.rate_limited for turn in side.calls.turns._past)


async def test_work_waits_for_a_new_login(new_house: OpenHouse) -> None:
    """A dead login loses nothing: what is asked for waits and says why, and goes on when somebody has signed in."""
    house = await signed_in_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.hold()
    await asks(ana, name="before")
    await ana.waits(lambda: "In progress" in card_of(ana).visible_text(), timeout=PATIENCE)
    house.token_flex.controls.revoke_tokens()
    house.token_flex.controls.revoke_refresh_tokens()
    house.token_flex.controls.release()
    await ana.types("#finance", export("after"))
    await ana.hears("#finance", "after.csv", "Autodesk does not accept our login. An administrator", private=False)
    edits = card_of(ana, 2).edited
    await house.clock.sleep(150)
    assert card_of(ana, 2).edited == edits
    await store_login(house.folder / "tokenflex.db", house.token_flex.controls.make_login(), house)
    await ready(house, ana, 1, 2)
    check_once(house, 1, 2)
