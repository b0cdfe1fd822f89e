"""What entries of several YAML files have in common: what the settings allow, words with a meaning, what was done."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from bot.cards.pauses import Paused
from bot.people.permissions import Rules
from bot.questions import yaml_file
from bot.questions.yaml_file import Entry

#: Whose it is, of which contract and for which channel.
TEXTS: Final = ("owner", "channel", "contract")
_Value = TypeVar("_Value")


class Done(StrEnum):
    """What became of an entry."""

    MADE = "made"
    CHANGED = "changed"
    AS_IT_WAS = "as it was"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the settings allow; `moved` has the ids of channels that changed, and what they are now."""

    rules: Rules
    moved: Mapping[str, str]

    def channel(self, entry: Entry) -> str:
        """Return the id that the channel of an entry has now."""
        return self.moved.get(entry.text("channel"), entry.text("channel"))

    def problems(self, entry: Entry) -> Iterator[str]:
        """Yield what is wrong with whose an entry is, and where it goes, and what the settings do not allow of it."""
        yield from yaml_file.no_person(entry, "owner")
        yield from yaml_file.no_channel(entry, "channel")
        contract, channel = contract_of(entry), self.channel(entry)
        if "contract" in entry.texts and not contract:
            yield f"{entry.at('contract')}: write the number of a contract"
        elif "contract" in entry.texts and not self.rules.allows_contract(contract):
            yield f"{entry.at('contract')}: ALLOWED_CONTRACTS does not have {contract}"
        if "channel" in entry.texts and not self.rules.allows_channel(channel):
            yield f"{entry.at('channel')}: ALLOWED_CHANNELS does not have {channel}"


def contract_of(entry: Entry) -> str:
    """Return the number of a contract in an entry."""
    return entry.text("contract").strip()


def paused_of(entry: Entry, wrong: list[str]) -> Paused | None:
    """Return why an entry is paused, None where it is not; what is wrong is added."""
    return one_of(entry, "paused", {each.value: each for each in Paused}, None, wrong)


def one_of(entry: Entry, name: str, words: Mapping[str, _Value], at_first: _Value, wrong: list[str]) -> _Value:
    """Return what the word in a field means; what is wrong is added."""
    word = entry.text(name).lower()
    if word and word not in words:
        wrong.append(f"{entry.at(name)}: write one of {', '.join(words)}")
    return words.get(word, at_first)


def at(entry: Entry, name: str, problems: Iterable[str]) -> list[str]:
    """Return what is wrong with a field, with where it stands."""
    return [f"{entry.at(name)}: {each}" for each in problems]


def needless(entry: Entry, names: Iterable[str], needed: Iterable[str], kind: str) -> list[str]:
    """Return which of some fields stand in an entry although what is so has none: what "runs daily"."""
    found = sorted((set(names) & entry.lines.keys()) - set(needed), key=entry.lines.__getitem__)
    return [f"{entry.at(name)}: what {kind} has none" for name in found]


def twice(entries: Iterable[tuple[Entry, str, tuple[str, ...]]]) -> Iterator[str]:
    """Say which entries are the same, by what makes them so, at the field that says it."""
    seen: dict[tuple[str, ...], int] = {}
    for entry, name, key in entries:
        first = seen.setdefault(key, entry.line)
        if first != entry.line:
            yield f"{entry.at(name)}: {key[-1]!r} stands in line {first} already"
