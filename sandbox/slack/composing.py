"""From arguments to the content of a message: limits of texts and blocks, ids for blocks that lack them."""

import copy
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sandbox.slack.errors import SlackFault
from sandbox.slack.json_values import Given, Json
from sandbox.slack.messages import Content
from sandbox.slack.rules.blocks import message_faults
from sandbox.slack.walking import elements

LONGEST_TEXT = 40_000


def content_of(arguments: Mapping[str, Any], refused: Collection[str] = ()) -> Content:
    """Return the content that the arguments of a post describe. Raises SlackFault for what Slack refuses.

    `refused` are kinds of blocks that the workspace does not take.
    """
    text, blocks = arguments.get("text") or "", arguments.get("blocks") or []
    attachments = arguments.get("attachments") or []
    if not isinstance(text, str):
        raise SlackFault("invalid_arguments")
    if not (text or blocks or attachments):
        raise SlackFault("no_text")
    if len(attachments) > 100:
        raise SlackFault("too_many_attachments")
    taken, metadata = checked_blocks(blocks, refused), checked_metadata(arguments)
    return Content(text[:LONGEST_TEXT], taken, metadata, tuple(attachments))


def checked_blocks(blocks: Given, refused: Collection[str] = ()) -> tuple[Json, ...]:
    """Return blocks that Slack accepts in a message, ids added. Raises SlackFault."""
    if not isinstance(blocks, list):
        raise SlackFault("invalid_blocks_format")
    faults, error = message_faults(blocks, refused)
    if faults:
        raise SlackFault(error, errors=faults, response_metadata={"messages": faults})
    return with_ids(blocks)


def with_ids(blocks: Sequence[Json]) -> tuple[Json, ...]:
    """Return a copy where each block and each interactive element has an id, as Slack hands them out."""
    copied = copy.deepcopy(list(blocks))
    for block in copied:
        block.setdefault("block_id", secrets.token_urlsafe(4))
    for _, element in elements(copied):
        element.setdefault("action_id", secrets.token_urlsafe(4))
    return tuple(copied)


def checked_metadata(arguments: Mapping[str, Any]) -> Json | None:
    """Return the metadata among the arguments, None for none or an empty object. Raises SlackFault."""
    metadata = arguments.get("metadata")
    if not metadata:
        return None
    if not isinstance(metadata, dict) or set(metadata) - {"event_type", "event_payload", "entities"}:
        raise SlackFault("invalid_metadata_format")
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise SlackFault("invalid_metadata_schema")
    return metadata
