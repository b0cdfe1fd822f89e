"""What keeps an alert from being looked at: rights that its owner lost, a channel that is closed, faults."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.alerts import rules, telling
from bot.cards.alert_watched import Limit, Shares
from bot.cards.pauses import Paused
from bot.delivery.kinds import Drawing, Words, load
from bot.errors import MembershipUnknownError
from bot.people.permissions import Named, Rules
from bot.settings import AnswerDetail, SharedChannels
from bot.slack.channels import Sharing
from storage import alerts, outbox
from storage.audit import Act
from storage.models import MessageKind, Refusal
from tests.harness.stored import CONTRACT
from tests.unit.alerts.house import ADMINISTRATOR, CHANNEL, OWNER, REVIT, House

_K = MessageKind

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
