"""Why an export does not go out at once, and how long that will take."""

from dataclasses import dataclass

from bot.cards.faces import NO_ROOM


@dataclass(frozen=True, slots=True)
class InLine:
    """A place in the line: `ahead` others are submitted before, in about `wait` seconds; `house_full` says why."""

    ahead: int
    wait: float
    house_full: bool


def place_in_line(line: InLine) -> str:
    """Return the place of an export in the line and why it waits, with a blank behind it; nothing where it does not."""
    minutes = max(1, round(line.wait / 60))
    likely = f"about {minutes} minutes" if minutes > 1 else "about a minute"
    if line.house_full:
        return f"{NO_ROOM} It's number {line.ahead + 1} in line and is likely to go out in {likely}. "
    if line.wait <= 0:
        return ""
    return f"It's number {line.ahead + 1} in line and goes out in {likely} (Autodesk allows five a minute). "
