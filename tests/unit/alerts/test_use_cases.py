"""What people do with alerts: who may, once for each act, on record."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot import errors
from bot.alerts import changes, episodes, kept, pausing, telling
from bot.alerts.episodes import State
from bot.alerts.rules import Finding
from bot.alerts.telling import Seen
from bot.alerts.use_cases import Alerts, Draft
from bot.cards.actions import MadeFor
from bot.cards.alert_told import Delay, Phase, ShareUsed
from bot.cards.alert_watched import Every, Limit, Shares, Shortage, Unusual, Watched
from bot.cards.pages import PAGE
from bot.cards.pauses import Paused
from bot.delivery.kinds import Words, load
from bot.people.permissions import Rules
from bot.settings import LinkAudience
from bot.tokenflex.catalogue import Catalogue
from storage import alerts as store
from storage import outbox
from storage.alerts import Alert
from storage.audit import Act
from storage.models import Delivery, MessageKind, Refusal, SentMessage
from tests.harness.people import admitted
from tests.harness.rows import COUNTED
from tests.harness.stored import CONTRACT
from tests.unit.schedules.house import ADMINISTRATOR, CHANNEL, OWNER, House

BEN = "U0BEN00002"
ANA, COLLEAGUE = admitted(OWNER, CHANNEL), admitted(BEN, CHANNEL)
STRANGER, BOSS = admitted(BEN, "C0OTHER01"), admitted(ADMINISTRATOR, "C0OTHER01")
DRAFT = Draft(contract=CONTRACT, channel=CHANNEL, watched=Shares((50, 75)))
UNCOUNTED: tuple[Watched, ...] = (Unusual(Every.MONTH, 30), Shortage())
YEAR = date(2026, 2, 1)
TS = "1.5"


@pytest.fixture
def people(house: House) -> Alerts:
    """What people can do in this house."""
    return Alerts(house.database, house.access, Catalogue(), house.clock, personal=("customField2",))


@pytest.fixture
async def alert(people: Alerts) -> Alert:
    """Ana's."""
    return await people.create(DRAFT, ANA, origin="form:1")


def tells(house: House, alert: Alert, step: int = 50, ts: str = TS) -> Delivery:
    """Have the alert tell that a share is used, and its message posted; return the row of that."""
    now, known = house.clock.now(), store.get(house.db, alert.id)
    matter = ShareUsed(3, step, 100 * step, 10_000, 0.4)
    state, acts = episodes.looked(
        kept.of_text(known.standing), Finding(YEAR, holds=True, step=step, matter=matter), now
    )
    assert telling.looked(house.db, known, state, acts, Seen(now, COUNTED.as_json()), LinkAudience.CHANNEL, now)
    row = house.told(MessageKind.ALERT)[-1]
    outbox.keep_message(house.db, SentMessage(row.id, CHANNEL, ts))
    outbox.mark_sent(house.db, row)
    return row


def state(house: House, alert: Alert) -> State:
    return kept.of_text(store.get(house.db, alert.id).standing)


async def test_one_act_makes_one_alert(house: House, people: Alerts, alert: Alert) -> None:
    """It belongs to who made it, and is on record."""
    assert await people.create(DRAFT, ANA, origin="form:1") == alert
    assert (alert.owner, alert.contract, alert.channel) == (OWNER, CONTRACT, CHANNEL)
    assert house.acts(Act.ALERT) == [f"alert 1 made, for {CHANNEL}"]
    (listed,) = (await people.listing(ANA)).shown
    assert listed.watched == DRAFT.watched


async def test_the_same_is_not_watched_twice(people: Alerts, alert: Alert) -> None:
    """In one channel; another one may hear of it as well."""
    with pytest.raises(errors.AlertRefusedError):
        await people.create(DRAFT, COLLEAGUE, origin="form:2")
    other = await people.create(replace(DRAFT, channel="C0OTHER01"), ANA, origin="form:3")
    assert [each.alert for each in (await people.listing(ANA)).shown] == [alert, other]


