"""The places for outstanding exports: Token Flex allows 50 per Autodesk user, over all the user's programs.

Source: Token Flex rate limits ("50 outstanding exports"); a full house is not cured by waiting but by an export
that ends.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.runtime.backoff import OWN

SLOTS = 50
#: What a list showed of other programs is believed that long; contracts without work of ours are not looked at again.
_BELIEVED = timedelta(minutes=5)


class Slots:
    """How many more exports may be submitted, as far as the lists and the refusals tell."""

    def __init__(self) -> None:
        self._elsewhere: dict[str, tuple[int, datetime]] = {}
        self._refusals = 0
        self._closed_until: datetime | None = None
        self._listeners: list[Callable[[], None]] = []

    def subscribe(self, heard: Callable[[], None]) -> None:
        """Have `heard` called whenever there may be more slots, or fewer, than before."""
        self._listeners.append(heard)

    def left_to_us(self, now: datetime) -> int:
        """Return how many slots other programs leave to us, those that we hold included; none after a refusal."""
        if self._closed_until is not None and now < self._closed_until:
            return 0
        elsewhere = sum(count for count, seen_at in self._elsewhere.values() if now - seen_at < _BELIEVED)
        return max(0, SLOTS - elsewhere)

    def changes_at(self, now: datetime) -> datetime | None:
        """Return when there will be more slots if nothing is heard until then; None: never."""
        ends = [seen_at + _BELIEVED for count, seen_at in self._elsewhere.values() if count]
        return min((end for end in (self._closed_until, *ends) if end is not None and end > now), default=None)

    def refused(self, now: datetime) -> None:
        """Note that Token Flex says that the house is full; it is believed until something ends, or for a while."""
        self._refusals += 1
        self._closed_until = now + OWN.after(self._refusals)
        self._tell()

    def listed(self, contract: str, elsewhere: int, now: datetime, *, freed: bool) -> None:
        """Note what a list showed: outstanding exports of other programs, and whether a place became free."""
        before, _ = self._elsewhere.get(contract, (0, now))
        if freed or elsewhere < before:
            self.freed()
        self._elsewhere[contract] = elsewhere, now
        self._tell()

    def freed(self) -> None:
        """Note that an export ended."""
        self._closed_until = None
        self._tell()

    def taken(self) -> None:
        """Note that Token Flex accepted an export."""
        self._refusals = 0

    def _tell(self) -> None:
        for heard in self._listeners:
            heard()
