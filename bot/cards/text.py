"""The one escaper, and the one formatter of everything that Slack's mrkdwn treats specially.

Every text of a person or of Autodesk goes through `escape`, `code` or `link` before it becomes mrkdwn. Escaping
stops mentions, links and `<!…>`; bare `@here` words are stopped by `verbatim: true` on the text object. Cut a text
with `shorten` before it is escaped, never after: an entity cut in half would show.
"""

import re
from datetime import UTC, date, datetime
from urllib.parse import quote

SOFT_HYPHEN = "\u00ad"

#: What would end a line, or turn the direction of all that follows on it.
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_QUOTE_MARK = re.compile(r"(^|[\r\n])([^\S\r\n]*)&gt;")
_SLACK_ID = re.compile(r"[A-Z][A-Z0-9]{1,30}", re.ASCII)
_UNSAFE_IN_URL = re.compile(r"""[\s\x00-\x1f\x7f|<>"']""")
_ENTITY = re.compile(r"&(?=(?:amp|lt|gt);)")


def escape(text: str) -> str:
    """Return the text such that mrkdwn shows it as it is: no mention, no link, no quoted line."""
    return _QUOTE_MARK.sub(rf"\1\2{SOFT_HYPHEN}&gt;", _entities(text))


def code(text: str) -> str:
    """Return the text as a code span on one line; backticks, which would end the span, become apostrophes."""
    line = flat(text).replace("`", "'")
    return f"`{_entities(line) or ' '}`"


def code_within(text: str, limit: int) -> str:
    """Return the text as a code span of at most `limit` characters as Slack counts them: entities count in full."""
    return code(_cut(flat(text), limit - len("``")))


def escape_within(text: str, limit: int) -> str:
    """Return an escaped text of at most `limit` characters as Slack counts them; for texts of one line."""
    return escape(_cut(text, limit - len(SOFT_HYPHEN)))


def _cut(text: str, room: int) -> str:
    """Return as much of a text as fits into that room once it is escaped."""
    if len(_entities(text)) <= room:
        return text
    kept = 0
    for character in text:
        room -= len(_entities(character))
        if room < len("…"):
            break
        kept += 1
    return f"{text[:kept].rstrip()}…"


def mention(user_id: str) -> str:
    """Return what notifies that person; anything that is no Slack id is shown as code and notifies nobody."""
    return f"<@{user_id}>" if _SLACK_ID.fullmatch(user_id) else code(user_id)


def channel(channel_id: str) -> str:
    """Return what Slack shows as the channel's present name; anything that is no Slack id is shown as code.

    A direct message has no name that Slack could show.
    """
    if is_direct_message(channel_id):
        return "the direct message"
    return f"<#{channel_id}>" if _SLACK_ID.fullmatch(channel_id) else code(channel_id)


def recipient(slack_id: str) -> str:
    """Return the person or the channel that a message goes to (source: Slack, users: ids that begin with U or W)."""
    return mention(slack_id) if slack_id.startswith(("U", "W")) else channel(slack_id)


def is_direct_message(channel_id: str) -> bool:
    """Return whether the id is that of a direct message (source: Slack, conversations: ids that begin with D)."""
    return channel_id.startswith("D") and _SLACK_ID.fullmatch(channel_id) is not None


def day(date: date) -> str:
    """Return a day as people say it."""
    return f"{date.day} {date:%B} {date.year}"


def moment(when: datetime) -> str:
    """Return day and time in each reader's own zone, with the time in UTC for clients that cannot.

    Raises:
        ValueError: the time has no zone.

    """
    return _date(when, "{date_short_pretty} {time}", "%Y-%m-%d %H:%M UTC")


def clock_time(when: datetime) -> str:
    """Return the time of day to the second in each reader's own zone, with UTC for clients that cannot.

    Raises:
        ValueError: the time has no zone.

    """
    return _date(when, "{time_secs}", "%H:%M:%S UTC")


def shorten(text: str, limit: int) -> str:
    """Return the text, cut to at most `limit` characters; what was cut ends in `…`."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rstrip() + "…" if limit > 0 else ""


def sentence(text: str) -> str:
    """Return the text with a full stop, unless it ends in a mark of its own."""
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


def link(url: str, label: str) -> str:
    """Return a link; the address is left as it is but for the characters that would end it, which are percent-encoded.

    A signed address must arrive unchanged, odd second `?` included (source: Token Flex export reference, examples of
    `downloadUrl`), so it is never parsed and rebuilt. Where it holds an entity by chance (`&lt;`), the ampersand is
    escaped, since Slack decodes entities in addresses too. What is no web address becomes its label alone.
    """
    shown = _entities(flat(label).replace("|", "¦")) or "Link"
    safe = address(url)
    return f"<{_ENTITY.sub('&amp;', safe)}|{shown}>" if safe else shown


def address(url: str) -> str:
    """Return an address as a button opens it, with what no address may hold percent-encoded; "" for what is none."""
    if not url.lower().startswith(("https://", "http://")):
        return ""
    return _UNSAFE_IN_URL.sub(lambda found: quote(found.group(), safe=""), url)


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def flat(text: str) -> str:
    """Return the text on one line, read in one direction."""
    return _LINE_BREAKS.sub(" ", text).strip()


def _date(when: datetime, shown: str, fallback: str) -> str:
    if when.tzinfo is None:
        raise ValueError("a time without a zone cannot be shown")
    utc = when.astimezone(UTC)
    return f"<!date^{int(utc.timestamp())}^{shown}|{utc.strftime(fallback)}>"
