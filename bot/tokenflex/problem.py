"""What a check found wrong with a request, in words for the person who typed it."""

from dataclasses import dataclass
from typing import Literal

Part = Literal["contract", "categories", "fields", "metrics", "where", "file_name"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: the part of the request that it belongs to, and a sentence that says how to mend it.

    A `warning` does not stop the request: it may fail or surprise, and the person should know.
    The message is plain text that may quote what was typed: escape it before it becomes mrkdwn.
    """

    part: Part
    message: str
    warning: bool = False
