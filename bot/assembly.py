"""The parts between the database, Token Flex and Slack, wired in one place for the program, tests and benches."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

from bot.alerts.watcher import AlertWatcher
from bot.answers.files.attaching import Attaching
from bot.answers.worker import AnswerWorker, Reads
from bot.calls.gateway import TokenFlexCalls
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.kinds import Words
from bot.exports.fresh_links import FreshLinks
from bot.exports.links import Links
from bot.exports.moved_channels import MovedChannels
from bot.exports.poll_policy import next_poll
from bot.exports.poller import Policy, Poller
from bot.exports.progress import Progress
from bot.exports.showings import Showings
from bot.exports.silence import Silence
from bot.exports.slots import Slots
from bot.exports.use_cases import Described, Exports
from bot.exports.worker import Worker
from bot.people.access import Access
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.runtime.supervision import Supervisor
from bot.schedules.runner import ScheduleRunner
from bot.settings import LinkAudience
from bot.slack.posts import SlackPosts
from bot.tokenflex.models import ExportRequest
from storage.database import Database, Table

#: Real seconds that a stop leaves to calls and messages under way; what has an effect may end and is recorded.
_GRACE = 5.0

Loop = Callable[[], Awaitable[None]]
R = TypeVar("R", bound=Reads)


class Settles(Protocol):
    """Something that may still have work under way when the bot stops."""

    async def settle(self, seconds: float) -> None:
        """Return when the work has ended, or after that many seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What `assemble` has wired; none of it runs yet."""

    database: Database
    calls: TokenFlexCalls
    progress: Progress
    fresh_links: FreshLinks
    links: Links
    slots: Slots
    worker: Worker
    poller: Poller
    silence: Silence
    dispatcher: Dispatcher
    reading: Reads
    answer_worker: AnswerWorker
    attaching: Attaching | None
    exports: Exports
    scheduling: ScheduleRunner | None
    watching: AlertWatcher | None
    moved_channels: MovedChannels
    supervisor: Supervisor

    def run(self, **others: Loop) -> None:
        """Start the loops, and those given as well; one of the same name takes the other's place."""
        own: dict[str, Loop] = {
            "submitting": self.worker.run,
            "polling": self.poller.run,
            "waiting": self.silence.run,
            "notifications": self.dispatcher.run,
            "answers": self.answer_worker.run,
            **({} if self.attaching is None else {"files": self.attaching.run}),
            **({} if self.scheduling is None else {"schedules": self.scheduling.run}),
            **({} if self.watching is None else {"alerts": self.watching.run}),
        }
        for name, loop in {**own, **others}.items():
            self.supervisor.start(name, loop)

    def end_with(self, ending: AsyncExitStack, *others: Settles | None) -> None:
        """Have the loops stop first, then who waits for a call sent away, then let end what is under way."""
        perhaps = [each.tasks for each in (self.attaching, self.scheduling) if each is not None]
        tasks = self.worker.tasks, self.answer_worker.tasks, self.fresh_links, self.dispatcher.tasks, *perhaps, *others
        ending.push_async_callback(_settle, [each for each in tasks if each is not None])
        ending.callback(self.calls.close)
        ending.push_async_callback(self.supervisor.stop)


class _Bells(NamedTuple):
    """What wakes each loop."""

    worker: Bell
    poller: Bell
    dispatcher: Bell
    silence: Bell
    answers: Bell
    attaching: Bell
    scheduling: Bell
    watching: Bell


