"""Why an export that was just accepted is not submitted at once."""

from bot.exports import Accepted


def place_in_line(accepted: Accepted) -> str:
    """Return the place of an export in the line and why it waits, with a blank behind it; nothing where it does not."""
    minutes = max(1, round(accepted.wait / 60))
    likely = f"about {minutes} minute{'s' if minutes > 1 else ''}"
    if accepted.house_full:
        return (
            f"It is number {accepted.ahead + 1} in line: Token Flex works on 50 exports at once and all places are "
            f"taken, so it is submitted when one is free. By how long exports take, that will be in {likely}. "
        )
    if accepted.wait <= 0:
        return ""
    return (
        f"It is number {accepted.ahead + 1} in line, since Token Flex takes 5 calls a minute; "
        f"it is submitted in {likely}. "
    )
