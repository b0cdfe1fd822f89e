"""Which message a delivery is, written from the export as it stands at that moment."""

from bot.cards import export_card, notices
from bot.cards.blocks import Message
from bot.cards.notices import Closing
from bot.exports import announcements
from bot.tokenflex.models import DownloadLink
from storage.models import Delivery, Export, MessageKind


def message_of(delivery: Delivery, export: Export, link: DownloadLink | None, bot_name: str) -> Message:
    """Return the message of a delivery; `link` is shown where there is one."""
    if delivery.kind is MessageKind.CARD:
        return export_card.card(export, link)
    if delivery.kind is MessageKind.RESULT:
        return export_card.announcement(export, int(delivery.subject.rpartition(":")[2]), link)
    return _private(delivery, export, link, bot_name)


def _private(delivery: Delivery, export: Export, link: DownloadLink | None, bot_name: str) -> Message:
    if delivery.words == announcements.WITH_LINK:
        return export_card.private_link(export, link)
    if delivery.words == announcements.REFUSED:
        return export_card.refusal(export)
    if delivery.words == announcements.LOGIN_NEEDED:
        return notices.login_needed()
    if delivery.words == announcements.POST_IN_DOUBT:
        return notices.post_in_doubt(export)
    return notices.channel_trouble(export, Closing(delivery.words.partition(":")[2]), bot_name)
