"""From the bytes of a file to the message: whatever they are, there is a sentence, and Slack takes what is drawn."""

import asyncio
import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.answers.answer import answer_of
from bot.answers.comparison import Run, compared
from bot.answers.engine import runner
from bot.answers.engine.document import Found, Limits
from bot.answers.plan import Plan, plan
from bot.cards import answer_card
from bot.cards.answer_controls import controls
from bot.cards.blocks import Message
from bot.cards.figures import Fault, Unread
from bot.cards.names import Names
from bot.cards.query import Query
from bot.questions.periods import Days
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import ExportRequest
from sandbox.slack.rules.blocks import message_faults
from storage.models import Export
from storage.states import ExportState
from tests.harness.rows import NOW
from tests.unit.answers.files import asked, engine_says, found_in

CATALOGUE = Catalogue()
MOST_TEXT = 40_000  #: characters of a message's text (source: Slack, chat.postMessage)
#: Requests of each kind of table: names of people, sessions, days, bookings, what may not be added, the least first.
REQUESTS: dict[str, ExportRequest] = {
    "people": asked(["userName", "usageDate"], ["tokensConsumed"]),
    "sessions": asked(["userName", "productName", "chargedItemID", "sessionStartDate"], ["usageMinutes"]),
    "bookings": asked(["reasonType", "reasonComment", "usageCategory", "contractYear"], ["quantity"]),
    "centres": asked(["customField1", "usageMonth"], ["tokensConsumed", "usageHours", "uniqueUsers"]),
    "idle": asked(["userName", "productName", "usageDate"]),
    "numbers": asked([], ["tokensConsumed", "uniqueUsers"]),
}
NASTY = (
    *("=cmd|' /C calc'!A0", "+49 89 1234", "@finance", "<!channel>", "<!here|here>", "<@U12345678>", "<#C1|general>"),
    *("<https://example.com|sign in>", "*bold* _italic_ ~gone~ `code`", "```", "&lt;!channel&gt;", 'Smith, "Jane"'),
    *("two\nlines", "\r", "\t", " ", "o\u202eecila\u202c", "\u200fעברית", "\u2066\u2069", "\u0000ff", "\ud7ff"),
    *(":rotating_light:", "@channel", "@everyone", "e\u0301" * 300, "x" * 5000, "\U0001f468\u200d\U0001f469" * 99),
)


def _drawn(outcome: Found | Unread, made: Plan, labels: dict[str, str], *, people: bool) -> Message:
    export = Export(42, ExportState.READY, REQUESTS["people"], "U1", "C1", NOW, NOW, announcement=1)
    if isinstance(outcome, Unread):
        return answer_card.unread(export, outcome)
    return answer_card.figures(export, answer_of(outcome, made, Names(CATALOGUE, labels), people=people))


def _assert_slack_takes(message: Message) -> None:
    for blocks in (message.blocks, message.plainer):
        assert message_faults(json.loads(json.dumps(blocks))) == ([], "")
    for text in (message.text, message.bare):
        assert len(text.encode()) <= MOST_TEXT
    for text in _mrkdwn(message):
        assert not re.search(r"<(?![@#]?[CUW]\w+>)", text), text  # what is not ours would be a ping or a link
        assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _mrkdwn(message: Message) -> Iterator[str]:
    """Yield every text of a message that Slack reads as mrkdwn."""
    yield from (text for text in (message.text, message.bare) if text)
    for blocks in (message.blocks, message.plainer):
        yield from (str(each["text"]) for each in _parts(blocks) if each.get("type") == "mrkdwn")


