"""What is known of the data of one contract, for how long, and what to fetch next of it: values, no calls."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from bot.tokenflex.catalogue import MANUAL, NEW_NAMES
from bot.tokenflex.client import VALUES_LISTED
from bot.tokenflex.models import LastUsage

#: What is fetched besides the values of fields, which are called as their fields are.
LABELS: Final = "labels"
FRESHNESS: Final = "freshness"
KEPT: Final = timedelta(days=1)
#: Usage is delivered daily, and nobody says at which hour.
_KEPT_FRESHNESS: Final = timedelta(hours=6)
#: Values of one field; what is beyond can be typed.
_MOST: Final = 10_000


@dataclass(slots=True)
class Known:
    """What is known of one contract.

    `labels` lead from `customField1` to the customer's own word for it, `values` from fields to what they can be.
    `fetched_at` has when each of these was fetched, `not_before` when to try again what could not be.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    last_days: Mapping[str, date] = field(default_factory=dict)
    fetched_at: dict[str, datetime] = field(default_factory=dict)
    not_before: dict[str, datetime] = field(default_factory=dict)

    def due(self, now: datetime) -> str | None:
        """Return what to fetch next for somebody who uses the contract: names first, then what is typed most."""
        product, user, *others = VALUES_LISTED
        wanted = (LABELS, FRESHNESS, product, user, *self.labels, *others)
        return next((what for what in wanted if self.is_old(what, now) and now >= self.not_before.get(what, now)), None)

    def is_old(self, what: str, now: datetime) -> bool:
        """Return whether something is old, or not known."""
        fetched_at = self.fetched_at.get(what)
        return fetched_at is None or now - fetched_at >= _kept(what)

    def learn_labels(self, listed: Iterable[str], now: datetime) -> None:
        """Take what the customer calls the custom fields, in their order; those without a word have none."""
        named = {f"customField{number}": label for number, label in enumerate(listed, 1)}
        self.labels = {name: label for name, label in named.items() if label.strip()}
        self.fetched_at[LABELS] = now

    def learn_values(self, what: str, listed: Iterable[str], now: datetime) -> None:
        """Take the values of a field."""
        self.values[what] = tuple(sorted(listed, key=str.casefold)[:_MOST])
        self.fetched_at[what] = now

    def learn_last_days(self, listed: Iterable[LastUsage], now: datetime) -> None:
        """Take through which day the usage of each category is known."""
        days: dict[str, date] = {}
        for each in listed:
            name = NEW_NAMES.get(each.category, each.category)
            days[name] = max(each.day, days.get(name, each.day))
        self.last_days = days
        self.fetched_at[FRESHNESS] = now

    def known_through(self, categories: Iterable[str], now: datetime) -> date | None:
        """Return the last day of which usage of some categories is known; None where that is not known now.

        Without categories what people and machines have used counts: what is booked by hand may be of any day.
        """
        if self.is_old(FRESHNESS, now):
            return None
        asked = set(categories) or set(NEW_NAMES.values()) - MANUAL
        return max((day for name, day in self.last_days.items() if name in asked), default=None)

    def forget_old(self, now: datetime) -> None:
        """Forget values that are old; labels stay until they are fetched again."""
        for what in [what for what in self.values if self.is_old(what, now)]:
            del self.values[what]

    def forget_values(self) -> None:
        """Forget all values: they are fetched again when they are wanted."""
        for what in self.values:
            self.fetched_at.pop(what, None)
        self.values.clear()

    @property
    def size(self) -> int:
        """How many values are held."""
        return sum(map(len, self.values.values()))


def _kept(what: str) -> timedelta:
    return _KEPT_FRESHNESS if what == FRESHNESS else KEPT
