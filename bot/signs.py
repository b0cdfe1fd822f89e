"""Signs that phones, clipboards and typographers write in place of plain ones, and what is drawn as nothing."""

import re
import unicodedata
from typing import Final

#: What is written for `"`, for `'` and for a space; for use between the brackets of a pattern.
CURLY_DOUBLE: Final = "“”„‟«»"
CURLY_SINGLE: Final = "‘’‚‛"
SPACES: Final = "\x0b\x0c\x1c-\x1f\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"

#: Drawn as nothing beside format characters and controls (source: Unicode, Default_Ignorable_Code_Point), and the two
#: that are drawn as an empty place: a cell of Braille, and what stands for an object.
_FILLERS: Final = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff"
    "\u2800\ufffc"
)
_EMPTY: Final = re.compile(f"[{_FILLERS}]")
#: These and the format characters, for use between the brackets of a pattern.
UNSEEN: Final = (
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    f"{_FILLERS}"
)
#: What phones write of their own accord, and what stands in its place in data that a program wrote.
_BY_PHONES: Final = {
    "a curly mark": str.maketrans(dict.fromkeys("‘’‚‛ʼ′´", "'") | dict.fromkeys("“”„‟″", '"')),
    "a long dash": str.maketrans(dict.fromkeys("‐‑‒–—―−", "-")),
    "three dots in one sign": str.maketrans({"…": "..."}),
}


def visible(text: str) -> str:
    """Return the text without what nobody can see: joiners, marks of direction, fillers, controls."""
    return "".join(each for each in text if not _is_invisible(each))


def as_data_has_it(text: str) -> tuple[str, str]:
    """Return a text as data probably has it, and what had to be changed for that, in words; "" where nothing had to."""
    plain, kinds = text, []
    for kind, signs in _BY_PHONES.items():
        kinds += [kind] if plain.translate(signs) != plain else []
        plain = plain.translate(signs)
    spaced = re.sub(f"[{SPACES}]", " ", plain)
    kinds += ["another kind of space"] if spaced != plain else []
    kinds += ["an invisible character"] if visible(spaced) != spaced else []
    return visible(spaced), " and ".join(kinds)


def _is_invisible(character: str) -> bool:
    if unicodedata.category(character) in {"Cf", "Cc"}:
        return not character.isspace()
    return _EMPTY.match(character) is not None
