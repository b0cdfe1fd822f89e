"""What alerts do by themselves: each episode is told once, edited and closed in place, with few calls."""

from datetime import datetime, timedelta
from typing import Any

from bot.alerts import episodes, kept, telling
from bot.alerts.watcher import MOST_CALLS
from bot.cards import alert_told
from bot.cards.alert_told import Phase
from bot.cards.alert_watched import Shares, Shortage
from bot.cards.pauses import Paused
from bot.delivery.kinds import Words, load
from bot.settings import LinkAudience
from storage import alerts, calls, outbox
from storage.alerts import Alert
from storage.audit import Act
from storage.models import MessageKind
from tests.harness.stored import CONTRACT
from tests.unit.alerts.house import CHANNEL, House

_K = MessageKind
DAY = timedelta(days=1)


def buttons(house: House, row: Any) -> list[str]:
    """What can be pressed or chosen below a message, if it were drawn now."""
    message = load(house.db, row).message(None, Words(answers=house.shown))
    return [each["action_id"] for block in message.blocks if block["type"] == "actions" for each in block["elements"]]


# --- told once ----------------------------------------------------------------------------------------------------


async def test_a_share_is_told_once_with_how_the_contract_stood(house: House) -> None:
    """However often the loop goes round, and whoever begins again in between."""
    alert, house.usage.used = house.alert(), 5_200
    await house.looks()
    house.begin()
    await house.passes(days=2)
    message, figures = house.told()
    assert (message.kind, message.recipient, message.thread) == (_K.ALERT, CHANNEL, None)
    assert house.said(message).startswith(f"Contract `{CONTRACT}`: 52 % of the tokens of contract year 3 are used")
    assert (figures.kind, figures.recipient, figures.thread, figures.after) == (
        _K.ALERT_FIGURES, CHANNEL, message.id, message.id,
    )  # fmt: skip
    assert "5,200 of 10,000 tokens" in house.said(figures)
    assert house.acts(Act.ALERT_TOLD) == [f"alert {alert.id} told"]


async def test_its_message_is_edited_while_it_lasts_and_closed_in_place(house: House) -> None:
    alert, house.usage.used = house.alert(), 5_200
    await house.looks()
    (message, _) = house.told()
    house.usage.used = 6_000
    await house.passes(hours=13)
    assert house.messages() == [house.said(message)]
    assert "60 % of the tokens" in house.said(message)
    assert outbox.get(house.db, message.id).version == message.version + 1
    house.usage.used = 7_600
    await house.passes(hours=13)
    first, second = house.messages()
    assert first.startswith("Over: a later message says more")
    assert "76 % of the tokens" in second
    assert buttons(house, message) == []
    assert house.acts(Act.ALERT_TOLD) == [f"alert {alert.id} {what}" for what in ("told", "over: next-step", "told")]
    shown = house.told(_K.ALERT_FIGURES)
    assert "5,200 of" in house.said(shown[0])  # of that moment
    assert "7,600 of" in house.said(shown[1])


async def test_two_alerts_on_a_contract_are_looked_at_by_the_same_figures(house: House) -> None:
    house.usage.used, house.usage.months = 9_000, (1_000, 1_000, 1_000, 1_000, 0)
    shares, shortage = house.alert(Shares((90,))), house.alert(Shortage(), channel="C0OTHER001")
    await house.looks()
    assert len(house.usage.asked) == 1
    assert {row.recipient for row in house.told(_K.ALERT)} == {CHANNEL, "C0OTHER001"}
    assert house.stands(shares).looked_at == house.stands(shortage).looked_at == house.usage.asked[0]


async def test_where_nothing_holds_nothing_is_said(house: House) -> None:
    alert = house.alert()
    await house.passes(days=3)
    assert house.told() == []
    assert house.stands(alert).edition == 1
    assert house.stands(alert).looked_at is not None


async def test_what_a_person_did_meanwhile_is_not_undone_by_a_look(house: House) -> None:
    """A look at what was read before is stored by nobody."""
    alert, house.usage.used = house.alert(), 5_200
    await house.looks()
    read, now = house.stands(alert), house.clock.now()
    state, acts = episodes.acknowledged(kept.of_text(read.standing), "U9", now)
    assert telling.stands(house.db, read, state, acts, now)
    seen = telling.Seen(now, counted="{}")
    other, told = episodes.looked(kept.of_text(read.standing), None, now)
    assert telling.looked(house.db, read, other, told, seen, LinkAudience.CHANNEL, now) is None
    assert alert_told.of_text(house.newest(alert).told).phase is Phase.ACKNOWLEDGED
    house.usage.used = 5_500
    await house.passes(hours=13)
    told_now = alert_told.of_text(house.newest(alert).told)
    assert (told_now.phase, told_now.person) == (Phase.ACKNOWLEDGED, "U9")
    assert "55 % of" in house.messages()[0]


async def put_off(house: House, alert: Alert, length: timedelta) -> None:
    read, now = house.stands(alert), house.clock.now()
    await house.database.write(_put_off, read, now + length, now)


def _put_off(db: Any, read: Alert, until: datetime, now: datetime) -> None:
    state, acts = episodes.put_off(kept.of_text(read.standing), "U9", until, now)
    assert telling.stands(db, read, state, acts, now)


