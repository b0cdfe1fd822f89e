"""How an alert stands, as a text that is stored."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from bot.alerts.episodes import Episode, Past, State
from bot.cards import alert_told
from bot.cards.alert_told import Phase


def as_text(state: State) -> str:
    """Return the text that `of_text` reads; a quiet alert of which nothing was told yet has the empty one."""
    if state == State():
        return ""
    kept = asdict(state)
    if state.episode is not None:
        kept["episode"]["matter"] = alert_told.matter_as_json(state.episode.matter)
    return json.dumps(kept, default=lambda moment: moment.isoformat())


def of_text(text: str) -> State:
    """Return how an alert stands by a text of `as_text`.

    What another version has written, and this one does not understand, counts as if nothing was told: better said twice
    than an alert that nobody can look at or delete.
    """
    if not text:
        return State()
    try:
        kept = json.loads(text)
        episode = _episode(kept["episode"]) if kept["episode"] else None
        return State(episode, tuple(map(_past, kept["past"])))
    except (KeyError, TypeError, ValueError):
        return State()


def _past(kept: Mapping[str, Any]) -> Past:
    return Past(date.fromisoformat(kept["period"]), kept["step"], _moment(kept["eased_at"]))


def _episode(kept: Mapping[str, Any]) -> Episode:
    return Episode(
        period=date.fromisoformat(kept["period"]),
        step=kept["step"],
        matter=alert_told.matter_of_json(kept["matter"]),
        phase=Phase(kept["phase"]),
        person=kept["person"],
        at=_moment(kept["at"]),
        until=_moment(kept["until"]),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