@pytest.mark.parametrize("field", ["userName", "machineName", "reasonComment", "customField2", "usageDate", "nonsense"])
async def test_no_alert_watches_people(people: Alerts, field: str) -> None:
    """Whatever a form sends; nor what is neither a product nor the customer's own."""
    with pytest.raises(errors.AlertRefusedError):
        await people.create(replace(DRAFT, watched=Limit(field, "anna", 5)), ANA, origin="form:1")
    assert (await people.listing(ANA)).shown == ()


async def test_a_cost_centre_is_watched(people: Alerts) -> None:
    alert = await people.create(replace(DRAFT, watched=Limit("customField1", "CC-1", 5)), ANA, origin="form:1")
    assert "CC-1" in alert.watched


@pytest.mark.parametrize("watched", [Limit("productName", "Revit", 5), Unusual(Every.WEEK, 30)])
async def test_what_needs_files_is_refused_where_none_are_read(house: House, watched: Watched) -> None:
    people = Alerts(house.database, house.access, Catalogue(), house.clock, reads_files=False)
    with pytest.raises(errors.AlertRefusedError):
        await people.create(replace(DRAFT, watched=watched), ANA, origin="form:1")
    for number, other in enumerate(UNCOUNTED):
        await people.create(replace(DRAFT, watched=other), ANA, origin=f"form:{number}")


async def test_the_settings_hold(house: House, people: Alerts) -> None:
    """As for figures that somebody posts by hand."""
    house.access.rules = Rules(contracts=frozenset({"9"}))
    with pytest.raises(errors.ContractNotAllowedError):
        await people.create(DRAFT, ANA, origin="form:2")
    house.access.rules = Rules(channels=frozenset({"C9"}))
    with pytest.raises(errors.ChannelNotAllowedError):
        await people.create(DRAFT, ANA, origin="form:2")
    house.access.rules = Rules()
    house.places.shared.add(CHANNEL)
    with pytest.raises(errors.FiguresSharedError):
        await people.create(DRAFT, ANA, origin="form:2")


CHANGES: dict[str, Any] = {
    "pause": lambda people, number, who: people.pause(number, who),
    "resume": lambda people, number, who: people.resume(number, who),
    "delete": lambda people, number, who: people.delete(number, who),
}


@pytest.mark.parametrize("act", CHANGES)
async def test_who_may_change_one(people: Alerts, alert: Alert, act: str) -> None:
    """Its owner, and administrators; its channel sees it, and nobody else does."""
    with pytest.raises(errors.HiddenAlertError):
        await CHANGES[act](people, alert.id, STRANGER)
    with pytest.raises(errors.AlertOwnerOnlyError):
        await CHANGES[act](people, alert.id, COLLEAGUE)
    await CHANGES[act](people, alert.id, ANA)


async def test_administrators_may(people: Alerts, alert: Alert) -> None:
    """From anywhere; it stays its owner's."""
    assert (await people.pause(alert.id, BOSS)).paused_why == Paused.PERSON
    assert (await people.resume(alert.id, BOSS)).owner == OWNER


async def test_a_pause_is_one_act(house: House, people: Alerts, alert: Alert) -> None:
    """However often it is pressed."""
    for _ in range(2):
        await people.pause(alert.id, ANA)
    assert store.contracts(house.db) == ()
    for _ in range(2):
        await people.resume(alert.id, ANA)
    assert store.contracts(house.db) == (CONTRACT,)
    said = [f"alert 1 {what}, for {CHANNEL}" for what in ("made", "paused by hand", "resumed")]
    assert house.acts(Act.ALERT) == said


async def test_take_over(house: House, people: Alerts, alert: Alert) -> None:
    """Whoever may, once its owner may not; then it goes on by their rights."""
    with pytest.raises(errors.AlertOwnerOnlyError):
        await people.take_over(alert.id, COLLEAGUE)
    store.pause(house.db, alert.id, Paused.OWNER.value, house.clock.now())
    with pytest.raises(errors.HiddenAlertError):
        await people.take_over(alert.id, STRANGER)
    house.access.rules = Rules(contracts=frozenset({"9"}))
    with pytest.raises(errors.ContractNotAllowedError):
        await people.take_over(alert.id, COLLEAGUE)
    house.access.rules = Rules()
    taken = await people.take_over(alert.id, COLLEAGUE)
    assert (taken.owner, taken.paused_why) == (BEN, "")
    assert await people.take_over(alert.id, COLLEAGUE) == taken


