"""The grammar of `/tokenflex …`: text in, one frozen record out. Nothing is looked up and nothing is done here."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, get_args

from bot.cards.text import sentence, shorten
from bot.questions import periods
from bot.questions.periods import PeriodError
from bot.signs import CURLY_DOUBLE, CURLY_SINGLE, visible
from bot.tokenflex.catalogue import Catalogue, nearest
from bot.tokenflex.models import Contract, ExportRequest
from bot.tokenflex.problem import Part
from bot.tokenflex.rules import check_request, plain_file_name
from handlers.words.shell_words import UnreadableError, split
from handlers.words.slack_text import as_typed, straight_clause

NumberedWord = Literal["status", "link", "retry", "delete"]
NUMBERED_WORDS: Final[tuple[NumberedWord, ...]] = get_args(NumberedWord)
WORDS: Final = ("export", "usage", "list", "templates", *NUMBERED_WORDS, "help")
#: Marks that stand around a word in sentences and on pages.
_MARKS: Final = f"\"'{CURLY_DOUBLE}{CURLY_SINGLE}"
_AROUND: Final = f" `*_~<>()[]/.,;:!…{_MARKS}"
_MOST_SOUGHT: Final = 10  #: words of `list`
ADMIN: Final = "admin"  #: known to all, of use to administrators alone, and so not among the words that people are told


@dataclass(frozen=True, slots=True)
class OpenForm:
    """Bare `/tokenflex`, or `export` without anything else: show the form."""


@dataclass(frozen=True, slots=True)
class Export:
    """A request that may go out; `warnings` are plain sentences that the person should see beside the answer.

    `period` is what was typed of the days, which depend on the day on which the request is made; "" where nothing was.
    With a `name` it is a saved question, or one of the bot's own; the request has what was typed besides.
    """

    request: ExportRequest
    warnings: tuple[str, ...] = ()
    period: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class List:
    """Show the exports that some words mean."""

    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Show how a contract stands."""

    contract: str


@dataclass(frozen=True, slots=True)
class Templates:
    """Show the saved questions."""


@dataclass(frozen=True, slots=True)
class Help:
    """Show the words and examples."""


@dataclass(frozen=True, slots=True)
class Administer:
    """Show administrators how things stand."""


@dataclass(frozen=True, slots=True)
class OnExport:
    """Do one thing to the export of that number."""

    word: NumberedWord
    number: int


@dataclass(frozen=True, slots=True)
class Mistake:
    """What was typed cannot be followed; plain sentences that quote what was typed: escape before showing.

    `understood` is what was of an export: several things can be wrong at once, and the form opens with the rest. Of
    another command `likely` is the one that may be meant.
    """

    messages: tuple[str, ...]
    understood: Export | None = None
    likely: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """What was typed begins with no word of the command; `likely` is the command that may be meant, "" for none."""

    typed: str
    word: str
    likely: str = ""


Command = OpenForm | Export | Usage | List | Templates | Help | Administer | OnExport | Mistake | Unknown

#: What each word shows that stands alone.
_ALONE: Final[dict[str, Command]] = {
    "templates": Templates(),
    "help": Help(),
    ADMIN: Administer(),
}


def aim(text: str) -> tuple[str, int | None]:
    """Return the word of a command as it goes on record, and the export that it names; nothing else that was typed."""
    first, rest = _first_word(as_typed(text))
    word = first.lower() or "export"
    if word in NUMBERED_WORDS:
        command = _on_export(word, rest)
        return word, command.number if isinstance(command, OnExport) else None
    return (word if word in {*WORDS, ADMIN} else ""), None


def parse(text: str, catalogue: Catalogue, contracts: Sequence[Contract] = ()) -> Command:
    """Return what the text after `/tokenflex`, as Slack sent it, asks for.

    `contracts` are the known ones: the only one of them, or the only active one, is meant where the text names none.
    """
    return read(as_typed(text), catalogue, contracts)


