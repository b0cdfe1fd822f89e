"""Names for JSON that comes from outside."""

from typing import Any

Json = dict[str, Any]
Given = Any
"""A JSON value whose type nobody has checked yet."""
