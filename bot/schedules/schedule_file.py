"""Schedules as one YAML file: written for people to read, read with the line and the field of every mistake."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Final, get_args

from bot.cards.pauses import Paused
from bot.questions import file_fields, question_file, templates, yaml_file
from bot.questions.file_fields import Allowed
from bot.questions.periods import PeriodError
from bot.questions.yaml_file import Entry, Shape, YamlFileError
from bot.schedules import drafts, typed
from bot.schedules.drafts import Draft
from bot.schedules.due import Missed
from bot.schedules.rule import LAST, Rule, RuleError, Weekday, of_json
from bot.schedules.typed import Kind, Typed
from bot.tokenflex.catalogue import Catalogue
from storage.schedules import Schedule

_RULE: Final = ("runs", "day", "nth", "at", "line", "zone")
SHAPE: Final = Shape(
    what="a schedule",
    texts=(
        *("name", "mark", *file_fields.TEXTS),
        *_RULE,
        *question_file.TEXTS,
        *("missed", "file", "waits-until", "only-changes", "paused"),
    ),
    lists=("days", *question_file.LISTS),
    required=("name", "owner", "channel", "contract", "runs", "zone", "period"),
    example="[monday, friday]",
)
_KINDS: Final = tuple(kind for kind in get_args(Kind) if kind)
#: What says more of when it runs, beside the zone.
_OF_KIND: Final[Mapping[str, frozenset[str]]] = {
    "daily": frozenset({"at"}),
    "weekly": frozenset({"days", "at"}),
    "month-day": frozenset({"day", "at"}),
    "nth-weekday": frozenset({"nth", "days", "at"}),
    "working-day": frozenset({"nth", "at"}),
    "cron": frozenset({"line"}),
}
_NTHS: Final[Mapping[str, int]] = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": LAST}
_TRUTHS: Final[Mapping[str, bool]] = {"yes": True, "true": True, "no": False, "false": False}
_MARK: Final = re.compile(r"[0-9a-f]{10}")


@dataclass(frozen=True, slots=True)
class Written:
    """A schedule of a file, from a line on; `mark` is that of the one that it is, "" where the file does not say."""

    line: int
    draft: Draft
    owner: str
    mark: str = ""
    paused: Paused | None = None


def write(known: Iterable[Schedule]) -> list[dict[str, str | list[str]]]:
    """Return the entries of schedules.

    Raises:
        YamlFileError: nobody understands any more what one of them asks, or when.

    """
    return [_written(each) for each in known]


def read(entries: Sequence[Entry], catalogue: Catalogue, allowed: Allowed, problems: list[str]) -> tuple[Written, ...]:
    """Return the schedules of a file; what is wrong in them is added to the problems."""
    found = [new for entry in entries if (new := _schedule(entry, catalogue, allowed, problems))]
    problems += file_fields.twice(_same(entry, allowed) for entry in entries)
    return tuple(found)


# --- written ------------------------------------------------------------------------------------------------------


def _written(schedule: Schedule) -> dict[str, str | list[str]]:
    try:
        when = _when(of_json(json.loads(schedule.rule)))
        question = question_file.written(templates.of_text(schedule.question))
    except (RuleError, PeriodError, KeyError, ValueError):
        said = f"Nobody understands schedule {schedule.id} ({schedule.name}) of {schedule.channel} any more"
        raise YamlFileError(f"{said}: edit or delete it there, then write the file.") from None
    return {
        "name": schedule.name,
        "mark": schedule.mark,
        "owner": schedule.owner,
        "channel": schedule.channel,
        "contract": schedule.contract,
        **when,
        **question,
        "missed": schedule.missed,
        "file": schedule.file_name,
        "waits-until": schedule.waits_until,
        "only-changes": "yes" if schedule.only_changes else "",
        "paused": schedule.paused_why,
    }


def _when(rule: Rule) -> dict[str, str | list[str]]:
    said = typed.typed_of(rule)
    fields = _OF_KIND[said.kind]
    nth = next(word for word, number in _NTHS.items() if number == said.nth)
    whole: dict[str, str | list[str]] = {
        "days": [day.value for day in said.days],
        "day": said.day,
        "nth": nth,
        "at": said.at,
        "line": said.line,
    }
    return {"runs": said.kind, **{name: whole[name] for name in whole if name in fields}, "zone": said.zone}


# --- read ---------------------------------------------------------------------------------------------------------


def _schedule(entry: Entry, catalogue: Catalogue, allowed: Allowed, problems: list[str]) -> Written | None:
    """Return the schedule of an entry; None where something is wrong with it, which is added to the problems."""
    wrong = [*yaml_file.missing(entry, SHAPE), *allowed.problems(entry)]
    wrong += file_fields.at(entry, "name", drafts.name_problems(entry.text("name")))
    wrong += file_fields.at(entry, "file", drafts.file_name_problems(entry.text("file")))
    question = question_file.read(entry, catalogue, wrong)
    wrong += file_fields.at(entry, "period", drafts.period_problems(question)) if question else []
    rule = _rule(entry, wrong)
    until = _until(entry, wrong)
    missed = file_fields.one_of(entry, "missed", {each.value: each for each in Missed}, Missed.ONCE, wrong)
    only_changes = file_fields.one_of(entry, "only-changes", _TRUTHS, False, wrong)
    paused = file_fields.paused_of(entry, wrong)
    if entry.text("mark") and not _MARK.fullmatch(entry.text("mark")):
        wrong.append(f"{entry.at('mark')}: it has ten signs, as `export` wrote them; leave it out for a new schedule")
    problems += wrong
    if wrong or question is None or rule is None:
        return None
    draft = Draft(
        name=entry.text("name"),
        question=question,
        contract=file_fields.contract_of(entry),
        channel=allowed.channel(entry),
        rule=rule,
        missed=missed,
        file_name=entry.text("file"),
        waits_until=until,
        only_changes=only_changes,
    )
    return Written(entry.line, draft, entry.text("owner"), entry.text("mark"), paused)


def _rule(entry: Entry, wrong: list[str]) -> Rule | None:
    """Return when a schedule runs, None where something is wrong with that, which is added."""
    kind = next((kind for kind in _KINDS if kind == entry.text("runs")), None)
    if kind is None:
        wrong += file_fields.at(entry, "runs", [f"write one of {', '.join(_KINDS)}"] if "runs" in entry.lines else [])
        return None
    found = file_fields.needless(entry, ("days", "day", "nth", "at", "line"), _OF_KIND[kind], f"runs {kind}")
    days = _days(entry, found)
    nth = file_fields.one_of(entry, "nth", _NTHS, 0, found)
    text = entry.text
    rule = typed.read(Typed(kind, days, text("day"), nth, text("at"), text("line"), text("zone")))
    if isinstance(rule, tuple):
        parts = [("runs" if each.part == "kind" else each.part, each.message) for each in rule]
        found += [
            f"{entry.at(name)}: {said}" for name, said in parts if not any(entry.at(name) in one for one in found)
        ]
    wrong += found
    return None if found or isinstance(rule, tuple) else rule


def _days(entry: Entry, wrong: list[str]) -> tuple[Weekday, ...]:
    names, written = {day.value: day for day in Weekday}, entry.lists.get("days", ())
    if any(each.lower() not in names for each in written):
        wrong.append(f"{entry.at('days')}: write days such as monday")
    return tuple(names[each.lower()] for each in written if each.lower() in names)


def _until(entry: Entry, wrong: list[str]) -> time | None:
    if not entry.text("waits-until"):
        return None
    try:
        return typed.time_of(entry.text("waits-until"))
    except RuleError as error:
        wrong.append(f"{entry.at('waits-until')}: {error}")
        return None


def _same(entry: Entry, allowed: Allowed) -> tuple[Entry, str, tuple[str, ...]]:
    """Return by what an entry is a certain schedule: by its mark, else by its name in its channel."""
    name, mark = templates.tidy(entry.text("name")).casefold(), entry.text("mark")
    return (entry, "mark", (mark,)) if mark else (entry, "name", (allowed.channel(entry), name))
