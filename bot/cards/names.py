"""What people call the fields, metrics and usage categories of Token Flex, and how they look for them.

Autodesk's names stay what is sent; the customer's own labels of custom fields go before our words for those.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bot.tokenflex.catalogue import Catalogue, Category, Field, Metric, nearest


@dataclass(frozen=True, slots=True)
class Name:
    """The title of a menu, the same inside a sentence ("tokens by product"), and other words that people look for."""

    title: str
    noun: str = ""
    synonyms: str = ""


_OWN: Final = "cost centre center department team office location project charge-back tag"

#: Every name that the catalogue has by itself, tested to be total; one from the settings is called by its own name.
NAMES: Final[Mapping[str, Name]] = {
    "usageMonth": Name("Month", synonyms="date when monthly trend"),
    "usageDate": Name("Day", synonyms="date when daily week"),
    "contractYear": Name("Contract year", synonyms="annual term"),
    "productName": Name("Product name", "product", "software application program tool"),
    "productLineCode": Name("Product line code", synonyms="plc software"),
    "productVersion": Name("Product version", "version", "software release"),
    "productFeatureCode": Name("Product feature code", synonyms="pfc"),
    "usageCategory": Name("Usage category", synonyms="kind cloud desktop manual"),
    "usageType": Name("Usage type", synonyms="borrowed offline seat"),
    "tokenPool": Name("Token pool", synonyms="annual multi-year"),
    "userName": Name("User name", "user", "person people employee email login seat who"),
    "machineName": Name("Machine name", "machine", "computer workstation host pc"),
    "licenseServerName": Name("Licence server", synonyms="license network"),
    "chargedItemID": Name("Session or transaction ID", "session", "charge booking"),
    "chargeCategory": Name("Kind of charge", synonyms="cost charged free casual accident"),
    "sessionStartDate": Name("Start of session", synonyms="time when begin"),
    "sessionEndDate": Name("End of session", synonyms="time when stop"),
    "licenseServerTimeZoneOffset": Name("Time zone of licence server", synonyms="license utc"),
    "hubId": Name("Hub ID", "hub ID"),
    "hubName": Name("Hub name", "hub"),
    "reasonType": Name("Reason", synonyms="why adjustment"),
    "reasonComment": Name("Comment", synonyms="why note adjustment"),
    "transactionDate": Name("Day of entry", synonyms="date booked adjustment"),
    **{f"customField{number}": Name(f"Custom field {number}", synonyms=_OWN) for number in range(1, 11)},
    "tokensConsumed": Name("Tokens", synonyms="cost price consumption"),
    "usageHours": Name("Hours of use", synonyms="duration time"),
    "usageMinutes": Name("Minutes of use", synonyms="duration time"),
    "uniqueUsers": Name("Different users", synonyms="unique people person seat head"),
    "uniqueProducts": Name("Different products", synonyms="unique software"),
    "useCount": Name("Number of uses", synonyms="sessions often times"),
    "quantity": Name("Quantity", synonyms="amount adjustment"),
    "DESKTOP_PRODUCT": Name("Desktop products", synonyms="software installed seat"),
    "CLOUD_PRODUCT": Name("Cloud products", synonyms="online"),
    "CLOUD_SERVICE": Name("Cloud services", synonyms="rendering online"),
    "MANUAL_ADJUSTMENT": Name("Manual adjustments", synonyms="correction goodwill refund by hand"),
    "MANUAL_CONSUMPTION": Name("Manual consumption", synonyms="by hand"),
}


class Names:
    """The names of a catalogue, with one customer's labels (`customField1` → "Cost centre").

    Labels may be empty, and several fields may have the same one: these are told apart by their numbers.
    """

    def __init__(self, catalogue: Catalogue, labels: Mapping[str, str] | None = None) -> None:
        told = {
            name: " ".join((labels or {}).get(name, "").split()) for name in NAMES if name.startswith("customField")
        }
        times = Counter(map(_folded, told.values()))
        self._labels = {
            name: label if times[_folded(label)] == 1 else f"{label} ({NAMES[name].title.lower()})"
            for name, label in told.items()
            if label
        }
        self._words: dict[str, list[list[str]]] = {}  # of each name that was looked for, the title's first
        self._about = {entry.name: entry.meaning for entry in _entries(catalogue)}
        self._known = re.compile(rf"\b(?:{'|'.join(map(re.escape, self._about))})\b")

    @property
    def labelled(self) -> tuple[str, ...]:
        """The custom fields that the customer has given a label, by their numbers."""
        return tuple(self._labels)

    def title(self, name: str) -> str:
        """Return what stands in a menu; a name that nobody knows is its own title."""
        return self._labels.get(name) or _of(name).title

    def noun(self, name: str) -> str:
        """Return the same inside a sentence; a label stays as the customer wrote it."""
        return self._labels.get(name) or _of(name).noun or _lowered(self.title(name))

    def spoken(self, text: str) -> str:
        """Return a sentence with Autodesk's names in it as it reads beside menus that show their titles."""
        return self._known.sub(lambda found: self.title(found[0]), text)

    def called(self, text: str, among: Iterable[str]) -> str | None:
        """Return the one of some names that is called just that, by Autodesk or by people, whatever the case."""
        return self._said(among).get(_folded(text))

    def meant(self, text: str, among: Iterable[str]) -> str | None:
        """Return the one of some names that a text says: Autodesk's name, title or noun, or nearly one of these."""
        said = self._said(among)
        known = nearest(_folded(text), tuple(said))
        return None if known is None else said[known]

    def _said(self, among: Iterable[str]) -> Mapping[str, str]:
        """Return some names by all that they are called."""
        said: dict[str, str] = {}
        for name in among:
            for each in (name, self.title(name), self.noun(name), _of(name).title):
                said.setdefault(_folded(each), name)
        return said

    def search(self, text: str, among: Iterable[str]) -> tuple[str, ...]:
        """Return those of some names that a text looks for, the best first; all of them for no text.

        Each word of the text has to begin a word of what is known of a name, whatever the case and the accents.
        """
        wanted = words(text)
        found = ((self._rank(name, wanted), name) for name in among)
        return tuple(name for rank, name in sorted(found, key=lambda each: each[0] or 0) if rank is not None)

    def _rank(self, name: str, wanted: list[str]) -> int | None:
        """Return 0 where the title says it, more where only something else does, None where nothing does."""
        if name not in self._words:
            texts = (self.title(name), _spaced(name), _of(name).synonyms, self._about.get(name, ""))
            self._words[name] = [words(text) for text in texts]
        known: list[str] = []
        for rank, more in enumerate(self._words[name]):
            known += more
            if all(any(word.startswith(each) for word in known) for each in wanted):
                return rank
        return None


def _entries(catalogue: Catalogue) -> Iterator[Field | Metric | Category]:
    yield from catalogue.fields
    yield from catalogue.metrics
    yield from catalogue.categories


def _of(name: str) -> Name:
    return NAMES.get(name) or Name(name, name)


def _lowered(title: str) -> str:
    return title[:1].lower() + title[1:]


def _spaced(name: str) -> str:
    """Return Autodesk's name both whole and as the words that it is made of."""
    return f"{name} {re.sub('(?<=[a-z])(?=[A-Z])', ' ', name)}"


def words(text: str) -> list[str]:
    """Return the words of a text as they are compared: without case and accents."""
    return re.findall(r"\w+", _folded(text).replace("_", " "))


def _folded(text: str) -> str:
    """Return a text as it is compared: without case, accents and signs around it."""
    apart = unicodedata.normalize("NFKD", text.strip())
    return "".join(each for each in apart if not unicodedata.combining(each)).casefold()
