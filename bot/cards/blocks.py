"""The few Block Kit shapes that messages are made of. Foreign text is escaped before it comes here."""

from dataclasses import dataclass, field
from typing import Any

Block = dict[str, Any]

SECTION_LIMIT = 3000  #: characters of a text object (source: Slack Block Kit reference)
URL_LIMIT = 3000  #: characters of the address of a button (source: Slack Block Kit reference)


@dataclass(frozen=True, slots=True)
class Message:
    """A message as Slack takes it: `text` says the essential to notifications and screen readers.

    `plainer` blocks, where there are some, draw the same for a Slack that refuses tables and charts. `bare` stands for
    all of it where Slack refuses any blocks; "" where the text has to do then, which shows no link.
    """

    text: str
    blocks: list[Block] = field(default_factory=list, repr=False)
    plainer: list[Block] = field(default_factory=list, repr=False, kw_only=True)
    bare: str = field(default="", repr=False)


def mrkdwn(text: str) -> Block:
    """Return a text object in which bare words such as @here and addresses stay plain."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain(text: str) -> Block:
    """Return a text without markup, in which `:tada:` stays as it is typed."""
    return {"type": "plain_text", "text": text, "emoji": False}


def section(block_id: str, text: str) -> Block:
    """Return a paragraph."""
    return {"type": "section", "block_id": block_id, "text": mrkdwn(text)}


def fields(block_id: str, *pairs: tuple[str, str]) -> Block:
    """Return pairs of name and value in two columns; at most ten (source: Slack Block Kit reference)."""
    return {
        "type": "section",
        "block_id": block_id,
        "fields": [mrkdwn(f"*{name}*\n{value}") for name, value in pairs],
    }


def context(block_id: str, text: str) -> Block:
    """Return a line of small print."""
    return {"type": "context", "block_id": block_id, "elements": [mrkdwn(text)]}


def paragraph(text: str) -> Message:
    """Return a message of one paragraph; the text is mrkdwn already."""
    return Message(text, [section("text", text)])
