"""Whether a message that was to show a link came to show it: told to the acts that wait for that."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

#: Outcomes that are kept for an act that is about to ask for its own.
_KEPT = 100

SHOWN = ""  #: the outcome of an edit that shows the link; any other is the reason why it does not


class Showings:
    """Edits of messages by the row of the outbox and its version, and what came of them."""

    def __init__(self) -> None:
        self._expected: Counter[int] = Counter()
        self._waiting: dict[asyncio.Future[str], tuple[int, int]] = {}
        self._outcomes: OrderedDict[int, tuple[int, str]] = OrderedDict()

    @contextmanager
    def expecting(self, number: int) -> Iterator[None]:
        """Say that somebody waits, or is about to, for a link of this export to be shown."""
        self._expected[number] += 1
        try:
            yield
        finally:
            self._expected[number] -= 1
            self._expected += Counter()  # forgets those of whom nobody waits

    def is_expected(self, number: int) -> bool:
        """Return whether somebody waits for a link of this export to be shown."""
        return number in self._expected

    def outcome(self, delivery: int, version: int) -> asyncio.Future[str]:
        """Return what comes of the edit of this row, in this version or a later one."""
        waits: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        known, reason = self._outcomes.get(delivery, (-1, ""))
        if known >= version:
            waits.set_result(reason)
        else:
            self._waiting[waits] = (delivery, version)
            waits.add_done_callback(lambda done: self._waiting.pop(done, None))
        return waits

    def settle(self, delivery: int, version: int, outcome: str) -> None:
        """Tell what came of an edit."""
        self._outcomes[delivery] = (version, outcome)
        self._outcomes.move_to_end(delivery)
        while len(self._outcomes) > _KEPT:
            self._outcomes.popitem(last=False)
        for waits, (wanted, least) in list(self._waiting.items()):
            if wanted == delivery and least <= version and not waits.done():
                waits.set_result(outcome)
