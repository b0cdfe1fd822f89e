"""The words of `/tokenflex export`: a request, the name of a question, or what is wrong with what was typed."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from bot.cards.text import sentence
from bot.questions import periods
from bot.questions.periods import PeriodError
from bot.signs import CURLY_DOUBLE, visible
from bot.tokenflex.catalogue import Catalogue, nearest
from bot.tokenflex.models import Contract, ExportRequest
from bot.tokenflex.problem import Part
from bot.tokenflex.rules import check_request, plain_file_name
from handlers.words.asked import Command, Export, Mistake, quoted
from handlers.words.shell_words import UnreadableError, split
from handlers.words.slack_text import straight_clause
from handlers.words.targets import AROUND, CONTRACT_KEYS, meant_contract, which_contract

Key = Part | Literal["period", "answer"]

#: Each word of `export`, in any case, and the part of the request that it fills.
_PARTS: Final[dict[str, Key]] = {
    **dict.fromkeys(CONTRACT_KEYS, "contract"),
    **dict.fromkeys(("category", "categories", "usagecategory", "usagecategories"), "categories"),
    **dict.fromkeys(("fields", "field"), "fields"),
    **dict.fromkeys(("metrics", "metric"), "metrics"),
    **dict.fromkeys(("period", "periods"), "period"),
    "where": "where",
    "answer": "answer",
    **dict.fromkeys(("name", "file", "filename", "file_name", "downloadfilename"), "file_name"),
}
#: How each part is written in sentences and examples.
_KEYS: Final[dict[Key, str]] = {
    "contract": "contract",
    "fields": "fields",
    "metrics": "metrics",
    "categories": "category",
    "period": "period",
    "where": "where",
    "file_name": "name",
    "answer": "answer",
}
_LISTS: Final = frozenset({"fields", "metrics", "categories"})
#: Parts whose value may hold blanks; it has to stand between quotation marks then.
_FREE: Final = frozenset({"where", "file_name"})
#: Whether words mean days at all is the same on every day.
_SOME_DAY: Final = date(2030, 1, 1)
_WHERE_EXAMPLE: Final = "where=\"productName='Revit'\""
_NAME_EXAMPLE: Final = 'name="my report"'
_YES_OR_NO: Final = {"yes": True, "no": False}


@dataclass(slots=True)
class _Given:
    """One `key=value`; `part` is None where the key is unknown.

    `takes_words` says of an unknown key that its value may hold blanks, so that nobody is told of those words as well.
    """

    part: Key | None
    value: str
    takes_words: bool = False

    def takes(self, word: str) -> bool:
        """Say whether a word without a key goes on with this value: `fields=a, b`, `contract=110 000 12`."""
        if self.part == "period":
            return "=" not in word  # `period=last month`
        if not self.value or (self.takes_words and not re.match(r"\w+=", word)):
            return True
        if self.part == "contract":
            return re.fullmatch(r"\d+|(?=.*\d)\w*-[\w-]*", word) is not None
        listed = self.part is None or self.part in _LISTS
        return listed and (self.value.rstrip().endswith(",") or word.startswith(","))


@dataclass(frozen=True, slots=True)
class _Fault:
    """One mistake, and the part that need not be checked any further because of it."""

    part: Key | None
    message: str


def export_of(rest: str, catalogue: Catalogue, contracts: Sequence[Contract]) -> Command:
    """Return what follows the word `export` asks for."""
    try:
        words = split(rest)
    except UnreadableError as error:
        typed = _loosely(rest)
        request = _known(_request(typed.get("contract", "") or meant_contract(contracts), typed), contracts, catalogue)
        name = _named(rest.split(), catalogue)[0].strip(AROUND)
        wants_answer = _YES_OR_NO.get(typed.get("answer", "").lower(), True)
        return Mistake(
            (str(error),), Export(request, period=typed.get("period", ""), name=name, wants_answer=wants_answer)
        )
    name, words = _named(words, catalogue)
    given, faults = _read(words, catalogue)
    values: dict[Key, str] = {one.part: one.value for one in reversed(given) if one.part}
    faults += _twice_or_empty(given)
    period = visible(values.get("period", "")).strip()
    faults += _no_period(period)
    answer = visible(values.get("answer", "yes")).strip().lower()
    if answer and answer not in _YES_OR_NO:
        faults.append(_Fault("answer", f"answer= is yes or no, not {quoted(answer)}."))
    wants_answer = _YES_OR_NO.get(answer, True)
    contract = visible(values.get("contract", "")).strip() or meant_contract(contracts)
    if not contract and "contract" not in {fault.part for fault in faults}:
        faults.append(_Fault("contract", which_contract(contracts)))
    spoiled = {fault.part for fault in faults}
    request, known = _request(contract, values), {one.number for one in contracts}
    checked = () if name else check_request(request, catalogue, known)  # one with a name is not whole yet
    problems = [problem for problem in checked if problem.part not in spoiled]
    wrong = [fault.message for fault in faults] + [problem.message for problem in problems if not problem.warning]
    if wrong:
        typed = {part: value for part, value in _loosely(rest).items() if part in _FREE & spoiled}
        understood = _known(_request(contract, {**values, **typed}), contracts, catalogue)
        said = tuple(dict.fromkeys(map(sentence, wrong)))
        period = "" if "period" in spoiled else period
        return Mistake(said, Export(understood, period=period, name=name, wants_answer=wants_answer))
    return Export(request, tuple(sentence(problem.message) for problem in problems), period, name, wants_answer)


def _loosely(rest: str) -> dict[Key, str]:
    """Return all that stands behind each key, for the person to mend: its marks are taken off at the ends alone."""
    keys = "|".join(_PARTS)
    found = re.finditer(rf"(?i)(?<!\S)({keys})=(.*?)(?=\s(?:{keys})=|\Z)", rest, re.DOTALL)
    return {_PARTS[each[1].lower()]: each[2].strip(f' \t\r\n{CURLY_DOUBLE}"') for each in found}


def _known(request: ExportRequest, contracts: Sequence[Contract], catalogue: Catalogue) -> ExportRequest:
    """Return a request without the names that nobody knows, and without a number that no contract can have."""
    checked = check_request(request, catalogue, {one.number for one in contracts})
    is_none = contracts and any(problem.part == "contract" for problem in checked)
    return replace(
        request,
        contract_number="" if is_none else request.contract_number,
        fields=tuple(filter(catalogue.field, request.fields)),
        metrics=tuple(filter(catalogue.metric, request.metrics)),
        usage_categories=tuple(filter(catalogue.category, request.usage_categories)),
    )


def _named(words: list[str], catalogue: Catalogue) -> tuple[str, list[str]]:
    """Return the name of a question that stands in front of all that has a key, and what follows it."""
    name = [*itertools.takewhile(lambda word: "=" not in word, words)]
    rest = words[len(name) :]
    is_request = any(_part(word) in _LISTS for word in rest)
    if not name or is_request or name[0].lower() in _PARTS or _home(name[0], catalogue):
        return "", words
    return " ".join(name), rest


def _no_period(period: str) -> list[_Fault]:
    try:
        periods.parse(period or periods.Relative.ALL, _SOME_DAY)
    except PeriodError as error:
        return [_Fault("period", str(error))]
    return []


def _request(contract: str, values: dict[Key, str]) -> ExportRequest:
    return ExportRequest(
        contract_number=contract,
        fields=_list(values.get("fields", "")),
        metrics=_list(values.get("metrics", "")),
        usage_categories=_list(values.get("categories", "")),
        where=straight_clause(values.get("where", "")).strip(),
        file_name=plain_file_name(values.get("file_name", "")),
    )


def _list(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in value.split(",") if (name := visible(part).strip())))


def _read(words: Sequence[str], catalogue: Catalogue) -> tuple[list[_Given], list[_Fault]]:
    given: list[_Given] = []
    faults: list[_Fault] = []
    for word in words:
        part, value = _part(word), word.partition("=")[2]
        last = given[-1] if given else _Given(None, "")
        if part:
            given.append(_Given(part, value))
        elif given and last.takes(word):
            last.value += f" {word}" if last.part == "period" else word
        else:
            fault = _astray(word, last.part, catalogue)
            if fault not in faults and not (fault.part and fault.part in {each.part for each in faults}):
                faults.append(fault)  # one sentence covers all words of a value without quotation marks
            if ("=" in word or fault.part) and fault.part != last.part:  # what follows belongs to the unknown key
                given.append(_Given(None, value, takes_words=fault.part in _FREE))
    return given, faults


def _part(word: str) -> Key | None:
    key, equals, _ = word.partition("=")
    return _PARTS.get(visible(key).strip().lower()) if equals else None


def _astray(word: str, previous: Key | None, catalogue: Catalogue) -> _Fault:
    """Return what is wrong with a word that belongs to nothing, and to which part it was to belong."""
    key, equals, _ = word.partition("=")
    home, near = _home(key, catalogue), nearest(key, tuple(_PARTS))
    is_condition = equals and _home(key.rstrip("<>! "), catalogue) == "fields"
    if is_condition and previous != "where":
        return _Fault("where", f"{quoted(word)} is a condition; put conditions between quotes: {_WHERE_EXAMPLE}.")
    if is_condition or (previous in _FREE and not (equals and (near or previous == "file_name"))):
        whole, example = ("name", _NAME_EXAMPLE) if previous == "file_name" else ("condition", _WHERE_EXAMPLE)
        return _Fault(previous, f"{quoted(word)} stands outside the {whole}; quote it whole: {example}.")
    if not equals and (home or (previous in _LISTS and not near)):
        listed = _KEYS[home or previous or "fields"]
        return _Fault(
            None, f"{quoted(word)} belongs to nothing; join the names of {listed}= with commas: {listed}=a,b."
        )
    if near and not equals and key.lower() in _PARTS:
        return _Fault(_PARTS[near], f"{quoted(key)} must be joined to its value: {_KEYS[_PARTS[near]]}=VALUE.")
    if near:
        return _Fault(_PARTS[near], f"I don't know {quoted(key)}; did you mean {_KEYS[_PARTS[near]]}=?")
    return _Fault(None, f"I don't know {quoted(key)}. The words of an export are {_all_keys()}.")


def _home(name: str, catalogue: Catalogue) -> Part | None:
    if catalogue.field(name):
        return "fields"
    if catalogue.metric(name):
        return "metrics"
    return "categories" if catalogue.category(name) else None


def _twice_or_empty(given: Sequence[_Given]) -> list[_Fault]:
    faults = []
    for part, key in _KEYS.items():
        values = [one.value for one in given if one.part == part]
        if len(values) > 1:
            faults.append(_Fault(part, f"{key}= stands there {len(values)} times; give it once."))
        elif values and not values[0].strip(" ,") and part != "where":  # an empty condition means all rows
            faults.append(_Fault(part, f"{key}= is empty; give it a value or leave it out."))
    return faults


def _all_keys() -> str:
    return ", ".join(f"{key}=" for key in _KEYS.values())
