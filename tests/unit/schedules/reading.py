"""What people read of schedules in a house."""

from bot.delivery.kinds import Words, load
from storage.models import MessageKind
from tests.unit.schedules.house import House


def text_of(house: House, kind: MessageKind) -> str:
    """What the newest message of a kind says."""
    return load(house.db, house.told(kind)[-1]).message(None, Words()).text


def whole(house: House, kind: MessageKind) -> str:
    return str(load(house.db, house.told(kind)[-1]).message(None, Words()).blocks)
