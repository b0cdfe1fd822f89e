"""The ways of Autodesk's own recording (`SandboxSettings.recorded`): file names, links and their life, tables.

Source: Token Flex, what was seen in a recorded run of Autodesk's sample and in four CSV files that it made.
"""

import base64
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any
from urllib.parse import quote

from sandbox.tokenflex.catalogue import DATE, DATETIME, FIELDS, INTEGER, MONTH

#: Seconds that a link lives, drawn between the two.
LINK_LIVES = (60.0, 68.0)
#: The contract of the recording, whose number holds letters and a hyphen.
CONTRACT = "RomeoAgree-0"
#: What `tokenPool` is called there.
POOLS = {"ANNUAL": "CY", "MULTIYEAR": "MY"}

_BARE = frozenset({INTEGER, DATE, MONTH, DATETIME})
_TOKEN_START = base64.b64decode("FQoGZXIvYXdzEA//////////wE" + "==")


def file_name(asked: str) -> str:
    """Return what becomes of a file name, without the `.csv` that is added: hyphens and dots are taken out."""
    return asked.replace("-", "").replace(".", "")


def link_target(uuid: str, millis: int, expires: int, random: Random) -> str:
    """Return a link as a path, of about 700 characters with the host; `expires` is POSIX seconds."""
    signature = quote(base64.b64encode(b"\xff\xff" + random.randbytes(18)).decode(), safe="")
    token = quote(base64.b64encode(_TOKEN_START + random.randbytes(305)).decode(), safe="")
    key = base64.b32encode(random.randbytes(10)).decode()
    query = f"AWSAccessKeyId=ASIA{key}&Signature={signature}&x-amz-security-token={token}&Expires={expires}"
    return f"/download/exports/{uuid}_{millis}.csv?{query}"


def table(fields: Sequence[str], metrics: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a file: header and texts quoted, numbers and dates bare, a comma more at the end of every line."""
    kinds = [FIELDS[name].kind for name in fields]
    lines = ["".join(f"{_quoted(name)}," for name in (*fields, *metrics))]
    for row in rows:
        texts = [_cell(kind, value) for kind, value in zip(kinds, row[: len(kinds)], strict=True)]
        lines.append("".join(f"{cell}," for cell in [*texts, *map(_number, row[len(kinds) :])]))
    return "".join(f"{line}\n" for line in lines).encode()


def _cell(kind: str, value: str | int | None) -> str:
    if kind not in _BARE:
        return _quoted("" if value is None else str(value))
    if value is None:
        return ""
    text = str(value).replace("T", " ")
    return f"{text} 00:00:00" if kind in (DATE, MONTH) else text


def _number(value: float | None) -> str:
    return "" if value is None else str(float(value))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
