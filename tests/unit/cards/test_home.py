"""The Home tab as a value: within Slack's limits whatever there is, and saying only what can be done there."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.use_cases import MOST_AT_HOME
from bot.cards import alert_card, alert_list, alert_watched, home
from bot.cards.admin_card import Autodesk, Overview
from bot.cards.alert_told import OverLimit, Phase, Told
from bot.cards.explanations import _SENTENCES
from bot.cards.home import AT_HOME, ExportsAtHome, Shown
from bot.cards.pauses import Paused
from bot.cards.schedule_list import Line
from bot.cards.waiting import InLine
from bot.questions import templates as template_rules
from bot.schedules import drafts, listing
from bot.tokenflex.errors import LoginNeededError
from storage.alerts import Alert
from storage.by_itself import AlertsNow, SchedulesNow
from storage.models import About, CallsSpent, Delivery, DeliveryState, Export, MessageKind
from storage.schedules import Schedule
from storage.states import ExportState, Note
from storage.templates import Template
from storage.troubles import Trouble
from tests.harness.rows import NOW, REQUEST
from tests.harness.slack_takes import texts

#: Signs that grow: as entities, as escapes of JSON, and those that end something.
SIGNS = st.sampled_from("&<>`*_~é漢🎉\n\u202e\"'@ab ")


def written(limit: int) -> st.SearchStrategy[str]:
    """A text of people or of Autodesk, most often as long as it may be."""
    return st.one_of(st.text(SIGNS, min_size=1, max_size=limit), SIGNS.map(lambda sign: sign * limit))


@st.composite
def exports(draw: st.DrawFn, number: int) -> Export:
    """An export in any state, with whatever can stand in it."""
    state = draw(st.sampled_from(ExportState))
    return Export(
        number,
        state,
        replace(REQUEST, file_name=draw(written(255)), where=draw(written(2000))),
        "U0SBX00002",
        draw(st.sampled_from(["C0SBX00006", "D0SBX00006"])),
        NOW,
        NOW,
        explanation=draw(st.sampled_from(sorted(_SENTENCES.values()))) + "\n" + draw(written(3000)),
        upstream_file_name=draw(st.just("") | written(300)),
        upstream_status=draw(st.sampled_from([None, "Requested"]) | written(200)),
        note=draw(st.sampled_from(Note)),
        noted_at=draw(st.sampled_from([None, NOW])),
        next_try_at=draw(st.sampled_from([None, NOW])),
        replaced_by=draw(st.sampled_from([None, 10**9])),
        origin="command:1",
    )


def many(draw: st.DrawFn, first: int, most: int) -> tuple[Export, ...]:
    """Exports of any kind, all but a few like one of three."""
    count = draw(st.integers(0, most))
    kinds = [draw(exports(first)) for _ in range(min(count, 3))]
    return tuple(replace(kinds[at % 3], number=first + at) for at in range(count))


@st.composite
def overviews(draw: st.DrawFn) -> Overview:
    """How things stand, also with much that is stuck."""
    given_up = tuple(
        Delivery(
            id=at, subject="s", kind=draw(st.sampled_from(sorted(set(MessageKind)))), about=About.EXPORT,
            about_id=10**9, recipient="C0SBX00006", edition=1, state=DeliveryState.GIVEN_UP, due_at=NOW,
            created_at=NOW, last_error=draw(written(2000)),
        )
        for at in range(draw(st.integers(0, 12)))
    )  # fmt: skip
    line = draw(lines())
    paused = replace(line.schedule, paused_why=draw(st.sampled_from(Paused)))
    known = SchedulesNow(1000, 1000, (line.schedule,) * 3, (paused,) * 3, 1000) if line.may_change else SchedulesNow()
    return Overview(
        dict.fromkeys(ExportState, 10_000),
        (),
        given_up,
        CallsSpent(minute=5, minute_limit=5, hours=2400, hours_limit=2400, waiting=10_000, refused_at=NOW),
        NOW,
        draw(st.sampled_from([Autodesk(), Autodesk(is_known=True), Autodesk(True, LoginNeededError("x"), NOW)])),
        draw(st.sampled_from([None, Trouble("account_inactive", NOW, edits=False)])),
        known,
        draw(st.just(AlertsNow()) | alert_lines().map(lambda line: stands(line.alert))),
    )


def stands(alert: Alert) -> AlertsNow:
    """Alerts of which many are paused and not useful."""
    return AlertsNow(1000, 1000, (replace(alert, paused_why=Paused.OWNER),) * 3, (alert,) * 3, 1000, alert)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """A schedule that runs, or is paused for any reason, of who looks or of somebody else."""
    schedule = Schedule(
        id=draw(st.integers(1, 10**9)),
        origin="form:1",
        name=draw(written(drafts.MAX_NAME)),
        question="{}",
        contract=draw(written(30)),
        channel="C0SBX00006",
        owner=draw(st.sampled_from(["U0SBX00002", "U0SBX00001"])),
        rule="{}",
        missed="once",
        through="",
        next_at=draw(st.sampled_from([None, NOW])),
        paused_why=draw(st.sampled_from(["", *Paused])),
        failures=0,
        edition=1,
        created_at=NOW,
        changed_at=NOW,
    )
    next_run = draw(st.sampled_from(["", "Monday, 2 November 2026, 08:00"]))
    left_out = (next_run,) * draw(st.integers(0, 12)) if next_run else ()
    return Line(schedule, "", draw(written(160)), next_run, next_run, left_out, None, draw(st.booleans()))


@st.composite
def alert_lines(draw: st.DrawFn) -> alert_list.Line:
    """An alert that tells something or nothing, or is paused for any reason."""
    contract, value = draw(written(30)), draw(written(500))
    alert = Alert(
        id=draw(st.integers(1, 10**9)),
        origin="form:1",
        contract=contract,
        channel="C0SBX00006",
        owner=draw(st.sampled_from(["U0SBX00002", "U0SBX00001"])),
        watched=alert_watched.as_text(alert_watched.Limit("productName", f"x{value}", 5)),
        standing="",
        paused_why=draw(st.sampled_from(["", *Paused])),
        useless=draw(st.integers(0, 1000)),
        edition=1,
        looked_at=draw(st.sampled_from([None, NOW])),
        created_at=NOW,
        changed_at=NOW,
    )
    told = Told(contract, OverLimit(value, "March 2026", 12_345, 10_000), draw(st.sampled_from(Phase)), "U1", NOW)
    paused = alert_card.paused(alert) if alert.paused_why else ""
    said = draw(st.sampled_from(["", alert_watched.said(alert.watched)]))
    return alert_list.Line(alert, said, draw(st.sampled_from([None, told])), paused, draw(st.booleans()))


@st.composite
def shown(draw: st.DrawFn) -> Shown:
    """Anything that a Home can be asked to show."""
    running = many(draw, 1, AT_HOME)
    line = draw(st.sampled_from([None, InLine(9_999, 90_000.0, True), InLine(0, 0.0, False)]))
    name, sentence = draw(written(template_rules.MAX_NAME)), draw(st.just("") | written(template_rules.MAX_SENTENCE))
    saved = tuple(
        Template(
            name=name, sentence=sentence, question="{}", owner="U1", home="U1", id=at, created_at=NOW, changed_at=NOW
        )
        for at in range(draw(st.integers(0, template_rules.MOST)))
    )
    seen = ExportsAtHome(
        tuple((each, line) for each in running),
        draw(st.integers(len(running), 10_000)),
        many(draw, 100, AT_HOME + 1),
        many(draw, 200, AT_HOME + 1),
        channels_are_told=draw(st.booleans()),
    )
    most = listing.MOST_AT_HOME
    by_itself = draw(st.lists(lines(), max_size=most, unique_by=lambda line: line.schedule.id))
    watched = draw(st.lists(alert_lines(), max_size=MOST_AT_HOME, unique_by=lambda line: line.alert.id))
    return Shown(
        seen,
        tuple(by_itself),
        draw(st.integers(most, 1000)) if len(by_itself) == most else len(by_itself),
        tuple(watched),
        len(watched),
        templates=saved,
        overview=draw(st.none() | overviews()),
        links_for_others=draw(st.booleans()),
    )


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object in a view."""
    if isinstance(value, Mapping):
        yield value
        for each in value.values():
            yield from objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from objects(each)


