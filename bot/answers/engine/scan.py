"""One pass over the bytes of a file: its length and SHA-256, and what DuckDB would let pass or stumble over."""

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.answers.engine.header import MOST_LINE, UnreadableError
from bot.cards.figures import Fault

_CHUNK: Final = 1 << 17  #: bytes; they stay in the processor's cache while all looks at them are made


@dataclass(frozen=True, slots=True)
class Scan:
    """How many bytes a file has, and their SHA-256 in hexadecimal."""

    size: int
    sha256: str


def scan(path: Path) -> Scan:
    """Return the receipt of a file; reads it once, in pieces.

    Raises:
        UnreadableError: NUL bytes, bytes that are no UTF-8, or a line that is too long.

    """
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    size = line = 0
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                line = _check(chunk, line, decoder)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise UnreadableError(Fault.ENCODING) from None
    except OSError:
        raise UnreadableError(Fault.GONE) from None
    return Scan(size, digest.hexdigest())


def _check(chunk: bytes, line: int, decoder: codecs.IncrementalDecoder) -> int:
    """Check a piece and return how long the line is that it breaks off in; pieces are shorter than a line may be."""
    if b"\0" in chunk:
        raise UnreadableError(Fault.NUL)
    decoder.decode(chunk)
    first, last = chunk.find(b"\n"), chunk.rfind(b"\n")
    if line + (first if first >= 0 else len(chunk)) > MOST_LINE:
        raise UnreadableError(Fault.LONG_LINE)
    return line + len(chunk) if last < 0 else len(chunk) - last - 1
