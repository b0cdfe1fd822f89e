"""The colours of charts: seen on the page, and told apart by people who lack one kind of cone."""

import math
import re
from itertools import combinations
from pathlib import Path

import pytest

_STYLE = Path(__file__).parents[2] / "sandbox" / "page" / "static" / "style.css"
_LEAST_CONTRAST = 3.0  #: of graphics (WCAG 2.2, 1.4.11)
_LEAST_DISTANCE = 0.1  #: in Oklab; neighbours of the rainbow are about so far apart
#: What is left of linear red, green and blue without one kind of cone (Machado, Oliveira, Fernandes 2009, severity 1).
_SIGHTS = {
    "all cones": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
_CONES = (
    (0.41222147, 0.53633254, 0.05144599),
    (0.2119035, 0.6806995, 0.10739696),
    (0.08830246, 0.28171884, 0.62997870),
)
_OKLAB = (
    (0.21045426, 0.79361779, -0.00407205),
    (1.9779985, -2.42859221, 0.45059371),
    (0.02590404, 0.78277177, -0.80867577),
)

Color = tuple[float, ...]


def times(matrix: tuple[Color, ...], color: Color) -> Color:
    """Return the product."""
    return tuple(sum(a * b for a, b in zip(row, color, strict=True)) for row in matrix)


def linear(hexadecimal: str) -> Color:
    """Return red, green and blue as amounts of light."""
    parts = (int(hexadecimal[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def contrast(one: Color, other: Color) -> float:
    """Return the contrast as WCAG has it."""
    darker, lighter = sorted(0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def seen(color: Color, sight: str) -> Color:
    """Return a colour as somebody with that sight has it, in Oklab."""
    left = tuple(min(1.0, max(0.0, part)) for part in times(_SIGHTS[sight], color))
    return times(_OKLAB, tuple(part ** (1 / 3) for part in times(_CONES, left)))


def colors(scheme: str) -> dict[str, Color]:
    """Return paper and tones of the style sheet, by name."""
    pairs = re.findall(r"--(paper|tone-\d): light-dark\(#(\w{6}), #(\w{6})\)", _STYLE.read_text(encoding="utf-8"))
    return {name: linear(light if scheme == "light" else dark) for name, light, dark in pairs}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_parts_of_a_chart_are_seen_on_the_page(scheme: str) -> None:
    """Each of the six that Slack takes."""
    found = colors(scheme)
    paper = found.pop("paper")
    assert len(found) == 6
    assert {
        name: contrast(color, paper) for name, color in found.items() if contrast(color, paper) < _LEAST_CONTRAST
    } == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("sight", _SIGHTS)
def test_parts_of_a_chart_are_told_apart(scheme: str, sight: str) -> None:
    """Any two of them, also where red and green, or blue and yellow, look the same."""
    found = {name: seen(color, sight) for name, color in colors(scheme).items() if name != "paper"}
    apart = {(one, other): math.dist(found[one], found[other]) for one, other in combinations(found, 2)}
    assert {pair: distance for pair, distance in apart.items() if distance < _LEAST_DISTANCE} == {}