@given(shown())
def test_slack_takes_it_whatever_there_is(seen: Shown) -> None:
    """100 blocks, 250 kB, ids that are unique, texts and buttons within their limits."""
    view = home.view(seen)
    assert len(view["blocks"]) <= 100
    assert len(json.dumps(view).encode()) <= 250_000
    ids = [block["block_id"] for block in view["blocks"]]
    assert len(set(ids)) == len(ids)
    for block in view["blocks"]:
        assert block["type"] != "header" or len(block["text"]["text"]) <= 150
        assert 1 <= len(block.get("elements", "x")) <= 25
    assert all(1 <= len(text["text"]) <= 3000 for text in texts(list(view["blocks"])))
    for each in objects(view):
        if each.get("type") == "button":
            assert len(each["text"]["text"]) <= 75
            assert len(each.get("value", "")) <= 2000
            assert 1 <= len(each.get("accessibility_label", "x")) <= 75


@given(shown())
def test_the_way_on_is_always_there(seen: Shown) -> None:
    """However much there is, a new export can be asked for; what waits in line says so."""
    buttons = [each["text"]["text"] for each in objects(home.view(seen)) if each.get("type") == "button"]
    assert buttons.count("New export") == 1
    assert buttons[0] == "New export"


@pytest.mark.parametrize("state", ExportState)
def test_a_row_names_only_buttons_that_it_has(state: ExportState) -> None:
    """As on a card; and where it will be posted is said by name, since nothing is posted to a Home."""
    export = Export(42, state, REQUEST, "U0SBX00002", "C0SBX00006", NOW, NOW, explanation="No.\nx", origin="a")
    view = home.view(Shown(ExportsAtHome(running=((export, None),), running_count=1)))
    buttons = {each["text"]["text"] for each in objects(view) if each.get("type") == "button"}
    said = json.dumps(view)
    for label in ("Get a fresh link", "Retry", "Edit and send again", "Delete", "Give up"):
        assert f"*{label}*" not in said or label in buttons, label
    assert "here when" not in said


