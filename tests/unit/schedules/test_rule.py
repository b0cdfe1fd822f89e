"""Rules as values and as JSON, in words, and as people type them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.questions.periods import Relative
from bot.schedules import rule as rules
from bot.schedules import typed
from bot.schedules.calendar import next_runs
from bot.schedules.rule import (
    Cron,
    Daily,
    Days,
    MonthDay,
    NthWeekday,
    Rule,
    RuleError,
    Timed,
    Weekday,
    Weekly,
    WorkingDay,
)
from bot.schedules.typed import RuleProblem, Typed
from bot.schedules.wording import ordinal, preview, run_said, words
from tests.unit.schedules import judge

BERLIN = "Europe/Berlin"
EIGHT = time(8)

#: Each kind of rule in words, and as it is typed.
SAID: dict[str, tuple[Rule, Typed]] = {
    "every day at 08:00, Europe/Berlin": (Timed(Daily(), EIGHT, BERLIN), Typed("daily", at="8", zone="berlin")),
    "every Monday at 08:00, Europe/Berlin": (
        Timed(Weekly((Weekday.MONDAY,)), EIGHT, BERLIN),
        Typed("weekly", (Weekday.MONDAY,), at="8 am", zone="europe/berlin"),
    ),
    "every Monday, Wednesday and Sunday at 20:30, America/New_York": (
        Timed(Weekly((Weekday.SUNDAY, Weekday.MONDAY, Weekday.WEDNESDAY)), time(20, 30), "America/New_York"),
        Typed("weekly", (Weekday.SUNDAY, Weekday.WEDNESDAY, Weekday.MONDAY), at="8:30 pm", zone="new york"),
    ),
    "Monday to Friday at 08:00, Europe/Berlin": (
        Timed(Weekly(rules.WORKING_DAYS), EIGHT, BERLIN),
        Typed("weekly", rules.WORKING_DAYS, at="08.00", zone=BERLIN),
    ),
    "on the 1st of each month at 08:00, Europe/Berlin": (
        Timed(MonthDay(1), EIGHT, BERLIN),
        Typed("month-day", day="1st", at="0800", zone=BERLIN),
    ),
    "on the 30th of each month, or the last day of a shorter one, at 08:00, Europe/Berlin": (
        Timed(MonthDay(30), EIGHT, BERLIN),
        Typed("month-day", day="30", at="8h", zone=BERLIN),
    ),
    "on the last day of each month at 08:00, Europe/Berlin": (
        Timed(MonthDay(31), EIGHT, BERLIN),
        Typed("month-day", day="last", at="8:00", zone=BERLIN),
    ),
    "on the second Tuesday of each month at 08:00, UTC": (
        Timed(NthWeekday(2, Weekday.TUESDAY), EIGHT, "UTC"),
        Typed("nth-weekday", (Weekday.TUESDAY,), nth=2, at="8:00", zone="utc"),
    ),
    "on the first working day of each month at 08:00, Europe/Berlin": (
        Timed(WorkingDay(1), EIGHT, BERLIN),
        Typed("working-day", nth=1, at="8 Uhr", zone=BERLIN),
    ),
    "on the last working day of each month at 08:00, Europe/Berlin": (
        Timed(WorkingDay(-1), EIGHT, BERLIN),
        Typed("working-day", nth=-1, at="8 o'clock", zone=BERLIN),
    ),
    "at 08:00 on the 21st day of every month, Europe/Berlin (0 8 21 * *)": (
        Cron("0 8 21 * *", BERLIN),
        Typed("cron", line=" 0 8  21 * * ", zone=BERLIN),
    ),
}


@pytest.mark.parametrize("said", SAID)
def test_a_rule_is_said_in_words_and_understood_as_typed(said: str) -> None:
    rule, typed_so = SAID[said]
    assert words(rule) == said
    assert typed.read(typed_so) == rule


def test_each_kind_of_rule_is_in_that_table() -> None:
    kinds = {type(rule.days) if isinstance(rule, Timed) else Cron for rule, _ in SAID.values()}
    assert kinds == {Daily, Weekly, MonthDay, NthWeekday, WorkingDay, Cron}


@given(judge.rules)
def test_a_rule_comes_back_from_json_and_has_words(rule: Rule) -> None:
    assert rules.of_json(json.loads(json.dumps(rule.as_json()))) == rule
    assert words(rule).startswith(("every ", "on the ", "Monday to Friday", "at "))
    assert rule.zone in words(rule)


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"kind": "yearly", "at": "08:00", "zone": BERLIN},
        {"kind": "weekly", "days": [], "at": "08:00", "zone": BERLIN},
        {"kind": "weekly", "days": ["someday"], "at": "08:00", "zone": BERLIN},
        {"kind": "month-day", "day": 32, "at": "08:00", "zone": BERLIN},
        {"kind": "month-day", "day": None, "at": "08:00", "zone": BERLIN},
        {"kind": "nth-weekday", "nth": 5, "weekday": "monday", "at": "08:00", "zone": BERLIN},
        {"kind": "working-day", "nth": 2, "at": "08:00", "zone": BERLIN},
        {"kind": "daily", "at": "25:00", "zone": BERLIN},
        {"kind": "daily", "at": "08:00:30", "zone": BERLIN},
        {"kind": "cron", "zone": BERLIN},
    ],
)
def test_what_is_no_rule_is_none(kept: dict[str, object]) -> None:
    with pytest.raises(RuleError):
        rules.of_json(kept)


def test_a_run_is_said_as_its_rule_writes_it() -> None:
    (run,) = next_runs(Timed(Daily(), EIGHT, "Asia/Tokyo"), datetime(2026, 11, 1, 12, tzinfo=UTC), 1)
    assert run_said(run) == "Monday, 2 November 2026, 08:00"
    assert run.identity == "2026-11-02T08:00"


def test_a_form_shows_the_next_five_runs_before_it_is_saved() -> None:
    shown = preview(Timed(WorkingDay(1), EIGHT, BERLIN), datetime(2026, 11, 29, tzinfo=UTC))
    assert shown.words == "on the first working day of each month at 08:00, Europe/Berlin"
    assert shown.runs == (
        "Tuesday, 1 December 2026, 08:00",
        "Friday, 1 January 2027, 08:00",
        "Monday, 1 February 2027, 08:00",
        "Monday, 1 March 2027, 08:00",
        "Thursday, 1 April 2027, 08:00",
    )
    assert shown.notes == ("Working days are Monday to Friday; I don't know your holidays.",)


def test_it_shows_where_clocks_jump_over_a_run() -> None:
    shown = preview(Timed(Daily(), time(2, 30), BERLIN), datetime(2026, 3, 26, 12, tzinfo=UTC))
    assert shown.runs[2] == "Sunday, 29 March 2026, 02:30"
    assert shown.notes == ("On 29 March 2026 clocks jump over 02:30: it then runs at 03:00.",)
    autumn = preview(Timed(Daily(), time(2, 30), BERLIN), datetime(2026, 10, 23, 12, tzinfo=UTC))
    assert autumn.notes == ()


@pytest.mark.parametrize(
    ("line", "is_said"),
    [
        ("0 8 1-7 * MON", True),
        ("0 8 13 * 5", True),
        ("0 8 1-7 * *", False),
        ("0 8 * * MON", False),
        ("0 8 */2 * 1", False),
    ],
)
def test_days_of_the_month_and_of_the_week_are_either(line: str, is_said: bool) -> None:
    """Who wrote it for the first Monday learns that it is more; the days shown are judged elsewhere."""
    notes = preview(Cron(line, "Europe/Berlin"), datetime(2026, 1, 1, tzinfo=UTC)).notes
    assert [note for note in notes if "each day that is either" in note] == list(notes)
    assert bool(notes) is is_said


@pytest.mark.parametrize(
    ("days", "period", "said"),
    [
        (
            WorkingDay(1),
            Relative.THIS_MONTH,
            "It has no report on 1 December 2026. There is no usage of December 2026 yet",
        ),
        (MonthDay(1), Relative.YEAR_TO_DATE, "It has no report on 1 January 2027. There is no usage of 2027 yet"),
        (MonthDay(2), Relative.THIS_MONTH, ""),
        (WorkingDay(1), Relative.LAST_MONTH, ""),
        (MonthDay(1), Relative.THIS_CONTRACT_YEAR, ""),
    ],
)
def test_a_day_on_which_there_is_nothing_to_report_is_told(days: Days, period: Relative, said: str) -> None:
    """Before it is saved, since it would fail each time; once, whatever follows."""
    notes = preview(Timed(days, time(8), "Europe/Berlin"), datetime(2026, 11, 29, tzinfo=UTC), period).notes
    told = [note for note in notes if "no report" in note]
    assert len(told) == bool(said)
    assert all(note.startswith(said) for note in told)


@pytest.mark.parametrize("zone", ["EST", "mst", "PST", "CEST"])
def test_names_of_clocks_are_no_places(zone: str) -> None:
    """Half of the year New York has another one: who writes EST is asked for the place."""
    with pytest.raises(RuleError, match="write continent and city"):
        typed.zone_of(zone)


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (23, "23rd")]
)
def test_ordinals(number: int, said: str) -> None:
    assert ordinal(number) == said


# --- what is typed ------------------------------------------------------------------------------------------------

FIELDS = "minute, hour, day of the month, month, day of the week"
EXAMPLE = "write it as in 0 8 * * 1 (Mondays at 08:00)"
GOOD = Typed("daily", at="8:00", zone=BERLIN)


@pytest.mark.parametrize(
    ("typed_so", "part", "message"),
    [
        (replace(GOOD, kind=""), "kind", "How often? Choose daily, weekly or monthly."),
        (replace(GOOD, kind="weekly"), "days", "Choose at least one day of the week."),
        (
            replace(GOOD, kind="month-day"),
            "day",
            "Which day of the month? Write 1 to 31; 31 means the last day.",
        ),
        (
            replace(GOOD, kind="month-day", day="32"),
            "day",
            "A month has no day 32: choose 1 to 31, which means the last day.",
        ),
        (replace(GOOD, kind="nth-weekday"), "nth", "Choose one day of the week."),
        (replace(GOOD, kind="working-day", nth=3), "nth", "Choose the first or the last working day."),
        (replace(GOOD, at=""), "at", "At what time? Write it as in 08:00."),
        (replace(GOOD, at="noon"), "at", "“noon” is not a time of day: write it as in 08:00."),
        (replace(GOOD, at="24:00"), "at", "“24:00” is not a time of day: hours go from 0 to 23."),
        (replace(GOOD, at="13 pm"), "at", "“13 pm” is not a time of day: with am or pm the hours go from 1 to 12."),
        (replace(GOOD, zone=""), "zone", "Whose time is meant? Write a zone, as in Europe/Berlin."),
        (
            replace(GOOD, zone="Europe/Berln"),
            "zone",
            "I don't know the zone “Europe/Berln”: did you mean Europe/Berlin?",
        ),
        (
            replace(GOOD, zone="PST"),
            "zone",
            "I don't know the zone “PST”: write continent and city, as in Europe/Berlin.",
        ),
        (  # it would be five hours behind
            replace(GOOD, zone="gmt+5"),
            "zone",
            "I don't know the zone “gmt+5”: write continent and city, as in Europe/Berlin.",
        ),
        (
            replace(GOOD, kind="cron", line="0 8 * *"),
            "line",
            f"A cron line has five fields ({FIELDS}), this one has 4 fields: {EXAMPLE}.",
        ),
        (
            replace(GOOD, kind="cron", line="0 25 * * *"),
            "line",
            "The hour of this cron line is wrong: write it as in 0 8 * * 1 (Mondays at 08:00).",
        ),
        (
            replace(GOOD, kind="cron", line="*/10 8 * * *"),
            "line",
            "This line comes due more than once in an hour, and usage is counted once a day: name one minute.",
        ),
        (
            replace(GOOD, kind="cron", line="0 8 * * 1; rm"),
            "line",
            f"A cron line has digits, names of days and months, and the signs * , - / # L: {EXAMPLE}.",
        ),
    ],
)
def test_a_sentence_says_what_is_wrong(typed_so: Typed, part: str, message: str) -> None:
    assert typed.read(typed_so) == (RuleProblem(part, message),)  # type: ignore[arg-type] # the table has parts


@given(judge.timed | st.just(Cron("0 8 L * *", BERLIN)))
def test_a_rule_from_a_file_is_checked_and_stays_as_it_is(rule: Rule) -> None:
    assert typed.checked(rule) == rule


@pytest.mark.parametrize("rule", [Timed(Daily(), EIGHT, "Mars/Olympus"), Cron("* * * * *", BERLIN), Cron("x", BERLIN)])
def test_a_rule_from_a_file_may_be_none(rule: Rule) -> None:
    with pytest.raises(RuleError):
        typed.checked(rule)


def test_everything_wrong_is_said_at_once() -> None:
    found = typed.read(Typed("month-day", day="x", at="x", zone="x"))
    assert isinstance(found, tuple)
    assert [problem.part for problem in found] == ["zone", "day", "at"]


@pytest.mark.parametrize("line", ["0 8 30 2 *", "0 8 31 4,6,9,11 *"])
def test_a_line_that_never_comes_due_is_none(line: str) -> None:
    with pytest.raises(RuleError):
        typed.cron_of(line, BERLIN)


@given(st.text(max_size=30) | st.from_regex(r"[0-9*/,#LW-]{1,6}( [0-9A-Z*/,#-]{1,6}){4}", fullmatch=True), judge.zones)
def test_whatever_is_typed_is_a_rule_or_a_sentence(line: str, zone: str) -> None:
    found = typed.read(Typed("cron", line=line, zone=zone))
    if isinstance(found, Cron):
        assert words(found)
        assert next_runs(found, datetime(2026, 1, 1, tzinfo=UTC), 2)
    else:
        assert isinstance(found, tuple)
        assert found
        assert all(problem.message.endswith((".", "?")) for problem in found)


@given(st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_typed_as_time_or_zone(at: str, zone: str) -> None:
    found = typed.read(Typed("daily", at=at, zone=zone))
    problems = found if isinstance(found, tuple) else ()
    assert all(problem.message.endswith((".", "?")) for problem in problems)
    assert problems or isinstance(found, Timed)


def test_each_zone_that_there_is_can_be_written() -> None:
    assert [typed.zone_of(name.lower().replace("_", " ")) for name in judge.ZONES] == list(judge.ZONES)
