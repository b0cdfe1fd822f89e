"""Rate limits: tiers per method, one message a second into a channel. Buckets that refill as the clock runs."""

import math
from dataclasses import dataclass, field

from sandbox.clock import Clock

TIER_PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
METHOD_TIERS = {
    "apps.connections.open": 1,
    "users.list": 2,
    "usergroups.users.list": 2,
    "users.conversations": 2,
    "usergroups.list": 2,
    "conversations.list": 2,
    "chat.update": 3,
    "chat.delete": 3,
    "conversations.info": 3,
    "conversations.open": 3,
    "conversations.history": 3,
    "conversations.replies": 3,
    "views.open": 4,
    "views.push": 4,
    "views.update": 4,
    "views.publish": 4,
    "files.getUploadURLExternal": 4,
    "files.completeUploadExternal": 4,
    "files.info": 4,
    "files.delete": 3,
    "chat.postEphemeral": 4,
    "users.info": 4,
    "conversations.members": 4,
}


@dataclass(slots=True)
class Bucket:
    """Holds `left` calls, at most `size`, and gains `per_second` of them each second."""

    size: float
    per_second: float
    left: float
    at: float

    def take(self, now: float) -> int:
        """Take one call and return 0, or return the whole seconds after which there is one."""
        self.left = min(self.size, self.left + (now - self.at) * self.per_second)
        self.at = now
        if self.left >= 1:
            self.left -= 1
            return 0
        return max(1, math.ceil((1 - self.left) / self.per_second))


@dataclass
class RateLimits:
    """The limits in force; the profile `slack` counts, `none` lets everything through.

    `channel_burst` messages may go into one channel at once, then one a second; `burst_share` is how much of a
    minute's calls of a tier may come at once; the first tier has `tier_1_burst` calls at once instead. Slack
    publishes none of the three.
    """

    clock: Clock
    profile: str = "slack"
    channel_burst: int = 4
    tier_1_burst: int = 10
    burst_share: float = 1.0
    workspace_per_minute: int = 300
    _buckets: dict[str, Bucket] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.profile not in {"slack", "none"}:
            raise ValueError(f"There is no rate profile {self.profile!r}; there are 'slack' and 'none'.")

    def call(self, method: str) -> int:
        """Count a call; return 0, or the seconds to wait when there are too many."""
        tier = METHOD_TIERS.get(method)
        if self.profile == "none" or tier is None:
            return 0
        per_minute = TIER_PER_MINUTE[tier]
        size = self.tier_1_burst if tier == 1 else max(1.0, per_minute * self.burst_share)
        return self._take(f"method {method}", size, per_minute / 60)

    def post(self, channel_id: str) -> int:
        """Count a message into a channel; return 0, or the seconds to wait when there are too many."""
        if self.profile == "none":
            return 0
        wait = self._take(f"channel {channel_id}", self.channel_burst, 1.0)
        return wait or self._take("workspace", self.workspace_per_minute, self.workspace_per_minute / 60)

    def _take(self, key: str, size: float, per_second: float) -> int:
        now = self.clock.now().timestamp()
        return self._buckets.setdefault(key, Bucket(size, per_second, size, now)).take(now)