async def test_one_whose_channel_is_closed_does_not_go_on(house: House, people: Alerts, alert: Alert) -> None:
    """It would pause again at once, and say so again."""
    house.places.closed.add(CHANNEL)
    for why, goes_on in ((Paused.PERSON, people.resume), (Paused.CLOSED, people.take_over)):
        store.pause(house.db, alert.id, why.value, house.clock.now())
        with pytest.raises(errors.AlertRefusedError, match="invite me there first"):
            await goes_on(alert.id, ANA)
        assert store.get(house.db, alert.id).paused_why == why
        store.resume(house.db, alert.id, OWNER, house.clock.now())


async def test_who_was_faster_has_it(house: House, people: Alerts, alert: Alert) -> None:
    """Two who take over at once: one of them hears whose it is."""
    paused = store.pause(house.db, alert.id, Paused.OWNER.value, house.clock.now())
    assert paused
    await people.take_over(alert.id, COLLEAGUE)
    with pytest.raises(errors.AlertOwnerOnlyError) as refused:
        await house.database.write(changes.resume, paused, ANA, house.clock.now(), owner="U0DORA0005")
    assert refused.value.alert.owner == BEN


async def test_an_edit_begins_anew(house: House, people: Alerts, alert: Alert) -> None:
    """What it told is closed, since other figures are looked at now; the same once more, or unchanged, is nothing."""
    row, made_for = tells(house, alert), MadeFor(alert.id, alert.mark)
    assert (await people.edit(made_for, ANA, DRAFT, origin="form:2")).id == alert.id
    assert outbox.get(house.db, row.id).version == row.version
    for _ in range(2):
        edited = await people.edit(made_for, ANA, replace(DRAFT, watched=Shares((90,))), origin="form:3")
    assert (edited.owner, edited.standing, edited.looked_at) == (OWNER, "", None)
    assert [each.alert for each in (await people.listing(ANA)).shown] == [edited]
    assert outbox.get(house.db, row.id).version == row.version + 1
    told = load(house.db, outbox.get(house.db, row.id)).message(None, Words()).text
    assert told.endswith("since the alert was changed.")
    assert house.acts(Act.ALERT)[1:] == [f"alert {edited.id} made in the place of alert 1, for {CHANNEL}"]
    with pytest.raises(errors.NoSuchAlertError):
        await people.edit(made_for, ANA, DRAFT, origin="form:4")


async def test_an_edit_is_checked_like_a_new_one(people: Alerts, alert: Alert) -> None:
    """By the rights of who edits; an administrator leaves it with its owner. Nothing is lost where it is refused."""
    made_for = MadeFor(alert.id, alert.mark)
    with pytest.raises(errors.AlertOwnerOnlyError):
        await people.edit(made_for, COLLEAGUE, replace(DRAFT, watched=Shortage()), origin="form:2")
    with pytest.raises(errors.AlertRefusedError):
        await people.edit(made_for, ANA, replace(DRAFT, watched=Limit("userName", "x", 5)), origin="form:2")
    other = await people.create(replace(DRAFT, watched=Shortage()), ANA, origin="form:3")
    with pytest.raises(errors.AlertRefusedError):
        await people.edit(made_for, ANA, replace(DRAFT, watched=Shortage()), origin="form:4")
    assert {each.alert for each in (await people.listing(ANA)).shown} == {alert, other}
    assert (await people.edit(made_for, BOSS, replace(DRAFT, channel="C0OTHER01"), origin="form:5")).owner == OWNER


@pytest.mark.parametrize(("why", "after"), [(Paused.PERSON, Paused.PERSON), (Paused.RULE, ""), (Paused.CLOSED, "")])
async def test_an_edit_mends_what_is_paused_by_itself(
    house: House, people: Alerts, alert: Alert, why: Paused, after: str
) -> None:
    """What a person has paused stays so."""
    store.pause(house.db, alert.id, why.value, house.clock.now())
    edited = await people.edit(MadeFor(alert.id, alert.mark), ANA, DRAFT, origin="form:2")
    assert edited.paused_why == after


