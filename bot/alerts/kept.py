"""How an alert stands, as a text that is stored."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final

from bot.alerts.episodes import Episode, Past, State
from bot.cards.alert_card import LeftUnused, Matter, OverLimit, OverUsual, Phase, RunsOut, ShareUsed

_MATTERS: Final[Mapping[str, type[Matter]]] = {
    "share-used": ShareUsed,
    "runs-out": RunsOut,
    "over-usual": OverUsual,
    "over-limit": OverLimit,
    "left-unused": LeftUnused,
}
_DAYS: Final = frozenset({"on", "ends"})


def as_text(state: State) -> str:
    """Return the text that `of_text` reads; a quiet alert of which nothing was told yet has the empty one."""
    if state == State():
        return ""
    kept = asdict(state)
    if state.episode is not None:
        kept["episode"]["matter"] |= {"kind": _kind(state.episode.matter)}
    return json.dumps(kept, default=lambda moment: moment.isoformat())


def of_text(text: str) -> State:
    """Return how an alert stands by a text of `as_text`."""
    if not text:
        return State()
    kept = json.loads(text)
    episode = _episode(kept["episode"]) if kept["episode"] else None
    past = (Past(date.fromisoformat(each["period"]), each["step"], _moment(each["eased_at"])) for each in kept["past"])
    return State(episode, tuple(past))


def _episode(kept: Mapping[str, Any]) -> Episode:
    return Episode(
        period=date.fromisoformat(kept["period"]),
        step=kept["step"],
        matter=_matter(kept["matter"]),
        phase=Phase(kept["phase"]),
        person=kept["person"],
        at=_moment(kept["at"]),
        until=_moment(kept["until"]),
    )


def _matter(kept: Mapping[str, Any]) -> Matter:
    said: dict[str, Any] = {
        name: _day(value) if name in _DAYS else value for name, value in kept.items() if name != "kind"
    }
    return _MATTERS[kept["kind"]](**said)


def _kind(matter: Matter) -> str:
    return next(name for name, made in _MATTERS.items() if isinstance(matter, made))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