def read(text: str, catalogue: Catalogue, contracts: Sequence[Contract] = ()) -> Command:
    """Return what a text asks for as it was typed, without what Slack makes of it."""
    first, rest = _first_word(text)
    word = first.lower()
    if word in NUMBERED_WORDS:
        return _on_export(word, rest)
    if word in {"list", "usage"}:
        return _list_of(rest) if word == "list" else _usage_of(rest, catalogue, contracts)
    if word in _ALONE and rest and word not in {"help", ADMIN}:
        return Mistake((f"Nothing follows /tokenflex {word}; leave {_quoted(rest)} out.",), likely=word)
    if word in _ALONE:
        return _ALONE[word]
    if word == "export" and rest:
        return _export(rest, catalogue, contracts)
    return OpenForm() if word in {"", "export"} else _unknown(text, first, rest)


def _list_of(rest: str) -> Command:
    words = tuple(filter(None, (visible(word).strip(_MARKS) for word in rest.split())))
    if len(words) > _MOST_SOUGHT:
        return Mistake((f"/tokenflex list takes {_MOST_SOUGHT} words at most; leave some out.",), likely="list")
    return List(words)


def _usage_of(rest: str, catalogue: Catalogue, contracts: Sequence[Contract]) -> Command:
    known = {contract.number: contract for contract in contracts}
    key, equals, value = rest.partition("=")
    typed = (value if equals and _PARTS.get(visible(key).strip().lower()) == "contract" else rest).strip()
    number = typed if typed in known else visible(typed).strip(_AROUND) or _meant(contracts)
    number = "".join(number.split()) if re.fullmatch(r"[\d\s]+", number, re.ASCII) else number
    checked = check_request(ExportRequest(number), catalogue, set(known))
    wrong = [sentence(each.message) for each in checked if each.part == "contract" and not each.warning]
    if not number or wrong:
        likely = f"usage {next(iter(known))}" if known else "help"
        return Mistake(tuple(wrong if number else [_which_contract(contracts)]), likely=likely)
    return Usage(number)


def _first_word(text: str) -> tuple[str, str]:
    """Return the word that says what to do and what follows it; nobody can see what is invisible in a word.

    Marks around a known word are none of it: they came along when it was copied, or Slack would draw it by them.
    """
    first, rest = (*text.split(maxsplit=1), "", "")[:2]
    if not visible(first):
        return _first_word(rest) if rest else ("", "")
    bare = visible(first).strip(_AROUND)
    word = bare if bare.lower() in {*WORDS, ADMIN} else visible(first)
    return word, rest.strip() if visible(rest).strip() else ""


def _unknown(text: str, first: str, rest: str) -> Unknown:
    if "=" in first:
        return Unknown(text, first, f"export {text.strip()}")
    if not rest and isinstance(_on_export("status", first), OnExport):
        return Unknown(text, first, f"status {first}")
    near = nearest(first, WORDS)
    return Unknown(text, first, f"{near} {rest}".strip() if near else "")


def _on_export(word: NumberedWord, rest: str) -> Command:
    rest = visible(rest).strip().strip(_AROUND)
    found = re.fullmatch(r"#?\s*0*([1-9][0-9]{0,17})", rest)
    if found:
        return OnExport(word, int(found.group(1)))
    if not rest:
        said = f"Which export? Write /tokenflex {word} #42; /tokenflex list shows the numbers."
    else:
        said = f"{_quoted(rest)} is not the number of an export; write it like /tokenflex {word} #42."
    return Mistake((said,), likely="list")


# --- export ---------------------------------------------------------------------------------------------------

Key = Part | Literal["period"]

#: Each word of `export`, in any case, and the part of the request that it fills.
_PARTS: Final[dict[str, Key]] = {
    **dict.fromkeys(("contract", "contract_number", "contractnumber"), "contract"),
    **dict.fromkeys(("category", "categories", "usagecategory", "usagecategories"), "categories"),
    **dict.fromkeys(("fields", "field"), "fields"),
    **dict.fromkeys(("metrics", "metric"), "metrics"),
    **dict.fromkeys(("period", "periods"), "period"),
    "where": "where",
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
}
_LISTS: Final = frozenset({"fields", "metrics", "categories"})
#: Parts whose value may hold blanks; it has to stand between quotation marks then.
_FREE: Final = frozenset({"where", "file_name"})
_KNOWN_SHOWN: Final = 5
#: Whether words mean days at all is the same on every day.
_SOME_DAY: Final = date(2030, 1, 1)
_WHERE_EXAMPLE: Final = "where=\"productName='Revit'\""
_NAME_EXAMPLE: Final = 'name="my report"'


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