async def test_what_goes_on_after_a_closed_channel_is_not_paused_for_the_same_message(
    house: House, people: Alerts, alert: Alert
) -> None:
    """Who resumes it says that the bot is in the channel again: what was refused is tried at once."""
    house.clock._now += timedelta(seconds=1)
    now, state_of = house.clock.now(), Finding(YEAR, holds=True, step=50, matter=ShareUsed(3, 50, 5000, 10_000, 0.4))
    state, acts = episodes.looked(State(), state_of, now)
    assert telling.looked(house.db, alert, state, acts, Seen(now, COUNTED.as_json()), LinkAudience.CHANNEL, now)
    row = house.told(MessageKind.ALERT)[-1]
    outbox.refused(house.db, row, Refusal.PLACE, now)
    assert [each.id for each in pausing.closed(house.db)] == [alert.id]
    store.pause(house.db, alert.id, Paused.CLOSED.value, now)
    house.clock._now += timedelta(minutes=5)
    await people.take_over(alert.id, COLLEAGUE)
    assert pausing.closed(house.db) == ()
    assert outbox.get(house.db, row.id).due_at == house.clock.now()


async def test_acknowledge(house: House, people: Alerts, alert: Alert) -> None:
    """Everybody in the channel may, once; the message says who, and nothing is told again of that step."""
    row = tells(house, alert)
    with pytest.raises(errors.HiddenAlertError):
        await people.acknowledge(alert.id, STRANGER, message=TS, origin="a")
    for origin in ("a", "a", "b"):
        await people.acknowledge(alert.id, COLLEAGUE, message=TS, origin=origin)
    await people.acknowledge(alert.id, ANA, message=TS, origin="c")
    episode = state(house, alert).episode
    assert episode
    assert (episode.phase, episode.person) == (Phase.ACKNOWLEDGED, BEN)
    assert outbox.get(house.db, row.id).version == row.version + 1
    assert house.acts(Act.ALERT)[1:] == [f"alert 1 acknowledged, for {CHANNEL}"]


async def test_put_off_and_changed_one_s_mind(house: House, people: Alerts, alert: Alert) -> None:
    """The last word counts, and each press is one act, also where Slack sends it twice."""
    tells(house, alert)
    now = house.clock.now()
    a_day, a_week = timedelta(days=1), timedelta(days=7)
    assert await people.put_off(alert.id, ANA, Delay.DAY, message=TS, origin="1") == now + a_day
    assert await people.put_off(alert.id, ANA, Delay.WEEK, message=TS, origin="2") == now + a_week
    assert await people.put_off(alert.id, ANA, Delay.DAY, message=TS, origin="1") == now + a_week
    assert await people.put_off(alert.id, ANA, Delay.DAY, message=TS, origin="3") == now + a_day
    assert len(house.acts(Act.ALERT)) == 4
    episode = state(house, alert).episode
    assert episode
    assert (episode.phase, episode.until) == (Phase.PUT_OFF, now + a_day)
    await people.acknowledge(alert.id, ANA, message=TS, origin="4")
    episode = state(house, alert).episode
    assert episode
    assert (episode.phase, episode.until) == (Phase.ACKNOWLEDGED, None)


async def test_until_next_month_is_a_morning_where_one_lives(house: House, people: Alerts, alert: Alert) -> None:
    tells(house, alert)
    until = await people.put_off(alert.id, ANA, Delay.MONTH, message=TS, origin="1")
    assert until == datetime(2026, 12, 1, 8, tzinfo=UTC)


async def test_what_is_over_is_left_alone(house: House, people: Alerts, alert: Alert) -> None:
    """A press on the message of a step of before says nothing about the one that is told now."""
    with pytest.raises(errors.AlertOverError):
        await people.acknowledge(alert.id, ANA, message=TS, origin="0")
    tells(house, alert, 50)
    tells(house, alert, 75, "2.5")
    with pytest.raises(errors.AlertOverError):
        await people.acknowledge(alert.id, ANA, message=TS, origin="1")
    with pytest.raises(errors.AlertOverError):
        await people.put_off(alert.id, ANA, Delay.DAY, message=TS, origin="2")
    episode = state(house, alert).episode
    assert episode
    assert episode.phase is Phase.OPEN
    await people.acknowledge(alert.id, ANA, message="2.5", origin="3")


