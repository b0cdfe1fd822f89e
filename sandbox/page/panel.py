"""What one cannot see in Slack: calls, budget and exports as the Token Flex stand-in counts them, and the switches."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.clock import ScaledClock
from sandbox.page.switches import Switches
from sandbox.slack.json_values import Json
from sandbox.slack.server import SlackSandbox
from sandbox.tokenflex.exports import DOWNLOAD, Export
from sandbox.tokenflex.inbound import Call
from sandbox.tokenflex.limits import MINUTE, PERIOD, SUSTAINED, TOTAL
from sandbox.tokenflex.server import TokenFlexSandbox
from sandbox.tokenflex.spoilt import Way

_SHOWN_CALLS = 40
_SHOWN_EXPORTS = 10
#: What a call asks for: by method and last word of the path, or by method and what follows the request key.
_WORDS = {
    ("POST", "requests"): "submit",
    ("GET", "requests"): "list of exports",
    ("GET",): "one export",
    ("DELETE",): "delete",
    ("POST", "refreshUrl"): "fresh link",
    ("POST", "retry"): "retry",
    ("GET", "contract"): "list of contracts",
    ("GET", "enrichment"): "names of custom fields",
    ("GET", "last"): "how fresh the data are",
    ("GET", "summary"): "monthly summary",
    ("POST", "query"): "query",
}


class Panel:
    """Reads the stand-ins; the bot's database is never looked at."""

    def __init__(
        self,
        slack: SlackSandbox,
        token_flex: TokenFlexSandbox,
        clock: ScaledClock,
        switches: Switches,
        shown_time: Callable[[], Json],
    ) -> None:
        self._slack = slack
        self._token_flex = token_flex
        self._clock = clock
        self._switches = switches
        self._shown_time = shown_time

    def shown(self) -> Json:
        """Return everything that the panel shows now."""
        calls, exports, now = self._token_flex.calls, self._token_flex.exports.all(), self._clock.now()
        first = max(0, len(calls) - _SHOWN_CALLS)
        return {
            "connected": bool(self._slack.sockets.connections),
            "now": now.timestamp(),
            "speed": self._clock.factor,
            "speeds": self._switches.speeds,
            "time": self._shown_time(),
            "budget": self._budget(calls, now),
            "calls": [_call(number, call) for number, call in enumerate(calls[first:], first + 1)][::-1],
            "exports": [self._export(each, now) for each in exports[::-1][:_SHOWN_EXPORTS]],
            "earlier": max(0, len(exports) - _SHOWN_EXPORTS),
            "ways": list(Way),
            "flips": self._switches.flips,
            "switches": self._switches.state(),
            "channels": [
                {"id": each.id, "label": each.label, "bot_in": self._slack.workspace.bot_is_in(each)}
                for each in self._slack.workspace.channels.values()
                if not each.is_im
            ],
        }

    def _budget(self, calls: list[Call], now: datetime) -> Json:
        settings = self._token_flex.settings
        return {
            "minute": _since(calls, now, MINUTE),
            "minute_limit": SUSTAINED,
            "period": _since(calls, now, PERIOD),
            "period_limit": TOTAL,
            "refused": sum(call.status == 429 for call in calls),
            "outstanding": self._token_flex.exports.outstanding(),
            "quota": settings.outstanding_quota,
        }

    def _export(self, export: Export, now: datetime) -> Json:
        link = export.link if export.status == DOWNLOAD else None
        return {
            "key": export.key,
            "name": export.file_name,
            "status": export.status,
            "link_seconds": link and max(0, round((link.expires.moment - now).total_seconds())),
            "downloads": self._token_flex.downloads.count(export.key),
        }


def _since(calls: list[Call], now: datetime, seconds: float) -> int:
    """Return how many calls of users lie in that many seconds before now; refused ones count too."""
    return sum(call.user is not None and call.time > now - timedelta(seconds=seconds) for call in calls)


def _call(number: int, call: Call) -> Json:
    return {
        "id": number,
        "at": call.time.timestamp(),
        "what": _in_words(call),
        "request": f"{call.method} {call.path}",
        "status": call.status,
        "reason": call.reason,
    }


def _in_words(call: Call) -> str:
    """Return what a call asks for, or its path when there are no words for it."""
    parts = call.path.split("/")[3:]
    if call.method == "GET" and parts[2:3] == ["query"]:
        return "rows of a query"
    if call.method == "GET" and parts[:1] == ["contract"] and len(parts) == 2:
        return "one contract"
    has_key = parts[:1] == ["export"] and len(parts) > 3
    return _WORDS.get((call.method, parts[-1]) if not has_key else (call.method, *parts[4:]), "/".join(parts))
