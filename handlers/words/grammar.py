"""The grammar of `/tokenflex …`: text in, one frozen record out. Nothing is looked up and nothing is done here."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from bot.cards.text import sentence, shorten
from bot.signs import CURLY_DOUBLE, CURLY_SINGLE, visible
from bot.tokenflex.catalogue import Catalogue, nearest
from bot.tokenflex.models import Contract, ExportRequest
from bot.tokenflex.problem import Part
from bot.tokenflex.rules import check_request, plain_file_name
from bot.tokenflex.where import check_where
from handlers.words.requoted import requoted_clause, requoted_name
from handlers.words.shell_words import UnreadableError, Word, split
from handlers.words.slack_text import as_typed, straight_clause

NumberedWord = Literal["status", "link", "retry", "delete"]
NUMBERED_WORDS: Final[tuple[NumberedWord, ...]] = get_args(NumberedWord)
WORDS: Final = ("export", "list", *NUMBERED_WORDS, "help")
#: Marks that stand around a word in sentences and on pages.
_AROUND: Final = f" \"'`*_~<>()[]/.,;:!…{CURLY_DOUBLE}{CURLY_SINGLE}"
ADMIN: Final = "admin"  #: known to all, of use to administrators alone, and so not among the words that people are told


@dataclass(frozen=True, slots=True)
class OpenForm:
    """Bare `/tokenflex`, or `export` without anything else: show the form."""


@dataclass(frozen=True, slots=True)
class Export:
    """A request that may go out; `warnings` are plain sentences that the person should see beside the answer."""

    request: ExportRequest
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class List:
    """Show the exports."""


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
    """What was typed cannot be followed; plain sentences that quote what was typed: escape before showing."""

    messages: tuple[str, ...]
    of_export: bool = False  #: something in a request; several can be wrong at once, and examples help


Command = OpenForm | Export | List | Help | Administer | OnExport | Mistake


def aim(text: str) -> tuple[str, int | None]:
    """Return the word of a command as it goes on record, and the export that it names; nothing else that was typed."""
    first, rest = _first_word(text)
    word = first.lower() or "export"
    if word in NUMBERED_WORDS:
        command = _on_export(word, rest)
        return word, command.number if isinstance(command, OnExport) else None
    return (word if word in {*WORDS, ADMIN} else ""), None


def parse(text: str, catalogue: Catalogue, contracts: Sequence[Contract] = ()) -> Command:
    """Return what the text after `/tokenflex`, as Slack sent it, asks for.

    `contracts` are the known ones: the only one of them, or the only active one, is meant where the text names none.
    """
    first, rest = _first_word(text)
    word = first.lower()
    if word in NUMBERED_WORDS:
        return _on_export(word, rest)
    if word == "help":
        return Help()
    if word == ADMIN:
        return Administer()
    if word == "list":
        return List() if not rest else Mistake((f"Nothing follows /tokenflex list; leave {_quoted(rest)} out.",))
    if word == "export" and rest:
        return _export(rest, catalogue, contracts)
    return OpenForm() if word in {"", "export"} else Mistake((_unknown_command(first),))


def _first_word(text: str) -> tuple[str, str]:
    """Return the word that says what to do and what follows it; nobody can see what is invisible in a word.

    Marks around a known word are none of it: they came along when it was copied, or Slack would draw it by them.
    """
    first, rest = (*as_typed(text).split(maxsplit=1), "", "")[:2]
    if not visible(first):
        return _first_word(rest) if rest else ("", "")
    bare = visible(first).strip(_AROUND)
    word = bare if bare.lower() in {*WORDS, ADMIN} else visible(first)
    return word, rest.strip() if visible(rest).strip() else ""


def _unknown_command(first: str) -> str:
    if "=" in first:
        return f"Begin with the word export: /tokenflex export {shorten(first, 60)} …"
    near = nearest(first, WORDS)
    if near:
        return f"I don't know {_quoted(first)}; did you mean /tokenflex {near}?"
    return f"I don't know {_quoted(first)}. Type /tokenflex for the form, or /tokenflex help."


def _on_export(word: NumberedWord, rest: str) -> Command:
    rest = visible(rest).strip().strip(_AROUND)
    found = re.fullmatch(r"#?\s*0*([1-9][0-9]{0,17})", rest)
    if found:
        return OnExport(word, int(found.group(1)))
    if not rest:
        return Mistake((f"Which export? Write /tokenflex {word} #42; /tokenflex list shows the numbers.",))
    return Mistake((f"{_quoted(rest)} is not the number of an export; write it like /tokenflex {word} #42.",))


# --- export ---------------------------------------------------------------------------------------------------

#: Each word of `export`, in any case, and the part of the request that it fills.
_PARTS: Final[dict[str, Part]] = {
    **dict.fromkeys(("contract", "contract_number", "contractnumber"), "contract"),
    **dict.fromkeys(("category", "categories", "usagecategory", "usagecategories"), "categories"),
    **dict.fromkeys(("fields", "field"), "fields"),
    **dict.fromkeys(("metrics", "metric"), "metrics"),
    "where": "where",
    **dict.fromkeys(("name", "file", "filename", "file_name", "downloadfilename"), "file_name"),
}
#: How each part is written in sentences and examples.
_KEYS: Final[dict[Part, str]] = {
    "contract": "contract",
    "fields": "fields",
    "metrics": "metrics",
    "categories": "category",
    "where": "where",
    "file_name": "name",
}
_LISTS: Final = frozenset({"fields", "metrics", "categories"})
#: Parts whose value may hold blanks; it has to stand between quotation marks then.
_FREE: Final = frozenset({"where", "file_name"})
_KNOWN_SHOWN: Final = 5
_WHERE_EXAMPLE: Final = "where=\"productName='Revit'\""
_NAME_EXAMPLE: Final = 'name="my report"'


@dataclass(slots=True)
class _Given:
    """One `key=value`; `part` is None where the key is unknown.

    `typed` is the value with its marks and with all words up to the next key, each of which may belong to it.
    `takes_words` says of an unknown key that its value may hold blanks, so that nobody is told of those words as well.
    """

    part: Part | None
    value: str
    typed: str = ""
    takes_words: bool = False

    def takes(self, word: str) -> bool:
        """Say whether a word without a key goes on with this value: `fields=a, b`, `fields=a ,b`, `fields= a`."""
        if not self.value or (self.takes_words and not re.match(r"\w+=", word)):
            return True
        listed = self.part is None or self.part in _LISTS
        return listed and (self.value.rstrip().endswith(",") or word.startswith(","))


@dataclass(frozen=True, slots=True)
class _Fault:
    """One mistake, and the part that need not be checked any further because of it."""

    part: Part | None
    message: str


def _export(rest: str, catalogue: Catalogue, contracts: Sequence[Contract]) -> Command:
    try:
        words = split(rest)
    except UnreadableError as error:
        return Mistake((str(error),), of_export=True)
    given, faults = _read(words, catalogue)
    values: dict[Part, str] = {one.part: one.value for one in reversed(given) if one.part}
    faults += _twice_or_empty(given)
    if "where" not in {fault.part for fault in faults}:
        faults += _misquoted(values.get("where", ""), given, catalogue)
    contract = visible(values.get("contract", "")).strip() or _meant(contracts)
    if not contract and "contract" not in {fault.part for fault in faults}:
        faults.append(_Fault("contract", _which_contract(contracts)))
    spoiled = {fault.part for fault in faults}
    request, known = _request(contract, values), {one.number for one in contracts}
    problems = [problem for problem in check_request(request, catalogue, known) if problem.part not in spoiled]
    wrong = [fault.message for fault in faults] + [problem.message for problem in problems if not problem.warning]
    if wrong:
        return Mistake(tuple(dict.fromkeys(map(sentence, wrong))), of_export=True)
    return Export(request, tuple(sentence(problem.message) for problem in problems))


def _request(contract: str, values: dict[Part, str]) -> ExportRequest:
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


def _read(words: Sequence[Word], catalogue: Catalogue) -> tuple[list[_Given], list[_Fault]]:
    given: list[_Given] = []
    faults: list[_Fault] = []
    for at, word in enumerate(words):
        part, value = _part(word), word.text.partition("=")[2]
        last = given[-1] if given else _Given(None, "")
        if part:
            given.append(_Given(part, value, _typed(words[at:], catalogue).partition("=")[2]))
        elif given and last.takes(word.text):
            last.value += word.text
        elif home := _torn_from(word.text, last, catalogue):
            if home not in {fault.part for fault in faults}:  # one sentence covers all words of a torn value
                faults.append(_torn(home, words[at:], last, catalogue))
        else:
            fault = _unknown(word.text, last.part, catalogue)
            faults += [fault] if fault not in faults else []
            if "=" in word.text or fault.part:  # what follows an unknown key belongs to that key
                given.append(_Given(None, value, takes_words=fault.part in _FREE))
    return given, faults


def _part(word: Word) -> Part | None:
    key, equals, _ = word.text.partition("=")
    return _PARTS.get(visible(key).strip().lower()) if equals else None


def _typed(words: Sequence[Word], catalogue: Catalogue) -> str:
    """Return what was typed from a word on, up to the next key, known or mistyped."""
    following = itertools.takewhile(lambda word: not _begins(word.text, catalogue), words[1:])
    return " ".join(word.source for word in (words[0], *following))


def _begins(word: str, catalogue: Catalogue) -> bool:
    key, equals, _ = word.partition("=")
    return bool(equals and not _home(key.rstrip("<>! "), catalogue) and nearest(key, tuple(_PARTS)))


def _torn_from(word: str, last: _Given, catalogue: Catalogue) -> Part | None:
    """Return the part that a word without a key of its own belongs to, in that its value lacks quotation marks."""
    key, equals, _ = word.partition("=")
    if equals and _home(key.rstrip("<>! "), catalogue) == "fields":
        return "where"
    numbered = re.fullmatch(r"\d+|(?=.*\d)\w*-[\w-]*", word) is not None
    belongs = {"where": True, "file_name": not equals, "contract": numbered}
    return last.part if last.part and belongs.get(last.part) and not _begins(word, catalogue) else None


def _torn(part: Part, words: Sequence[Word], last: _Given, catalogue: Catalogue) -> _Fault:
    word = words[0].text
    if part == "contract":
        number = shorten("".join(last.typed.split()), 60)
        return _Fault(part, f"Write the contract's number without blanks: contract={number}.")
    if part == "file_name":
        return _Fault(part, _outside_name(word, last.typed))
    if last.part == "where":
        said, typed = "stands outside the condition; quote it whole", last.typed
    else:
        said, typed = "is a condition; put conditions between quotes", _typed(words, catalogue)
    return _Fault(part, f"{_quoted(word)} {said}: {requoted_clause(typed, catalogue) or _WHERE_EXAMPLE}.")


def _outside_name(word: str, typed: str) -> str:
    said = f"{_quoted(word)} stands outside the name; quote it whole: {requoted_name(typed) or _NAME_EXAMPLE}"
    as_key = f"; as a word of its own, join it to a value: {word.lower()}=VALUE" if word.lower() in _PARTS else ""
    return f"{said}{as_key}."


def _unknown(word: str, previous: Part | None, catalogue: Catalogue) -> _Fault:
    key, equals, _ = word.partition("=")
    home = _home(key, catalogue)
    near = nearest(key, tuple(_PARTS))
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


def _misquoted(where: str, given: Sequence[_Given], catalogue: Catalogue) -> list[_Fault]:
    """Return the fault of a where clause that would pass if its quotation marks were others."""
    if all(problem.warning for problem in check_where(straight_clause(where), catalogue)):
        return []
    words = [word for one in given if one.part == "where" and (word := requoted_clause(one.typed, catalogue))]
    said = "The quotation marks of where= do not fit together; write it like this"
    return [_Fault("where", f"{said}: {word}.") for word in words]


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