async def test_not_useful_is_counted_once_for_each_message_and_person(
    house: House, people: Alerts, alert: Alert
) -> None:
    tells(house, alert)
    for person in (ANA, ANA, COLLEAGUE):
        await people.not_useful(alert.id, person, message=TS)
    assert store.get(house.db, alert.id).useless == 2
    tells(house, alert, 75, "2.5")
    assert (await people.not_useful(alert.id, ANA, message="2.5")).useless == 3
    assert house.acts(Act.ALERT).count(f"alert 1 said not to be useful, for {CHANNEL}") == 3


async def test_what_is_deleted_is_gone(house: House, people: Alerts, alert: Alert) -> None:
    """Its message is closed in place; whoever presses there hears that it is gone."""
    row = tells(house, alert)
    await people.not_useful(alert.id, ANA, message=TS)
    await people.delete(alert.id, ANA)
    with pytest.raises(errors.NoSuchAlertError):
        await people.delete(alert.id, ANA)
    with pytest.raises(errors.NoSuchAlertError):
        await people.recognise(MadeFor(alert.id, alert.mark))
    assert outbox.get(house.db, row.id).version > row.version
    assert (await people.listing(ANA)).shown == ()


async def test_a_button_of_another_life_does_nothing(people: Alerts, alert: Alert) -> None:
    """Its number is that of another alert."""
    assert await people.recognise(MadeFor(alert.id, alert.mark)) == alert.id
    with pytest.raises(errors.NoSuchAlertError):
        await people.recognise(MadeFor(alert.id, "0123456789"))


async def test_the_list_is_the_channels_and_ones_own(people: Alerts, alert: Alert) -> None:
    """What somebody may change is told with it."""
    assert [(each.alert.id, each.may_change) for each in (await people.listing(ANA)).shown] == [(alert.id, True)]
    assert [(each.alert.id, each.may_change) for each in (await people.listing(COLLEAGUE)).shown] == [(alert.id, False)]
    assert (await people.listing(STRANGER)).shown == ()


async def test_outside_of_channels_those_of_ones_channels_are_seen(house: House, people: Alerts, alert: Alert) -> None:
    """In the Home tab what has paused by itself is first; who is not in the channel sees nothing."""
    other = await people.create(replace(DRAFT, watched=Shortage()), ANA, origin="form:2")
    store.pause(house.db, other.id, Paused.OWNER.value, house.clock.now())
    at_home, elsewhere = admitted(BEN, ""), admitted(ADMINISTRATOR, "")
    house.places.members = {BEN}
    assert [each.alert.id for each in (await people.listing(at_home)).shown] == [alert.id, other.id]
    shown = await people.at_home(at_home)
    assert ([each.alert.id for each in shown.shown], shown.count) == ([other.id, alert.id], 2)
    assert (await people.take_over(other.id, at_home)).owner == BEN
    assert (await people.at_home(elsewhere)).count == 0


async def test_there_is_an_end_of_alerts(house: House, people: Alerts, alert: Alert) -> None:
    """A hundred in a channel."""
    for number in range(99):
        watched = Limit("productName", f"Product {number}", 5)
        await people.create(replace(DRAFT, watched=watched), ANA, origin=f"more:{number}")
    with pytest.raises(errors.AlertRefusedError):
        await people.create(replace(DRAFT, watched=Shortage()), COLLEAGUE, origin="more")
    assert len(store.seen_from(house.db, [CHANNEL], "")) == 100


async def test_the_list_has_pages(house: House, people: Alerts) -> None:
    """Who acts on one sees the page that it stands on, also where that is another one now."""
    made = [
        await people.create(
            replace(DRAFT, watched=Limit("productName", f"Product {number}", 5)), ANA, origin=f"m:{number}"
        )
        for number in range(PAGE + 2)
    ]
    first = await people.listing(ANA)
    assert ([each.alert for each in first.shown], first.first, first.count) == (made[:PAGE], 0, PAGE + 2)
    held = await people.listing(ANA, holds=made[-1].id)
    assert ([each.alert for each in held.shown], held.first) == (made[PAGE:], PAGE)
    await people.pause(made[0].id, ANA)
    assert (await people.listing(ANA, holds=made[0].id)).first == PAGE
    assert (await people.listing(ANA, 10 * PAGE)).first == PAGE
    assert (await people.listing(ANA, holds=99)).first == 0
