"""Time stamps in the forms that Token Flex sends: 3, 5 or 6 fraction digits with Z, and now and then 6 without."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

_FORMS = ((6, "Z"), (6, "Z"), (3, "Z"), (5, "Z"), (6, ""))


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment (UTC) and the form that it is always shown in; the moment is cut to what the form can show."""

    moment: datetime
    digits: int
    zone: str

    @classmethod
    def drawn(cls, moment: datetime, random: Random) -> "Stamp":
        """Return the moment in a form drawn from `random`."""
        digits, zone = random.choice(_FORMS)
        return cls(_cut(moment, digits), digits, zone)

    def at(self, moment: datetime) -> "Stamp":
        """Return another moment in the same form."""
        return Stamp(_cut(moment, self.digits), self.digits, self.zone)

    def __str__(self) -> str:
        fraction = f"{self.moment.microsecond:06d}"[: self.digits]
        return f"{self.moment:%Y-%m-%dT%H:%M:%S}.{fraction}{self.zone}"


def _cut(moment: datetime, digits: int) -> datetime:
    return moment - timedelta(microseconds=moment.microsecond % 10 ** (6 - digits))
