"""Why an export does not go out at once, and how long that will take."""

from dataclasses import dataclass

from bot.cards.faces import NO_ROOM, NOTES
from storage.states import Note


@dataclass(frozen=True, slots=True)
class InLine:
    """A place in the line: `ahead` others are submitted before, in about `wait` seconds; `house_full` says why.

    `trouble` is what now keeps everything waiting; `is_well` is False also where it may be over.
    """

    ahead: int
    wait: float
    house_full: bool
    trouble: Note = Note.NONE
    is_well: bool = True


def place_in_line(line: InLine) -> str:
    """Return the place of an export in the line and why it waits, with a blank behind it; nothing where it does not."""
    if line.trouble is not Note.NONE:  # nobody knows when anything goes out
        return f"{NOTES[line.trouble]} "
    minutes = max(1, round(line.wait / 60))
    likely = f"about {minutes} minutes" if minutes > 1 else "about a minute"
    if line.house_full:
        return f"{NO_ROOM} It's number {line.ahead + 1} in line and is likely to go out in {likely}. "
    if line.wait <= 0:
        return ""
    return f"It's number {line.ahead + 1} in line and goes out in {likely} (Autodesk allows five a minute). "
