"""What alerts ask of files: an export a day, by which they are looked at, and which nobody else sees."""

from datetime import date, timedelta

from bot.answers import announcing
from bot.cards.alert_watched import Every, Unusual
from bot.cards.pauses import Paused
from bot.exports import announcements
from bot.exports.submissions import refuse
from bot.settings import LinkAudience
from storage import alerts, answers, export_search, exports
from storage.answers import Figures, NewAnswer
from storage.audit import Act
from storage.models import MessageKind
from storage.states import Event
from tests.harness.stored import CONTRACT
from tests.unit.alerts.house import CHANNEL, OWNER, REVIT, House

_K = MessageKind
DAY = timedelta(days=1)


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
