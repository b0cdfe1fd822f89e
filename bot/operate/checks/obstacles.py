"""What stands in the way to a service, each obstacle with what to do about it."""

from dataclasses import dataclass
from typing import Final

from bot.network import Obstacle
from bot.operate.findings import Finding, wrong


@dataclass(frozen=True, slots=True)
class Service:
    """A service as a person knows it: its name, where it is, and the settings that say so."""

    name: str
    host: str
    settings: str


SLACK: Final = Service("Slack", "slack.com", "SLACK_BASE_URL")
AUTODESK: Final = Service("Autodesk", "developer.api.autodesk.com", "APS_BASE_URL and TOKENFLEX_BASE_URL")

_OPEN: Final = (
    "This machine has to reach {host} on port 443: ask whoever runs the firewall, or set PROXY where only a proxy may "
    "go out. Look at {settings} where that is set."
)
#: What to do; `{host}` and `{settings}` are those of the service.
MENDS: Final = {
    Obstacle.CERTIFICATE: (
        "Where a proxy of your company looks into the traffic, set CA_BUNDLE to a file with the company's certificates "
        "(PEM), which whoever runs the network has. Else look at the clock of this machine."
    ),
    Obstacle.PROXY_AWAY: "Look at host and port in PROXY (or in HTTPS_PROXY, which counts where PROXY is not set).",
    Obstacle.PROXY_REFUSES: (
        "Ask whoever runs the proxy to let {host} through. Where it wants a password, set PROXY with user:password@ "
        "before the host."
    ),
    Obstacle.NAME: (
        "Look at the host in {settings} where that is set, and at the name servers of this machine. Where only a proxy "
        "resolves names, set PROXY."
    ),
    Obstacle.CLOSED: _OPEN,
    Obstacle.SILENT: _OPEN,
    Obstacle.OTHER: _OPEN,
}


def unreachable(name: str, service: Service, obstacle: Obstacle, reason: str = "") -> Finding:
    """Say that a service cannot be reached and why; `reason` says it in other words than the obstacle."""
    mend = MENDS[obstacle].format(host=service.host, settings=service.settings)
    return wrong(name, f"{service.name} cannot be reached: {reason or obstacle}.", mend)
