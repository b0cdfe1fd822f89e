"""Why an export is not submitted at once, and how long that will take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InLine:
    """A place in the line: `ahead` others are submitted before, in about `wait` seconds; `house_full` says why."""

    ahead: int
    wait: float
    house_full: bool


def place_in_line(line: InLine) -> str:
    """Return the place of an export in the line and why it waits, with a blank behind it; nothing where it does not."""
    minutes = max(1, round(line.wait / 60))
    likely = f"about {minutes} minute{'s' if minutes > 1 else ''}"
    if line.house_full:
        return (
            f"It is number {line.ahead + 1} in line: Token Flex works on 50 exports at once and all places are "
            f"taken, so it is submitted when one is free. By how long exports take, that will be in {likely}. "
        )
    if line.wait <= 0:
        return ""
    return (
        f"It is number {line.ahead + 1} in line, since Token Flex takes 5 calls a minute; it is submitted in {likely}. "
    )
