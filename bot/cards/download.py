"""A download link as people see it: in a sentence, as a button where it is too long for one, privately where for both.

Signed links have been seen of 690 characters, and are reported of 1,800 and more.
"""

from bot.cards import actions
from bot.cards.blocks import SECTION_LIMIT, URL_LIMIT, Block, section
from bot.cards.text import address, clock_time, link, shorten
from bot.tokenflex.models import DownloadLink

#: Characters of a link that stands in the text of a message; Slack cuts texts above 40,000 (source: Slack, messages).
_LONGEST = 30_000


def can_be_opened(shown: DownloadLink) -> bool:
    """Return whether there is any way to show the link so that it opens."""
    return len(shown.reveal()) <= _LONGEST and bool(address(shown.reveal()))


def fits_blocks(shown: DownloadLink) -> bool:
    """Return whether a block can hold the link; a private reply may show a longer one."""
    return can_be_opened(shown) and len(address(shown.reveal())) <= URL_LIMIT


def that_fits(shown: DownloadLink | None) -> DownloadLink | None:
    """Return the link if a block can hold it; another is shown to whoever presses, privately."""
    return shown if shown is not None and fits_blocks(shown) else None


def parts(number: int, name: str, shown: DownloadLink, before: str = "") -> list[Block]:
    """Return what shows the link of an export's file, and until when it works; `before` is mrkdwn that begins it."""
    whole = f"{before}{sentence(name, shown)}"
    if len(whole) <= SECTION_LIMIT:
        return [section("link", whole)]
    button = actions.download(number, name, address(shown.reveal()))
    return [section("link", f"{before}{_until(shown)}"), actions.row("download", button)]


def sentence(name: str, shown: DownloadLink) -> str:
    """Return the link and until when it works, as mrkdwn; where no block can hold it, only for one person's eyes."""
    return f"{link(shown.reveal(), f'Download {shorten(name, 110)}')}\n{_until(shown)}"


def _until(shown: DownloadLink) -> str:
    return f"This link works until {clock_time(shown.expires_at)}."