async def test_what_was_put_off_and_still_holds_is_told_anew(house: House) -> None:
    """What can be done stands below the newer message; figures of the moment that it began are there already."""
    alert, house.usage.used = house.alert(), 5_200
    await house.looks()
    await put_off(house, alert, DAY)
    await house.passes(hours=23)
    assert len(house.told(_K.ALERT)) == 1
    await house.passes(hours=2)
    first, second = house.told(_K.ALERT)
    assert house.said(second).startswith("Still so: Contract")
    assert (buttons(house, first), len(buttons(house, second))) == ([], 3)
    assert outbox.get(house.db, first.id).version > first.version or first.version > 1
    assert len(house.told(_K.ALERT_FIGURES)) == 1
    await house.passes(days=3)
    assert len(house.told(_K.ALERT)) == 2
    house.usage.used = 4_000
    await house.passes(hours=13)
    assert house.messages()[1].startswith("Over: less than 50 %")


async def test_what_was_put_off_by_a_clock_that_was_wrong_comes_back(house: House) -> None:
    alert, house.usage.used = house.alert(), 5_200
    await house.looks()
    house.clock._now += 90 * DAY
    await put_off(house, alert, 7 * DAY)
    house.clock._now -= 90 * DAY
    await house.passes(days=8)
    assert len(house.told(_K.ALERT)) == 2


async def test_one_that_is_deleted_closes_its_message(house: House) -> None:
    alert, house.usage.used = house.alert(), 5_200
    await house.looks()
    await house.database.write(telling.removed, house.stands(alert), house.clock.now())
    assert alerts.find(house.db, alert.id) is None
    (said,) = house.messages()
    assert said.startswith("Over: nobody watches the tokens of contract year 3")
    await house.passes(days=2)
    assert len(house.told()) == 2


# --- few calls ----------------------------------------------------------------------------------------------------


def calls_of_days(house: House) -> list[int]:
    """How many calls there were in the day that ended with each of them."""
    made = [each.started_at for each in calls.since(house.db, datetime.fromisoformat("2026-01-01T00:00:00+00:00"))]
    return [sum(last - DAY < each <= last for each in made) for last in made]


async def test_a_contract_costs_four_calls_a_day(house: House) -> None:
    """However many alerts there are, and whoever begins again in between."""
    for _ in range(5):
        house.alert()
    for _ in range(6):
        await house.passes(hours=12)
        house.begin()
    assert max(calls_of_days(house)) == MOST_CALLS
    assert 6 <= len(house.usage.asked) <= 7


async def test_calls_in_vain_are_few_too(house: House) -> None:
    alert, house.usage.used = house.alert(), None
    await house.passes(days=2)
    assert max(calls_of_days(house)) <= MOST_CALLS
    assert len(house.usage.asked) >= 4
    house.usage.used = 5_200
    await house.passes(hours=25)
    assert house.stands(alert).standing


async def test_after_calls_in_vain_it_looks_again_by_itself(house: House) -> None:
    """Nothing else wakes it: no call that is left of a day waits for the next midnight."""
    house.alert()
    house.usage.used = None
    for _ in range(30):
        await house.looks(1)  # whose end wakes it
        until = min(each for each in await house.watcher.look() if each is not None)
        assert timedelta(0) < until - house.clock.now() <= timedelta(hours=4)
        house.clock._now = until
    assert max(calls_of_days(house)) <= MOST_CALLS


async def test_without_a_login_it_is_tried_now_and_then(house: House) -> None:
    """No call is made, and none is counted; soon after somebody has signed in there are figures."""
    alert, house.usage.has_login, house.usage.used = house.alert(), False, 5_200
    for _ in range(60):
        await house.looks(3)
        house.clock._now += timedelta(minutes=1)
    assert 1 < len(house.usage.asked) <= 7
    house.usage.has_login = True
    house.clock._now += timedelta(minutes=10)
    await house.looks()
    assert house.stands(alert).standing


async def test_what_people_ask_is_for_nothing(house: House) -> None:
    """And looked at when it comes."""
    alert, house.usage.used = house.alert(), 5_200
    house.usage.is_counted()
    for _ in range(5):
        await house.passes(hours=11)
        house.usage.is_counted()
        await house.looks()
        assert house.stands(alert).looked_at == house.clock.now()
    assert house.usage.asked == []
    assert len(house.told(_K.ALERT)) == 1


async def test_nothing_watched_costs_nothing(house: House) -> None:
    alert = house.alert()
    alerts.pause(house.db, alert.id, Paused.PERSON.value, house.clock.now())
    await house.passes(days=2)
    assert (house.usage.asked, house.made()) == ([], [])


async def test_figures_of_long_ago_say_nothing(house: House) -> None:
    house.usage.used = 5_200
    house.usage.is_counted()
    house.usage.used = None
    house.clock._now += 3 * DAY
    house.alert()
    await house.looks()
    assert house.told() == []


async def test_a_clock_that_is_set_back_keeps_nothing_from_being_looked_at(house: House) -> None:
    """Figures that lie ahead are of no moment: they are asked anew."""
    alert = house.alert()
    house.clock._now += 60 * DAY
    await house.looks()
    house.clock._now -= 60 * DAY
    house.usage.used = 5_200
    await house.looks()
    assert len(house.usage.asked) == 2
    assert len(house.told(_K.ALERT)) == 1
    assert house.stands(alert).looked_at == house.clock.now()
