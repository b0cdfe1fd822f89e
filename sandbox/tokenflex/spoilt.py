"""Downloads that do not come as they should: what is written on the connection instead of the honest answer."""

import asyncio
import gzip
from collections.abc import Callable
from enum import StrEnum
from typing import Final

_PIECE: Final = 10_000_000  #: bytes of which a bomb is made
_PIECES: Final = 400
_MORE: Final = 500_000  #: bytes that a file seems to have which drips
_DRIP: Final = 0.01  #: real seconds between two bytes of a file that drips


class Way(StrEnum):
    """What goes wrong; the values read as what the file does."""

    STOPS = "stops in the middle"
    NEVER_ENDS = "never ends"
    DRIPS = "comes a byte at a time"
    SAYS_LESS = "is longer than it says"
    SAYS_NOTHING = "does not say how long it is"
    STOPS_IN_PIECES = "comes in pieces and stops between two"
    BOMB = "unpacks to gigabytes"
    DAMAGED = "is packed and damaged"
    ODD_PACKING = "is packed in a way that nobody asked for"
    PAGE = "is a web page"
    EMPTY = "is empty"
    ENDED = "is refused as if its link had ended"
    BUSY = "is not to be had now"
    DROPPED = "is no answer at all"
    ELSEWHERE = "leads to another host"
    INSIDE = "leads into the network of who asks"
    CIRCLE = "leads to itself"
    ASIDE = "leads to itself once, by another name"


AGAIN: Final = "&again"  #: behind a link that was led to once


async def send(way: Way, transport: asyncio.Transport, target: str, whole: bytes) -> None:
    """Write a download that goes wrong in this way, and close the connection or keep it, as that way is."""
    transport.write(_said(way, target, whole))
    while way in {Way.NEVER_ENDS, Way.DRIPS} and not transport.is_closing():
        await asyncio.sleep(_DRIP)
        if way is Way.DRIPS:
            transport.write(b",")
    transport.close()


def _said(way: Way, target: str, whole: bytes) -> bytes:
    half = whole[: len(whole) // 2]
    redirects = {
        Way.ELSEWHERE: "https://files.elsewhere.example/file.csv",
        Way.INSIDE: "http://169.254.169.254/latest/meta-data/",
        Way.CIRCLE: target,
        Way.ASIDE: target + AGAIN,
    }
    if way in redirects and not target.endswith(AGAIN):
        return _head("302 Found", Location=redirects[way], Content_Length=0)
    if way in _BODIES:
        return _BODIES[way](whole, half)
    length = len(whole) + (_MORE if way is Way.DRIPS else 0)
    return _head(Content_Length=length) + (whole if way is Way.ASIDE else half)


def _head(status: str = "200 OK", **headers: str | int) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", "Content-Type: text/csv", "Connection: close", *lines, "", ""]).encode()


def _packed(body: bytes, packing: str = "gzip") -> bytes:
    return _head(Content_Length=len(body), Content_Encoding=packing) + body


def _page(status: str, text: str) -> bytes:
    return _head(status, Content_Length=len(text)) + text.encode()


#: What is said in the file's place, from all of it and its first half.
_BODIES: Final[dict[Way, Callable[[bytes, bytes], bytes]]] = {
    Way.SAYS_LESS: lambda whole, half: _head(Content_Length=len(half)) + whole,
    Way.SAYS_NOTHING: lambda whole, _: _head() + whole,
    Way.STOPS_IN_PIECES: lambda _, half: _head(Transfer_Encoding="chunked") + b"%x\r\n%s\r\n" % (len(half), half),
    Way.BOMB: lambda _, __: _packed(gzip.compress(bytes(_PIECE)) * _PIECES),
    Way.DAMAGED: lambda whole, _: _packed(gzip.compress(whole)[:-8] + bytes(8)),
    Way.ODD_PACKING: lambda whole, _: _packed(whole, "br"),
    Way.PAGE: lambda _, __: _page("200 OK", "<!DOCTYPE html>\n<html><body>Please sign in</body></html>"),
    Way.EMPTY: lambda _, __: _head(Content_Length=0),
    Way.ENDED: lambda _, __: _page("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>"),
    Way.BUSY: lambda _, __: _page("503 Slow Down", "<Error><Code>SlowDown</Code></Error>"),
    Way.DROPPED: lambda _, __: b"",
}
