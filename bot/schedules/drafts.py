"""What a schedule is to be, what is wrong with that, and what is stored of it."""

import json
from dataclasses import dataclass
from datetime import time
from typing import Any, Final

from bot.questions import file_names, templates
from bot.questions.periods import Days
from bot.questions.questions import Question
from bot.schedules.due import Missed
from bot.schedules.rule import Rule

MAX_NAME: Final = 80  #: characters; ours, so that a list stays one
_FIXED: Final = "Choose a period that moves on, such as last month: fixed days would be the same in each report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a schedule is to be."""

    name: str
    question: Question
    contract: str
    channel: str
    rule: Rule
    missed: Missed = Missed.ONCE
    file_name: str = ""
    waits_until: time | None = None
    only_changes: bool = False


def problems(draft: Draft) -> list[str]:
    """Return what is wrong with a schedule besides its question, in plain sentences."""
    return [
        *name_problems(draft.name),
        *([] if draft.contract else ["Choose a contract"]),
        *([] if draft.channel else ["Choose the channel where I should post it"]),
        *period_problems(draft.question),
        *file_name_problems(draft.file_name),
    ]


def name_problems(name: str) -> list[str]:
    """Return what is wrong with a name."""
    name, wrong = templates.tidy(name), []
    if not any(map(str.isalnum, name)):
        wrong.append("Give the schedule a name, such as Tokens by product")
    if len(name) > MAX_NAME:
        wrong.append(f"The name has {len(name)} characters: shorten it to {MAX_NAME}")
    return wrong


def period_problems(question: Question) -> list[str]:
    """Return what is wrong with the days of a question that is asked again and again."""
    return [_FIXED] if isinstance(question.period, Days) else []


def file_name_problems(name: str) -> list[str]:
    """Return what is wrong with the name of its files."""
    return [problem.message for problem in file_names.check(name) if not problem.warning] if name else []


def columns(draft: Draft) -> dict[str, Any]:
    """Return what is stored of a schedule."""
    return {
        "name": templates.tidy(draft.name),
        "question": templates.write(draft.question),
        "contract": draft.contract,
        "channel": draft.channel,
        "rule": json.dumps(draft.rule.as_json()),
        "missed": draft.missed.value,
        "file_name": draft.file_name.strip(),
        "waits_until": f"{draft.waits_until:%H:%M}" if draft.waits_until else "",
        "only_changes": draft.only_changes,
    }