def _parts(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        part = list(part.values())
    for inner in part if isinstance(part, list) else ():
        yield from _parts(inner)


def _file(request: ExportRequest, rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([[*request.fields, *request.metrics], *rows])
    return text.getvalue().encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("people", [True, False])
@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_name_pings_nobody_and_breaks_no_message(name: str, people: bool, tmp_path: Path) -> None:
    """It stands for a person, a product, a cost centre, a comment, and in the customer's own label."""
    for key, request in REQUESTS.items():
        texts = {"userName", "productName", "customField1", "reasonType", "reasonComment", "usageCategory"}
        row = [name if field in texts else "" for field in request.fields] + ["1.5" for _ in request.metrics]
        made = plan(request, CATALOGUE)
        outcome = engine_says(tmp_path, _file(request, [row, row]), made.task)
        assert isinstance(outcome, Found) or outcome.fault is Fault.NUL, (key, outcome)
        _assert_slack_takes(_drawn(outcome, made, {"customField1": name}, people=people))


@pytest.mark.parametrize("sign", ["x", "&", "\U0001f468\u200d\U0001f469"])
@pytest.mark.parametrize("columns", [1, 3, 10])
def test_long_names_in_many_columns_and_two_comparisons(columns: int, sign: str, tmp_path: Path) -> None:
    """However long a sentence would get, Slack takes it; each one stands there, and nothing is cut in half."""
    fields = tuple(f"customField{number}" for number in range(1, columns + 1))
    request = asked(fields, ["tokensConsumed", "usageHours", "usageMinutes", "useCount"])
    made = plan(request, CATALOGUE, by=fields, top=100, keeps=True)

    def read(first: int, factor: int) -> Found:
        rows = [[f"{at}{sign * 300}"] * columns + [str(at * factor)] * 4 for at in range(first, first + 40)]
        return found_in(tmp_path, _file(request, rows), made.task)

    names = Names(CATALOGUE, {name: f"{name[11:]} " + "Cost & centre " * 22 for name in fields})
    september, august = Days(date(2026, 9, 1), date(2026, 9, 30)), Days(date(2026, 8, 1), date(2026, 8, 31))
    now, then = read(1, 3), read(21, 1)
    runs = [(Run(place, days, NOW), then) for place, days in enumerate((august, september))]
    answer = answer_of(now, made, names, people=True)
    answer = compared(answer, made, names, (Run(2, september, NOW), now), runs)
    assert len(answer.comparison) == 2
    export = Export(42, ExportState.READY, request, "U1", "C1", NOW, NOW, announcement=1)
    query = Query(fields, 100)
    below = controls(export, query, names, shows_people=True, posts=True)
    message = answer_card.figures(export, answer, controls=below)
    _assert_slack_takes(message)
    for text in _mrkdwn(message):
        assert not re.search(r"&(?!(?:amp|lt|gt);)", text), text


def test_what_stands_in_a_table_is_what_stands_in_the_file(tmp_path: Path) -> None:
    """Nothing is hidden or replaced but what has no sign of its own or turns the direction of others."""
    made = plan(REQUESTS["people"], CATALOGUE)
    content = _file(REQUESTS["people"], [["<!channel> & *co*", "2026-10-01", "1.5"]])
    message = _drawn(engine_says(tmp_path, content, made.task), made, {}, people=True)
    cells = [each["text"] for each in _parts(message.blocks) if each.get("type") == "raw_text"]
    assert "<!channel> & *co*" in cells  # Slack shows it as it is
    assert "&lt;!channel&gt; &amp; *co*" in message.bare


# --- fuzz ---------------------------------------------------------------------------------------------------------

_NAMES = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
_WORDS = st.sampled_from(
    [*("", "0", "-1", "1e18", "1e-9", ".5", "NaN", "inf", "99999999999999999999", "2026-10-01", "2026-10-01T08:00:00")]
)
_LIKELY = {
    "date": st.dates().map(str),
    "month": st.dates().map(str),
    "datetime": st.datetimes().map(str),
    "integer": st.integers(-9, 9).map(str),
    "metric": st.decimals(-(10**15), 10**15, places=4).map(str),
}


@st.composite
def _files(draw: st.DrawFn) -> tuple[ExportRequest, bytes]:
    """A file that is almost right: rows of likely values, now and then another one, now and then torn."""
    request = draw(st.sampled_from(list(REQUESTS.values())))
    kinds = [each.kind for each in plan(request, CATALOGUE).task.columns]
    odd = draw(st.booleans())
    values = [(_LIKELY.get(kind, _NAMES) | (_WORDS if odd else st.just(""))) for kind in kinds]
    content = _file(request, draw(st.lists(st.tuples(*values).map(list), max_size=30)))
    if draw(st.integers(0, 4)) == 0:
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.binary(max_size=9)) + content[at + draw(st.integers(0, 3)) :]
    return request, content


_PATIENT = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_PATIENT
@given(given_=_files(), people=st.booleans())
def test_almost_any_file_becomes_a_message(
    given_: tuple[ExportRequest, bytes], people: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    request, content = given_
    made = plan(request, CATALOGUE)
    outcome = engine_says(tmp_path_factory.mktemp("file"), content, made.task)
    assert isinstance(outcome, Found) or outcome.fault is not Fault.CRASH, content
    _assert_slack_takes(_drawn(outcome, made, {"customField1": "Cost centre"}, people=people))


@_PATIENT
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_become_a_message(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, made = tmp_path_factory.mktemp("file"), plan(REQUESTS["people"], CATALOGUE)
    for head in (b"", b"userName,usageDate,tokensConsumed\n"):
        outcome = engine_says(folder, head + content, made.task)
        assert isinstance(outcome, Found) or outcome.fault is not Fault.CRASH, content
        _assert_slack_takes(_drawn(outcome, made, {}, people=True))


# --- size ---------------------------------------------------------------------------------------------------------

HEADER = b"userName,usageDate,tokensConsumed\n"
GIGABYTE = 1 << 30
#: How a file begins whose rest is a gigabyte of NUL bytes without a line end, and what is said of it first.
ENDLESS: dict[str, tuple[bytes, Fault]] = {
    "a row": (HEADER + b"j" * 3_000_000, Fault.LONG_LINE),
    "a quoted value": (HEADER + b'"' + b"j\n" * 1_500_000, Fault.NUL),
    "a header": (b"u" * 3_000_000, Fault.LONG_LINE),
    "nothing at all": (b"", Fault.NUL),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_line_of_a_gigabyte_is_a_sentence(name: str, tmp_path: Path) -> None:
    """The file is sparse: it has a gigabyte to be read, and takes none."""
    begins, fault = ENDLESS[name]
    path = tmp_path / "export.csv"
    with path.open("wb") as file:
        file.write(begins)
        file.truncate(GIGABYTE)
    task = plan(REQUESTS["people"], CATALOGUE).task
    outcome = asyncio.run(runner.read(path, tmp_path, task, Limits(memory=128)))
    assert outcome == Unread(fault)
