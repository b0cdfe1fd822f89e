"""How text looks to a reader: mrkdwn with names, labels and dates put in, and whom a text notifies."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

_TOKEN = re.compile(r"<([^<>\n]+)>")
_CODE = re.compile(r"```(.+?)```|`([^`\n]+)`", re.DOTALL)
_STYLES = [
    re.compile(
        rf"(?<![\w{re.escape(c)}]){re.escape(c)}(?=\S)([^{re.escape(c)}\n]+?)(?<=\S){re.escape(c)}(?![\w{re.escape(c)}])"
    )
    for c in "*_~"
]
_BARE_URL = re.compile(r"https?://[^\s<>|]+")
_BROADCASTS = ("channel", "here", "everyone")


class Names(Protocol):
    """What a reader's client knows: names of people and channels, and the time."""

    def user_name(self, user_id: str) -> str:
        """Return the name behind an account id, or the id itself."""
        ...

    def channel_name(self, channel_id: str) -> str:
        """Return the name behind a channel id, or the id itself."""
        ...

    def now(self) -> datetime:
        """Return the time in UTC."""
        ...


def read_mrkdwn(text: str, names: Names) -> str:
    """Return mrkdwn as it is drawn: mentions by name, links by label, dates in UTC, no style marks."""
    kept: list[str] = []

    def keep(shown: str) -> str:
        kept.append(shown)
        return f"\0{len(kept) - 1}\0"

    text = _TOKEN.sub(lambda match: keep(_read_token(match[1], names)), text)
    text = _CODE.sub(lambda match: keep(html.unescape(match[1] or match[2])), text)
    for style in _STYLES:
        text = style.sub(r"\1", text)
    text = html.unescape(text).replace("\u00ad", "")
    while "\0" in text:
        text = re.sub(r"\0(\d+)\0", lambda match: kept[int(match[1])], text)
    return text


def _read_token(token: str, names: Names) -> str:
    target, _, label = token.partition("|")
    label = html.unescape(label)
    if target.startswith("@"):
        return f"@{names.user_name(target[1:])}"
    if target.startswith("#"):
        return f"#{names.channel_name(target[1:])}"
    if target.startswith("!date^"):
        return _read_date(target, label, names.now())
    if target.startswith("!"):
        return label or f"@{target[1:]}"
    return label or html.unescape(target)


def _read_date(target: str, fallback: str, now: datetime) -> str:
    parts = target.split("^")
    try:
        moment = datetime.fromtimestamp(int(parts[1]), UTC)
    except (ValueError, IndexError, OverflowError, OSError):
        return fallback
    shown = parts[2] if len(parts) > 2 else ""
    for name, write in _DATE_TOKENS.items():
        shown = shown.replace("{" + name + "}", write(moment, now))
    return shown if shown and "{" not in shown else fallback


def _day(moment: datetime, now: datetime, otherwise: str) -> str:
    days = (moment.date() - now.date()).days
    return {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days, otherwise)


def _ordinal(day: int) -> str:
    return f"{day}{'th' if 11 <= day <= 13 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def _year(moment: datetime, now: datetime) -> str:
    return "" if abs(moment - now) < timedelta(days=183) else f", {moment.year}"


def _date(moment: datetime, now: datetime) -> str:
    return f"{moment:%B} {_ordinal(moment.day)}{_year(moment, now)}"


def _date_short(moment: datetime, now: datetime) -> str:
    return f"{moment:%b} {moment.day}{_year(moment, now)}"


def _date_long(moment: datetime, now: datetime) -> str:
    return f"{moment:%A}, {_date(moment, now)}"


def _time(moment: datetime, form: str) -> str:
    return moment.strftime(form).lstrip("0")


def _ago(moment: datetime, now: datetime) -> str:
    seconds = int((moment - now).total_seconds())
    size, unit = next(
        (s, u)
        for s, u in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
        if abs(seconds) >= s or s == 1
    )
    count = abs(seconds) // size
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"in {words}" if seconds >= 0 else f"{words} ago"


_DATE_TOKENS: dict[str, Callable[[datetime, datetime], str]] = {
    "date_num": lambda moment, _now: f"{moment:%Y-%m-%d}",
    "date": _date,
    "date_short": _date_short,
    "date_long": _date_long,
    "date_pretty": lambda moment, now: _day(moment, now, _date(moment, now)),
    "date_short_pretty": lambda moment, now: _day(moment, now, _date_short(moment, now)),
    "date_long_pretty": lambda moment, now: _day(moment, now, _date_long(moment, now)),
    "time": lambda moment, _now: _time(moment, "%I:%M %p"),
    "time_secs": lambda moment, _now: _time(moment, "%I:%M:%S %p"),
    "ago": _ago,
}


def links_in(text: str, *, verbatim: bool) -> list[str]:
    """Return the URLs that a mrkdwn text makes clickable; bare ones count unless it is `verbatim`."""
    found = [
        html.unescape(target)
        for target in (m[1].partition("|")[0] for m in _TOKEN.finditer(text))
        if target[0] not in "@#!"
    ]
    if not verbatim:
        found += [html.unescape(url) for url in _BARE_URL.findall(_TOKEN.sub(" ", text))]
    return found


def mentions_in(text: str, names: Names, *, verbatim: bool) -> set[str]:
    """Return whom a mrkdwn text notifies: people by name, and `channel`, `here`, `everyone`, `subteam^…`."""
    found = set()
    for token in (match[1].partition("|")[0] for match in _TOKEN.finditer(text)):
        if token.startswith("@"):
            found.add(names.user_name(token[1:]))
        elif token.startswith("!") and not token.startswith("!date^"):
            found.add(token[1:])
    if not verbatim:
        found |= {word for word in _BROADCASTS if re.search(rf"(?<![\w<!])@{word}\b", text)}
    return found
