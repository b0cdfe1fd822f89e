"""Why an export that was just accepted is not submitted at once."""

from bot.exports import Accepted


def place_in_line(accepted: Accepted) -> str:
    """Return the place of an export in the line and why it waits, with a blank behind it; nothing where it does not."""
    if accepted.house_full:
        return (
            f"It is number {accepted.ahead + 1} in line: Token Flex works on 50 exports at once and all places are "
            "taken, so it is submitted when one is free. "
        )
    if accepted.wait <= 0:
        return ""
    minutes = max(1, round(accepted.wait / 60))
    return (
        f"It is number {accepted.ahead + 1} in line, since Token Flex takes 5 calls a minute; "
        f"it is submitted in about {minutes} minute{'s' if minutes > 1 else ''}. "
    )
