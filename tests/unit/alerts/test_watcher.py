"""What alerts do by themselves: each episode is told once, by its owner's rights at that moment, with few calls."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bot.alerts import episodes, kept, rules, telling
from bot.alerts.watcher import MOST_CALLS
from bot.answers import announcing
from bot.cards import alert_told
from bot.cards.alert_told import Phase
from bot.cards.alert_watched import Every, Limit, Shares, Shortage, Unusual
from bot.cards.pauses import Paused
from bot.delivery.kinds import Drawing, Words, load
from bot.errors import MembershipUnknownError
from bot.exports import announcements
from bot.exports.submissions import refuse
from bot.people.permissions import Named, Rules
from bot.settings import AnswerDetail, LinkAudience, SharedChannels
from bot.slack.channels import Sharing
from storage import alerts, answers, calls, export_search, exports, outbox
from storage.alerts import Alert
from storage.answers import Figures, NewAnswer
from storage.audit import Act
from storage.models import MessageKind, Refusal
from storage.states import Event
from tests.harness.stored import CONTRACT
from tests.unit.alerts.house import ADMINISTRATOR, CHANNEL, OWNER, House

_K = MessageKind
DAY = timedelta(days=1)
REVIT = Limit("productName", "Revit", 1_000)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """A house in which nobody is kept from anything."""
    built = House()
    yield built
    await built.database.close()


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


# --- an export a day ----------------------------------------------------------------------------------------------


async def test_a_limit_is_looked_at_by_an_export_a_day(house: House) -> None:
    """Nothing is said of the export itself; what it counted stands below the alert."""
    alert = house.alert(REVIT)
    await house.looks()
    (asked,) = house.made()
    assert (asked.requester, asked.channel, asked.alert, asked.run) == (OWNER, CHANNEL, alert.id, None)
    assert asked.request.fields == ("productName", "usageDate")
    assert asked.request.where == ("usageDate >= '2026-10-01' AND usageDate <= '2026-11-23' AND productName = 'Revit'")
    await house.passes(hours=5)
    await house.is_read(asked, {date(2026, 10, 31): 5_000, date(2026, 11, 2): 700, date(2026, 11, 20): 350})
    await house.looks()
    message, answer = house.told()
    assert house.said(message) == (
        f"Contract `{CONTRACT}`: Revit used 1,050 tokens in November 2026, over the limit of 1,000."
    )
    assert (answer.kind, answer.thread, answer.after) == (_K.ANSWER, message.id, message.id)
    assert house.said(answer).startswith("Answer to export #1: ")
    await house.passes(days=1)
    assert [each.origin for each in house.made()] == [
        f"alert:{alert.mark}:{day}" for day in ("2026-11-24", "2026-11-25")
    ]
    assert house.usage.asked == []
    assert house.acts(Act.REQUESTED) == [f"for channel {CHANNEL}"] * 2
    assert len(house.told()) == 2


async def test_more_of_its_figures_stands_beside_them(house: House) -> None:
    """Where somebody has had it posted; where the alert told nothing it is a message of its own."""
    house.alert(REVIT)
    await house.looks()
    (asked,) = house.made()
    await house.is_read(asked, {date(2026, 11, 2): 1_200})
    await house.looks()
    message, _ = house.told()
    for number in range(2):
        new = NewAnswer(
            origin=f"posted:{number}", export=asked.number, announcement=1, asked="by usageDate", person="U9"
        )
        more, _ = answers.add_wanted(house.db, new, house.clock.now())
        figures = Figures(document="{}", sha256="ab")
        await house.database.write(announcing.found, more.id, figures, LinkAudience.CHANNEL, house.clock.now())
        row = house.told(_K.ANSWER)[-1]
        assert (row.thread, row.detail) == (message.id if number == 0 else None, str(more.id))
        house.db.execute("DELETE FROM outbox WHERE subject = ?", [f"answer:{more.id - 1}"])


async def test_what_is_under_way_is_waited_for(house: House) -> None:
    house.alert(REVIT)
    await house.passes(days=3)
    assert len(house.made()) == 1


async def test_asked_once_though_the_process_dies(house: House) -> None:
    house.alert(REVIT)
    await house.looks()
    house.begin()
    await house.looks()
    assert len(house.made()) == 1
    assert len(house.acts(Act.REQUESTED)) == 1


async def test_what_it_asks_for_is_listed_nowhere(house: House) -> None:
    """Nor is anybody told that it waits, was refused or is gone; a question of people is compared with none of it."""
    house.alert(REVIT)
    await house.looks()
    (asked,), db, now = house.made(), house.db, house.clock.now()
    assert exports.at_work_for(db, OWNER, [CHANNEL], 5) == ((), 0)
    for kind in (_K.LONG_WAIT, _K.REFUSAL, _K.NOT_DELETED):
        assert not announcements.tell(db, asked, now, kind)
    await house.is_read(asked, {})
    assert (exports.done_of(db, OWNER, 5), exports.done_by_others(db, "U9", [CHANNEL], 5)) == ((), ())
    assert export_search.listing(db, requester=OWNER, channel=CHANNEL, limit=5) == ()
    await house.passes(days=1)
    await house.is_read(house.made()[1], {})
    (newest,) = answers.of_export(db, 2)
    assert answers.runs_before(db, newest, exports.get(db, 2)) == ()
    assert house.told() == []


async def test_who_takes_it_over_has_figures_of_their_own(house: House) -> None:
    """What was counted by the rights of somebody else is none of theirs."""
    alert = house.alert(REVIT)
    await house.looks()
    house.people.gone.add(OWNER)
    await house.is_read(house.made()[0], {date(2026, 11, 2): 1_200})
    await house.looks()
    assert house.stands(alert).paused_why == Paused.OWNER
    assert alerts.resume(house.db, alert.id, "U0BEN00002", house.clock.now())
    await house.looks()
    assert house.messages() == []
    first, second = house.made()
    assert (second.requester, second.origin) == ("U0BEN00002", f"{first.origin}:1")
    await house.is_read(second, {date(2026, 11, 2): 1_200})
    await house.looks()
    assert len(house.messages()) == 1


async def test_an_unusual_week(house: House) -> None:
    """Counted by day; the week that goes on counts before it is over."""
    house.alert(Unusual(Every.WEEK, 50))
    await house.looks()
    (asked,) = house.made()
    assert asked.request.where == "usageDate >= '2026-10-05' AND usageDate <= '2026-11-23'"
    monday = date(2026, 10, 5)
    used = {monday + timedelta(days=7 * week): 100 for week in range(7)} | {date(2026, 11, 18): 60}
    await house.is_read(asked, used)
    await house.looks()
    (said,) = house.messages()
    assert said.startswith(f"Contract `{CONTRACT}`: 160 tokens were used in the week from 16 November 2026, 60 % more")


async def test_an_export_without_figures_is_told_to_nobody_until_it_pauses(house: House) -> None:
    """Three days in a row; who resumes it has three more."""
    alert = house.alert(REVIT)
    for _ in range(3):
        await house.looks()
        number = house.made()[-1].number
        exports.move(house.db, number, Event.TAKE, house.clock.now())
        await house.database.write(refuse, number, "No such column.", house.clock.now())
        assert house.told() == []
        await house.passes(days=1)
    assert house.stands(alert).paused_why == Paused.FAILING
    (told,) = house.told()
    assert "could not get its figures three times in a row" in house.said(told)
    alerts.resume(house.db, alert.id, OWNER, house.clock.now())
    await house.passes(hours=2)
    assert house.stands(alert).paused_why == ""


async def test_a_file_that_is_gone_after_it_was_read_is_no_failure(house: House) -> None:
    """Autodesk, or whoever cleans up there, keeps none for ever."""
    alert = house.alert(REVIT)
    for _ in range(4):
        await house.looks()
        await house.is_read(house.made()[-1], {})
        exports.move(house.db, house.made()[-1].number, Event.VANISH, house.clock.now())
        await house.passes(days=1)
    assert house.stands(alert).paused_why == ""
    assert house.told() == []


async def test_a_day_that_a_clock_showed_too_early_is_asked_again(house: House) -> None:
    """And what was counted then says nothing of the day that it is."""
    house.alert(REVIT)
    house.clock._now += 3 * DAY
    await house.looks()
    await house.is_read(house.made()[0], {date(2026, 11, 20): 3_000})
    house.clock._now -= 3 * DAY
    for day in range(4):
        await house.looks()
        assert len(house.made()) == 2 + day
        await house.is_read(house.made()[-1], {})
        house.clock._now += DAY
    origins = [each.origin.rpartition("-")[2] for each in house.made()]
    assert origins == ["27", "24", "25", "26", "27:1"]


async def test_links_for_the_requester_are_figures_for_the_requester() -> None:
    house = House(audience=LinkAudience.REQUESTER)
    house.alert(REVIT)
    await house.looks()
    await house.is_read(house.made()[0], {date(2026, 11, 2): 1_200})
    await house.looks()
    message, answer = house.told()
    assert house.said(message) == f"Contract `{CONTRACT}`: Revit is over the limit of 1,000 tokens in November 2026."
    assert (answer.kind, answer.recipient) == (_K.PRIVATE_ANSWER, OWNER)
    await house.database.close()


# --- by whose rights ----------------------------------------------------------------------------------------------

LOST: dict[Paused, Callable[[House], object]] = {
    Paused.OWNER: lambda house: house.people.gone.add(OWNER),
    Paused.CONTRACT: lambda house: _rules(house, contracts=frozenset({"1"})),
    Paused.CHANNEL: lambda house: _rules(house, channels=frozenset({"C1"})),
    Paused.CLOSED: lambda house: house.places.closed.add(CHANNEL),
}


def _rules(house: House, **changes: Any) -> None:
    house.rules = replace(house.rules, **changes)
    house.begin()


@pytest.mark.parametrize("watched", [Shares((50,)), REVIT], ids=["usage", "file"])
@pytest.mark.parametrize("why", LOST)
async def test_what_its_owner_may_not_have_any_more_is_not_looked_at(
    house: House, why: Paused, watched: Shares | Limit
) -> None:
    """It pauses, says so once, and asks for nothing any more."""
    alert, house.usage.used = house.alert(watched), 5_200
    LOST[why](house)
    await house.passes(days=2)
    assert house.stands(alert).paused_why == why
    assert (house.made(), house.usage.asked) == ([], [])
    told = house.told()
    to = {ADMINISTRATOR, OWNER} if why is Paused.CLOSED else {CHANNEL}
    assert {row.recipient for row in told} == to
    assert {row.kind for row in told} == {_K.PRIVATE_ALERT_PAUSED if why is Paused.CLOSED else _K.ALERT_PAUSED}
    assert "alert.take_over" in str(load(house.db, told[0]).message(None, Words()).blocks)
    assert house.acts(Act.ALERT) == [f"alert {alert.id} paused: {why}, for {CHANNEL}"]


async def test_an_episode_that_is_open_says_that_nobody_looks_any_more(house: House) -> None:
    """And goes on where somebody has taken it over."""
    alert, house.usage.used = house.alert(), 5_200
    await house.looks()
    house.people.guests.add(OWNER)
    await house.passes(hours=13)
    message = house.told(_K.ALERT)[0]
    assert "may not use me any more" in str(load(house.db, message).message(None, Words()).blocks)
    taken = alerts.resume(house.db, alert.id, "U0BEN00002", house.clock.now())
    assert taken is not None
    await house.database.write(telling.changed, taken, house.clock.now())
    house.usage.used = 4_000
    await house.passes(hours=13)
    assert house.messages()[0].startswith("Over: less than 50 %")


async def test_where_slack_does_not_tell_it_waits(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    alert, house.usage.used = house.alert(), 5_200
    other = house.alert(channel="C0OTHER001")
    asked = []

    async def _silent(channel: str) -> Sharing:
        asked.append(channel)
        if channel == CHANNEL:
            raise MembershipUnknownError
        return Sharing.ALONE

    with monkeypatch.context() as patched:
        patched.setattr(house.places, "sharing", _silent)
        await house.looks()
        assert asked.count(CHANNEL) == 1
    assert (house.stands(alert).standing, house.stands(alert).paused_why) == ("", "")
    assert house.stands(other).standing
    await house.passes(hours=1)
    assert house.stands(alert).standing


async def test_a_crash_at_one_alert_keeps_no_other_from_being_looked_at(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, other = house.alert(), house.alert(Shares((10,)))
    house.usage.used = 5_200
    look = rules.look

    def _crash(watched: Any, *more: Any) -> Any:
        if watched == Shares((50, 75)):
            raise RuntimeError("a mistake of ours")
        return look(watched, *more)

    monkeypatch.setattr(rules, "look", _crash)
    await house.looks()
    assert house.stands(other).standing
    assert house.stands(broken).standing == ""


async def test_what_another_version_has_written_is_told_again_and_can_be_deleted(house: House) -> None:
    """Better than an alert that nobody can look at."""
    alert, house.usage.used = house.alert(), 5_200
    await house.looks()
    house.db.execute("""UPDATE alerts SET standing = '{"of": "later"}', looked_at = NULL""")
    house.db.execute("UPDATE tellings SET told = '{}', counted = '{}'")
    await house.looks()
    old, figures, new, _ = house.told()
    assert house.said(old) == "That alert is a matter of the past."
    assert "is not known any more" in house.said(figures)
    assert "52 % of the tokens" in house.said(new)
    await house.database.write(telling.removed, house.stands(alert), house.clock.now())
    assert house.said(new).startswith("Over: nobody watches")


async def test_a_channel_that_takes_no_message_pauses_it(house: House) -> None:
    alert, house.usage.used = house.alert(), 5_200
    await house.looks()
    outbox.refused(house.db, house.told(_K.ALERT)[0], Refusal.PLACE, house.clock.now())
    await house.looks()
    assert house.stands(alert).paused_why == Paused.CLOSED
    assert {row.recipient for row in house.told(_K.PRIVATE_ALERT_PAUSED)} == {ADMINISTRATOR, OWNER}
    await house.passes(hours=1)
    resumed = alerts.resume(house.db, alert.id, OWNER, house.clock.now())
    assert resumed
    await house.database.write(telling.changed, resumed, house.clock.now())
    assert outbox.get(house.db, house.told(_K.ALERT)[0].id).due_at == house.clock.now()
    await house.looks()
    assert house.stands(alert).paused_why == ""


async def test_a_setting_against_figures_of_files_pauses_what_needs_them() -> None:
    house = House(detail=AnswerDetail.LINK)
    house.usage.used = 5_200
    limit, shares = house.alert(REVIT), house.alert()
    await house.looks()
    assert (house.stands(limit).paused_why, house.stands(shares).paused_why) == (Paused.FIGURES, "")
    assert (house.made(), len(house.told(_K.ALERT))) == ([], 1)
    await house.database.close()


async def test_no_alert_watches_people(house: House) -> None:
    """Whatever stands in the database, and what the settings say since."""
    person, nonsense = house.alert(Limit("userName", "ana", 5)), house.alert()
    house.db.execute("UPDATE alerts SET watched = '{}' WHERE id = ?", [nonsense.id])
    await house.looks()
    assert (house.stands(person).paused_why, house.stands(nonsense).paused_why) == (Paused.PEOPLE, Paused.RULE)
    assert house.made() == []


async def test_a_shared_channel_reads_nothing_of_the_data() -> None:
    house = House(Rules(administrators=Named(frozenset({ADMINISTRATOR})), shared_channels=SharedChannels.PRIVATE))
    house.alert()
    house.usage.used = 5_200
    await house.looks()
    for row in house.told():
        drawn = load(house.db, row).draw(Drawing(row, None, Words(), discreet=True))
        assert "5,200" not in str(drawn)
        assert CONTRACT not in str(drawn)
    await house.database.close()
