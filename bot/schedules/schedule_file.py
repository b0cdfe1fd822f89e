"""Schedules as one YAML file: written for people to read, read with the line and the field of every mistake."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Final, TypeVar, get_args

from bot.cards.schedule_card import Paused
from bot.people.permissions import Rules
from bot.questions import question_file, templates, yaml_file
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
        *("name", "mark", "owner", "channel", "contract"),
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
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Written:
    """A schedule of a file, from a line on; `mark` is that of the one that it is, "" where the file does not say."""

    line: int
    draft: Draft
    owner: str
    mark: str = ""
    paused: Paused | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the settings allow; `moved` has the ids of channels that changed, and what they are now."""

    rules: Rules
    moved: Mapping[str, str]

    def channel(self, channel: str) -> str:
        """Return the id that a channel has now."""
        return self.moved.get(channel, channel)


def write(known: Iterable[Schedule]) -> list[dict[str, str | list[str]]]:
    """Return the entries of schedules.

    Raises:
        YamlFileError: nobody understands any more what one of them asks, or when.

    """
    return [_written(each) for each in known]


def read(entries: Sequence[Entry], catalogue: Catalogue, allowed: Allowed, problems: list[str]) -> tuple[Written, ...]:
    """Return the schedules of a file; what is wrong in them is added to the problems."""
    found = [new for entry in entries if (new := _schedule(entry, catalogue, allowed, problems))]
    problems += _twice(entries, allowed)
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
    wrong = [*yaml_file.missing(entry, SHAPE), *yaml_file.no_ids(entry, ("owner", "channel"))]
    wrong += _named(entry, "name", drafts.name_problems(entry.text("name")))
    wrong += _named(entry, "file", drafts.file_name_problems(entry.text("file")))
    wrong += _not_allowed(entry, allowed)
    question = question_file.read(entry, catalogue, wrong)
    wrong += _named(entry, "period", drafts.period_problems(question)) if question else []
    rule = _rule(entry, wrong)
    until = _until(entry, wrong)
    missed = _one_of(entry, "missed", {each.value: each for each in Missed}, Missed.ONCE, wrong)
    only_changes = _one_of(entry, "only-changes", _TRUTHS, False, wrong)
    paused = _one_of(entry, "paused", {each.value: each for each in Paused}, None, wrong)
    if entry.text("mark") and not _MARK.fullmatch(entry.text("mark")):
        wrong.append(f"{entry.at('mark')}: it has ten signs, as `export` wrote them; leave it out for a new schedule")
    problems += wrong
    if wrong or question is None or rule is None:
        return None
    draft = Draft(
        name=entry.text("name"),
        question=question,
        contract=entry.text("contract").strip(),
        channel=allowed.channel(entry.text("channel")),
        rule=rule,
        missed=missed,
        file_name=entry.text("file"),
        waits_until=until,
        only_changes=only_changes,
    )
    return Written(entry.line, draft, entry.text("owner"), entry.text("mark"), paused)


def _not_allowed(entry: Entry, allowed: Allowed) -> Iterator[str]:
    contract, channel = entry.text("contract").strip(), allowed.channel(entry.text("channel"))
    if "contract" in entry.texts and not contract:
        yield f"{entry.at('contract')}: write the number of a contract"
    elif "contract" in entry.texts and not allowed.rules.allows_contract(contract):
        yield f"{entry.at('contract')}: ALLOWED_CONTRACTS does not have {contract}"
    if "channel" in entry.texts and not allowed.rules.allows_channel(channel):
        yield f"{entry.at('channel')}: ALLOWED_CHANNELS does not have {channel}"


def _rule(entry: Entry, wrong: list[str]) -> Rule | None:
    """Return when a schedule runs, None where something is wrong with that, which is added."""
    kind = next((kind for kind in _KINDS if kind == entry.text("runs")), None)
    if kind is None:
        wrong += _named(entry, "runs", [f"write one of {', '.join(_KINDS)}"] if "runs" in entry.lines else [])
        return None
    needless = {"days", "day", "nth", "at", "line"} & entry.lines.keys() - _OF_KIND[kind]
    found = [f"{entry.at(name)}: what runs {kind} has none" for name in sorted(needless, key=entry.lines.__getitem__)]
    days = _days(entry, found)
    nth = _one_of(entry, "nth", _NTHS, 0, found)
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


def _one_of(entry: Entry, name: str, words: Mapping[str, _Value], at_first: _Value, wrong: list[str]) -> _Value:
    word = entry.text(name).lower()
    if word and word not in words:
        wrong.append(f"{entry.at(name)}: write one of {', '.join(words)}")
    return words.get(word, at_first)


def _named(entry: Entry, name: str, problems: Iterable[str]) -> list[str]:
    return [f"{entry.at(name)}: {each}" for each in problems]


def _twice(entries: Iterable[Entry], allowed: Allowed) -> Iterator[str]:
    """Say which entries are the same schedule: by their marks, else by their names in one channel."""
    seen: dict[tuple[str, str], int] = {}
    for entry in entries:
        name, mark = templates.tidy(entry.text("name")), entry.text("mark")
        key = ("", mark) if mark else (allowed.channel(entry.text("channel")), name.casefold())
        first = seen.setdefault(key, entry.line)
        if first != entry.line:
            yield f"{entry.at('mark' if mark else 'name')}: {mark or repr(name)} stands in line {first} already"