async def assemble(
    *,
    database: Database,
    calls: TokenFlexCalls,
    posts: SlackPosts,
    slack_time: ServerTime,
    access: Access,
    clock: Clock,
    audience: LinkAudience,
    words: Words,
    reading: Callable[[FreshLinks], R],
    attach: Callable[[R, Bell], Attaching] | None = None,
    describe: Callable[[ExportRequest], Described],
    schedule: Callable[[Exports, Bell], ScheduleRunner] | None = None,
    watch: Callable[[Exports, Bell], AlertWatcher] | None = None,
    ending: AsyncExitStack,
    listeners: Settles | None = None,
    asking: Settles | None = None,
    policy: Policy = next_poll,
) -> Parts:
    """Wire the parts on an open database and take up what an earlier process has left.

    `ending` ends them, the `listeners` of Slack and what they are `asking`; `words` draw messages, `describe` names
    files; `reading`, `attach`, `schedule` and `watch` make what reads files, hands them to Slack, asks by itself, and
    looks at usage for alerts.
    """
    slots, showings = Slots(), Showings()
    bells = _bells(database, slots, calls, clock)
    progress, fresh_links, worker, poller, silence = _following(database, calls, slots, clock, bells, policy)
    dispatcher = Dispatcher(
        database, posts, fresh_links, showings, calls.turns.server_time, slack_time, clock, audience, access,
        bells.dispatcher, words,
    )  # fmt: skip
    reads = reading(fresh_links)
    attaching = attach and attach(reads, bells.attaching)
    answering = AnswerWorker(database, attaching or reads, words.answers, fresh_links, clock, audience, bells.answers)
    exports = Exports(database, fresh_links, calls.turns, slots, clock, access, calls.health, describe)
    links = Links(database, fresh_links, showings, clock, audience, access)
    moved_channels = MovedChannels(database, posts, access, clock)
    await moved_channels.load()
    await worker.resume()
    parts = Parts(
        database, calls, progress, fresh_links, links, slots, worker, poller, silence, dispatcher,
        reads, answering, attaching, exports, schedule and schedule(exports, bells.scheduling),
        watch and watch(exports, bells.watching), moved_channels, Supervisor(clock),
    )  # fmt: skip
    parts.end_with(ending, listeners, asking)
    return parts


def _following(
    database: Database, calls: TokenFlexCalls, slots: Slots, clock: Clock, bells: _Bells, policy: Policy
) -> tuple[Progress, FreshLinks, Worker, Poller, Silence]:
    """Wire what brings exports to Token Flex and follows them there."""
    server_time = calls.turns.server_time
    progress = Progress(database, calls, clock)
    fresh_links = FreshLinks(database, calls, server_time, progress, clock)
    worker = Worker(database, calls, progress, slots, server_time, clock, bells.worker)
    poller = Poller(database, calls, progress, fresh_links, slots, server_time, clock, bells.poller, policy)
    silence = Silence(database, calls.health, poller, clock, bells.silence)
    return progress, fresh_links, worker, poller, silence


def _bells(database: Database, slots: Slots, calls: TokenFlexCalls, clock: Clock) -> _Bells:
    """Return the bells of the loops, rung by commits, by slots that became free and by how the calls go."""
    bells = _Bells(*(Bell(clock, looks=True) for _ in _Bells._fields))
    for bell in (bells.worker, bells.poller):
        database.subscribe(Table.EXPORTS, bell.ring)
        slots.subscribe(bell.ring)
    database.subscribe(Table.OUTBOX, bells.dispatcher.ring)
    for table in (Table.ANSWERS, Table.OUTBOX):  # a link that an announcement has fetched is known once it is posted
        database.subscribe(table, bells.answers.ring)
    for table in (Table.ATTACHMENTS, Table.ANSWERS, Table.OUTBOX):  # a file goes after its answer
        database.subscribe(table, bells.attaching.ring)
    for table in (Table.SCHEDULES, Table.RUNS, Table.EXPORTS, Table.ANSWERS, Table.OUTBOX):  # a report may be refused
        database.subscribe(table, bells.scheduling.ring)
    for table in (Table.ALERTS, Table.EXPORTS, Table.ANSWERS, Table.OUTBOX):  # a message may be refused
        database.subscribe(table, bells.watching.ring)
    database.subscribe(Table.EXPORTS, bells.silence.ring)
    calls.health.subscribe(bells.silence.ring)
    return bells


async def _settle(under_way: list[Settles]) -> None:
    await asyncio.gather(*(group.settle(_GRACE) for group in under_way))