#: What an edit alone mends.
EDITED = {Paused.RULE, Paused.PEOPLE}


@given(alert_lines(), st.integers(1, 100))
def test_alerts_lead_to_their_list(line: alert_list.Line, count: int) -> None:
    """And one that is paused can go on from there, by who may let it."""
    view = home.view(Shown(ExportsAtHome(), alerts=(line,), alert_count=count))
    labels = [each["text"]["text"] for each in objects(view) if each.get("type") == "button"]
    goes_on = line.alert.paused_why not in {"", *EDITED}
    assert len(set(labels) & {"Resume", "Take over"}) == (goes_on and ("Take over" in labels or line.may_change))
    assert labels[-1].startswith("Show ")


@given(lines(), st.integers(1, 100))
def test_schedules_lead_to_their_list(line: Line, count: int) -> None:
    """And one that is paused can go on from there, by who may let it."""
    view = home.view(Shown(ExportsAtHome(), (line,), count))
    labels = [each["text"]["text"] for each in objects(view) if each.get("type") == "button"]
    goes_on = line.schedule.paused_why not in {"", *EDITED}
    assert len(set(labels) & {"Resume", "Take over"}) == (goes_on and ("Take over" in labels or line.may_change))
    assert labels[-1].startswith("Show ")
    assert ("Next: " in json.dumps(view)) == (not line.schedule.is_paused and line.next_run != "")


def test_at_first_three_sentences_and_one_button() -> None:
    """Nothing else."""
    first, second = home.view(Shown(ExportsAtHome()))["blocks"]
    assert first["text"]["text"].count(". ") == 2
    assert [each["text"]["text"] for each in second["elements"]] == ["New export"]


def test_links_that_others_may_not_have_are_not_offered() -> None:
    """Where links are for who asked alone."""
    export = Export(42, ExportState.READY, REQUEST, "U2", "C0SBX00006", NOW, NOW, origin="a")
    seen = ExportsAtHome(of_channels=(export,))
    assert "Get a fresh link" in json.dumps(home.view(Shown(seen)))
    assert "Get a fresh link" not in json.dumps(home.view(Shown(seen, links_for_others=False)))