def _export(rest: str, catalogue: Catalogue, contracts: Sequence[Contract]) -> Command:
    try:
        words = split(rest)
    except UnreadableError as error:
        typed = _loosely(rest)
        request = _known(_request(typed.get("contract", "") or _meant(contracts), typed), contracts, catalogue)
        name = _named(rest.split(), catalogue)[0].strip(_AROUND)
        return Mistake((str(error),), Export(request, period=typed.get("period", ""), name=name))
    name, words = _named(words, catalogue)
    given, faults = _read(words, catalogue)
    values: dict[Key, str] = {one.part: one.value for one in reversed(given) if one.part}
    faults += _twice_or_empty(given)
    period = visible(values.get("period", "")).strip()
    faults += _no_period(period)
    contract = visible(values.get("contract", "")).strip() or _meant(contracts)
    if not contract and "contract" not in {fault.part for fault in faults}:
        faults.append(_Fault("contract", _which_contract(contracts)))
    spoiled = {fault.part for fault in faults}
    request, known = _request(contract, values), {one.number for one in contracts}
    checked = () if name else check_request(request, catalogue, known)  # one with a name is not whole yet
    problems = [problem for problem in checked if problem.part not in spoiled]
    wrong = [fault.message for fault in faults] + [problem.message for problem in problems if not problem.warning]
    if wrong:
        typed = {part: value for part, value in _loosely(rest).items() if part in _FREE & spoiled}
        understood = _known(_request(contract, {**values, **typed}), contracts, catalogue)
        said = tuple(dict.fromkeys(map(sentence, wrong)))
        return Mistake(said, Export(understood, period="" if "period" in spoiled else period, name=name))
    return Export(request, tuple(sentence(problem.message) for problem in problems), period, name)


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
        return _Fault("where", f"{_quoted(word)} is a condition; put conditions between quotes: {_WHERE_EXAMPLE}.")
    if is_condition or (previous in _FREE and not (equals and (near or previous == "file_name"))):
        whole, example = ("name", _NAME_EXAMPLE) if previous == "file_name" else ("condition", _WHERE_EXAMPLE)
        return _Fault(previous, f"{_quoted(word)} stands outside the {whole}; quote it whole: {example}.")
    if not equals and (home or (previous in _LISTS and not near)):
        listed = _KEYS[home or previous or "fields"]
        return _Fault(
            None, f"{_quoted(word)} belongs to nothing; join the names of {listed}= with commas: {listed}=a,b."
        )
    if near and not equals and key.lower() in _PARTS:
        return _Fault(_PARTS[near], f"{_quoted(key)} must be joined to its value: {_KEYS[_PARTS[near]]}=VALUE.")
    if near:
        return _Fault(_PARTS[near], f"I don't know {_quoted(key)}; did you mean {_KEYS[_PARTS[near]]}=?")
    return _Fault(None, f"I don't know {_quoted(key)}. The words of an export are {_all_keys()}.")


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


def _meant(contracts: Sequence[Contract]) -> str:
    """Return the contract that is meant where none is named: the only one, or the only one that has not ended."""
    meant = [one for one in contracts if one.is_active] if len(contracts) > 1 else contracts
    return meant[0].number if len(meant) == 1 else ""


def _which_contract(contracts: Sequence[Contract]) -> str:
    if not contracts:
        return "Say which contract, as in contract=12345."
    shown = sorted(contracts, key=lambda contract: not contract.is_active)[:_KNOWN_SHOWN]
    names = [f"contract={one.number}" + (f" ({shorten(one.name, 60)})" if one.name else "") for one in shown]
    more = f" and {len(contracts) - len(shown)} more" if len(contracts) > len(shown) else ""
    return f"Say which contract: {', '.join(names)}{more}."


def _all_keys() -> str:
    return ", ".join(f"{key}=" for key in _KEYS.values())


def _quoted(text: str) -> str:
    return f"“{shorten(text, 60)}”"
