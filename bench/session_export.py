"""A large export at the level of sessions, as Token Flex would write it: seeded, so the same each time.

Shaped like the sandbox's data set: each person has a cost centre and uses a few products.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

FIELDS: Final = (
    *("userName", "productName", "productVersion", "chargedItemID", "chargeCategory", "usageDate"),
    *("sessionStartDate", "sessionEndDate", "customField1"),
)
METRICS: Final = ("usageMinutes", "tokensConsumed")
TABLES: Final = ("userName", "productName", "customField1")  #: what three tables are by
_PRODUCTS: Final = (
    *("AutoCAD", "Revit", "Inventor Professional", "3ds Max", "Maya", "Civil 3D", "Navisworks Manage", "Vault Office"),
    *("AutoCAD Architecture", "Robot Structural Analysis", "Arnold"),
)
_CHARGES: Final = ("CHARGED",) * 6 + ("FREE",) * 3 + ("CASUAL",)
_PEOPLE: Final = 2_000
_DAYS: Final = 3 * 365
_DIFFERENT: Final = 200_000  #: rows that differ in more than the ID of their session
_AT_ONCE: Final = 20_000


def write(path: Path, rows: int) -> None:
    """Write an export of so many rows, sorted by day; 5 million have about 0.65 GB."""
    random = Random(18)
    people = [_Person(random, number) for number in range(_PEOPLE)]
    halves = [random.choice(people).session(random, place / _DIFFERENT) for place in range(_DIFFERENT)]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"{','.join((*FIELDS, *METRICS))}\r\n")
        for piece in _pieces(halves, rows):
            file.write(piece)


def _pieces(halves: list[tuple[str, str]], rows: int) -> Iterator[str]:
    """Yield rows a few days at a time, of which each takes its turn in a piece."""
    for first in range(0, rows, _AT_ONCE):
        last = min(first + _AT_ONCE, rows)
        now = halves[first * _DIFFERENT // rows : last * _DIFFERENT // rows] or halves[:1]
        placed = ((now[number % len(now)], number) for number in range(first, last))
        yield "".join(f"{before}{number:012X}{after}" for (before, after), number in placed)


class _Person:
    def __init__(self, random: Random, number: int) -> None:
        self._name = f"person.{number:04d}@example.com"
        self._centre = f"CC-{100 + number % 40}"
        self._products = random.sample(range(len(_PRODUCTS)), random.randint(2, 4))

    def session(self, random: Random, part: float) -> tuple[str, str]:
        """Return one session of this person, after so large a part of all days: what is before its ID and after it."""
        product, minutes = random.choice(self._products), random.randint(1, 540)
        begins = datetime(2024, 1, 1, 7, tzinfo=UTC) + timedelta(
            days=int(part * _DAYS), seconds=random.randrange(7 * 3600)
        )
        ends, charge = begins + timedelta(minutes=minutes), random.choice(_CHARGES)
        tokens = (product + 3) / 2 if charge == "CHARGED" else 0.0
        before = f"{self._name},{_PRODUCTS[product]},{2023 + random.randrange(4)},"
        return before, (
            f",{charge},{begins:%Y-%m-%d},{begins:%Y-%m-%dT%H:%M:%S},{ends:%Y-%m-%dT%H:%M:%S},{self._centre},"
            f"{minutes}.0,{tokens}\r\n"
        )
