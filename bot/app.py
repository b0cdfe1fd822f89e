"""The whole program: opens what is outside, has the parts assembled, and ends all of it in reverse."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from random import Random, SystemRandom

import structlog
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from bot.alerts.use_cases import Alerts
from bot.alerts.watcher import AlertWatcher
from bot.answers.asking_again import AskingAgain
from bot.answers.files.attaching import Attaching
from bot.answers.files.download import Downloads
from bot.answers.files.folder import Folder
from bot.answers.files.reading import Reading
from bot.answers.retention import Retention
from bot.answers.shown import Shown
from bot.answers.usage import UsageAtAGlance
from bot.assembly import Parts, assemble
from bot.calls.gateway import TokenFlexCalls
from bot.cards.names import Names
from bot.contracts.cache import ContractCache
from bot.contracts.usage_cache import UsageCache
from bot.contracts.values import ContractValues
from bot.delivery.kinds import Words
from bot.exports.presses import Presses
from bot.exports.use_cases import Described, Exports
from bot.login.pace_watch import PaceWatch
from bot.login.store import LoginStore
from bot.login.token_flex import token_flex_side
from bot.login.watch import LoginWatch
from bot.operate import vital_signs
from bot.operate.administration import Administration
from bot.operate.vital_signs import Sign, VitalSigns
from bot.people.access import Access
from bot.people.heard import Heard
from bot.people.permissions import Rules
from bot.questions import questions
from bot.questions.asking import Asking
from bot.questions.history import History
from bot.questions.templates import Templates
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock, SystemClock
from bot.schedules.runner import ScheduleRunner
from bot.schedules.use_cases import Schedules
from bot.settings import AnswerDetail, LinkAudience, Settings
from bot.slack.api import SlackApi, slack_at
from bot.slack.channels import Channels
from bot.slack.connection import Identity, bolt, connect, identify, keep_address_fresh
from bot.slack.files import SlackFiles
from bot.slack.homes import Homes
from bot.slack.members import Members
from bot.slack.posts import SlackPosts
from bot.slack.views import Views
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.http import HttpDoor
from bot.tokenflex.models import ExportRequest
from handlers.buttons import Buttons
from handlers.commands import Commands
from handlers.events import Events
from handlers.forms.alert_form import AlertForm
from handlers.forms.export_form import ExportForm
from handlers.forms.question_form import QuestionForm
from handlers.forms.redraws import Redraws
from handlers.forms.schedule_form import ScheduleForm
from handlers.forms.template_form import TemplateForm
from handlers.guard import Guard
from handlers.home import Home
from handlers.on_alerts import OnAlerts
from handlers.on_answers import OnAnswers
from handlers.on_exports import OnExports
from handlers.on_schedules import OnSchedules
from handlers.on_templates import OnTemplates
from handlers.on_usage import OnUsage
from handlers.registration import register
from handlers.replies import Replies
from storage import backup, future
from storage.database import Database, StorageFullError, Table

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Workspace:
    """Slack, and who the bot is there."""

    api: SlackApi
    identity: Identity
    members: Members
    access: Access
    replies: Replies
    guard: Guard


class Bot:
    """The whole program: `start`, then wait until something ends it, then `stop`."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, random: Random | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._random = random or SystemRandom()
        self._ending = AsyncExitStack()
        self._catalogue = Catalogue(settings.extra_fields, settings.extra_metrics)
        self.parts: Parts | None = None
        self.contracts: ContractCache | None = None
        self.values: ContractValues | None = None
        self.handler: AsyncSocketModeHandler | None = None

    async def start(self) -> None:
        """Open the database, take up what was left, connect to Slack; what fails ends what was begun.

        Raises:
            DatabaseError: the database cannot be used.
            WrongKeyError, MissingKeyError: the stored login cannot be read.
            SlackTokenError: a Slack token does not work.

        """
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Take nothing new, let what is under way end and be recorded, and close everything; safe to call twice."""
        await self._ending.aclose()

    async def _start(self) -> None:
        settings, clock, ending = self._settings, self._clock, self._ending
        ending.callback(log.info, "stopped")
        database = await self._open_database()
        door = HttpDoor(settings.network)
        store = await LoginStore.open(database, settings.database_key, settings.aps_refresh_token, clock.now)
        await store.cut_off()
        calls = await token_flex_side(
            settings=settings, database=database, store=store, door=door, clock=clock, random=self._random,
            ending=ending,
        )  # fmt: skip
        workspace = await self._enter_workspace(database)
        contracts, values, usage = await self._what_is_known(database, calls, workspace.access.rules)
        connection = await ending.enter_async_context(AsyncExitStack())  # closed when the listeners have ended
        shown = self._shown()
        folder = Folder(settings.database_path)
        await folder.clear()
        downloads = Downloads(settings.network, settings.download_hosts, settings.answer_max_bytes, clock)
        parts = self.parts = await assemble(
            database=database,
            calls=calls,
            posts=SlackPosts(workspace.api, workspace.identity.user_id),
            slack_time=workspace.api.time,
            access=workspace.access,
            clock=clock,
            audience=settings.link_audience,
            words=Words(workspace.identity.name, partial(self._names, values), shown),
            reading=partial(Reading, downloads=downloads, folder=folder),
            attach=partial(self._attaching, database, workspace, folder, shown, values),
            describe=partial(self._described, values),
            schedule=partial(self._scheduling, database, contracts, values, workspace.access),
            watch=partial(self._watching, database, contracts, usage, workspace.access, shown),
            ending=ending,
            listeners=workspace.guard,
            asking=usage,
        )
        watch = LoginWatch(database, calls, workspace.access.rules.administrators, workspace.members, clock)
        pace = PaceWatch(database, calls.turns, workspace.access, clock)
        keeping = Retention(database, clock, settings.keep_answers, settings.personal_fields)
        parts.run(contracts=contracts.run, values=values.run, login=watch.run, pace=pace.run, keeping=keeping.run)
        at_a_glance = UsageAtAGlance(database, usage, values, workspace.access, clock)
        asking_again = AskingAgain(
            database, parts.links, workspace.access, parts.reading, shown, self._catalogue,
            partial(self._names, values), settings.link_audience, clock,
        )  # fmt: skip
        parts.supervisor.start("figures in memory", asking_again.run)
        app = self._bolt(workspace, parts, contracts, values, at_a_glance, asking_again)
        await self._connect(app, workspace, parts, contracts, connection)
        log.info("connected", bot_user=workspace.identity.user_id, team=workspace.identity.team_id)

    async def _what_is_known(
        self, database: Database, calls: TokenFlexCalls, rules: Rules
    ) -> tuple[ContractCache, ContractValues, UsageCache]:
        """Return what is known of contracts, as an earlier process has left it."""
        settings, clock = self._settings, self._clock
        contracts = self.contracts = ContractCache(
            database, calls, clock, rules.allows_contract, settings.aps_client_id, rules.contracts or ()
        )
        await contracts.load()
        values = self.values = ContractValues(database, calls, clock, contracts)
        await values.load()
        usage = UsageCache(database, calls, clock, values, settings.aps_client_id)
        await usage.load()
        return contracts, values, usage

    async def _connect(
        self, app: AsyncApp, workspace: _Workspace, parts: Parts, contracts: ContractCache, connection: AsyncExitStack
    ) -> None:
        """Listen to Slack; `connection` ends when the listeners have."""
        clock = self._clock
        handler = self.handler = await connect(app, workspace.api, self._settings.slack_app_token, clock)
        connection.push_async_callback(handler.close_async)
        self._ending.push_async_callback(handler.client.disconnect)
        parts.supervisor.start("connection", lambda: keep_address_fresh(handler, clock))
        signs = VitalSigns(parts.database, clock, handler.client.is_connected, _signs(parts, contracts))
        connection.push_async_callback(_note_the_last, signs)
        parts.supervisor.start("vital signs", signs.run)

    def _names(self, values: ContractValues, contract: str) -> Names:
        return Names(self._catalogue, values.labels(contract))

    def _shown(self) -> Shown:
        settings = self._settings
        return Shown(
            self._catalogue,
            personal=settings.personal_fields,
            detail=settings.answer_detail,
            audience=settings.link_audience,
        )

    def _attaching(
        self, database: Database, workspace: _Workspace, folder: Folder, shown: Shown, values: ContractValues,
        reading: Reading, wake: Bell,
    ) -> Attaching:  # fmt: skip
        settings = self._settings
        return Attaching(
            database, reading, folder, SlackFiles(workspace.api), workspace.access, self._clock, wake,
            form=settings.attach_files, audience=settings.link_audience, plan=shown.plan,
            names_of=partial(self._names, values),
        )  # fmt: skip

    def _scheduling(
        self, database: Database, contracts: ContractCache, values: ContractValues, access: Access, exports: Exports,
        wake: Bell,
    ) -> ScheduleRunner:  # fmt: skip
        contracts.subscribe(wake.ring)
        audience = self._settings.link_audience
        return ScheduleRunner(database, exports, contracts, values, access, self._clock, audience, wake)

    def _watching(
        self, database: Database, contracts: ContractCache, usage: UsageCache, access: Access, shown: Shown,
        exports: Exports, wake: Bell,
    ) -> AlertWatcher:  # fmt: skip
        contracts.subscribe(wake.ring)
        usage.subscribe(wake.ring)
        return AlertWatcher(database, exports, contracts, usage, access, shown, self._clock, wake)

    def _described(self, values: ContractValues, request: ExportRequest) -> Described:
        names = self._names(values, request.contract_number)
        known_through = values.known_through(request.contract_number, request.usage_categories)
        return questions.described(request, self._catalogue, names, known_through)

    async def _open_database(self) -> Database:
        database = Database(self._settings.database_path)
        self._ending.push_async_callback(database.close)
        await database.open()
        ahead = await database.write(future.bring_back, self._clock.now())
        if ahead:
            log.warning("the clock was set back since the last run", seconds=round(ahead.total_seconds(), 1))
        goes_on_at = await database.write(backup.take_up_copy, self._clock.now())
        if goes_on_at is not None:
            log.warning("a backup was put in the place of the database; numbers go on", next_export=goes_on_at)
        return database

    async def _enter_workspace(self, database: Database) -> _Workspace:
        settings, clock, ending = self._settings, self._clock, self._ending
        api = await ending.enter_async_context(
            slack_at(settings.slack_base_url, settings.slack_bot_token, settings.network, clock)
        )
        identity = await identify(api, clock)
        members = Members(api, identity.team_id, clock)
        ending.push_async_callback(members.close)
        channels = Channels(api, clock)
        ending.push_async_callback(channels.close)
        access = Access(Rules.of(settings), members, channels, identity.team_id, database, clock)
        replies = Replies(api, clock)
        guard = Guard(replies, access, StorageFullError)
        return _Workspace(api, identity, members, access, replies, guard)

    def _bolt(
        self,
        workspace: _Workspace,
        parts: Parts,
        contracts: ContractCache,
        values: ContractValues,
        usage: UsageAtAGlance,
        asking_again: AskingAgain,
    ) -> AsyncApp:
        settings = self._settings
        app = bolt(workspace.api, workspace.identity, settings.slack_bot_token)
        exports, replies, guard = parts.exports, workspace.replies, workspace.guard
        administration = self._administration(workspace, parts)
        catalogue = self._catalogue
        views = Views(workspace.api)
        answers = settings.answer_detail is not AnswerDetail.LINK
        form = ExportForm(exports, contracts, values, catalogue, guard, views, answers=answers)
        templates = Templates(parts.database, workspace.access, catalogue, self._clock)
        asking = Asking(templates, contracts, values, workspace.access, catalogue, self._clock)
        on_usage = OnUsage(usage, replies, guard)
        short = QuestionForm(form, exports, templates, asking, on_usage, guard)
        template_form = TemplateForm(form, short, exports, templates, asking, guard)
        on_exports = OnExports(exports, parts.links, form, short, template_form, replies)
        on_templates = OnTemplates(templates, template_form, short, form.choices, on_exports, guard)
        presses = Presses(parts.database, parts.moved_channels)
        schedules = Schedules(parts.database, workspace.access, catalogue, self._clock)
        schedule_form = ScheduleForm(form, exports, templates, schedules, asking, Redraws(views), guard, self._clock)
        on_schedules = OnSchedules(schedules, templates, schedule_form, form.choices, on_exports, presses, guard)
        alerts = Alerts(
            parts.database, workspace.access, catalogue, self._clock, personal=settings.personal_fields,
            reads_files=answers,
        )  # fmt: skip
        alert_form = AlertForm(form, alerts, contracts, values, Redraws(views), guard)
        on_alerts = OnAlerts(alerts, alert_form, on_exports, guard)
        on_answers = OnAnswers(asking_again, on_exports, presses, guard)
        history = History(parts.database, workspace.access, self._clock)
        commands = Commands(
            exports, on_exports, on_templates, on_schedules, on_alerts, on_usage, on_answers, administration, contracts,
            catalogue, short, history, asking, guard,
        )  # fmt: skip
        buttons = Buttons(on_exports, presses, administration, guard)
        homes = self._homes(views, parts)
        for_others = settings.link_audience is not LinkAudience.REQUESTER
        home = Home(exports, templates, schedules, alerts, administration, homes, guard, links_for_others=for_others)
        events = Events(parts.moved_channels, Heard(parts.database, self._clock), replies, guard)
        register(
            app, commands, buttons, form, short, home, template_form, on_templates, schedule_form, on_schedules,
            alert_form, on_alerts, on_usage, on_answers, events,
        )  # fmt: skip
        return app

    def _administration(self, workspace: _Workspace, parts: Parts) -> Administration:
        calls, poller = parts.calls, parts.poller
        return Administration(
            parts.database, workspace.access, calls.turns, lambda: poller.last_success, calls.health, self._clock
        )

    def _homes(self, views: Views, parts: Parts) -> Homes:
        """Return the Home tabs that are open, drawn again when something changes that they show."""
        homes = Homes(views, self._clock)
        for table in Table:
            parts.database.subscribe(table, homes.changed)
        parts.calls.health.subscribe(homes.changed)
        parts.supervisor.start("home tabs", homes.run)
        return homes


def _signs(parts: Parts, contracts: ContractCache) -> dict[str, Sign]:
    server_time, tokens = parts.calls.turns.server_time, parts.calls.tokens
    return {
        vital_signs.LAST_POLL: lambda: vital_signs.moment(parts.poller.last_success),
        vital_signs.LAST_POST: lambda: vital_signs.moment(parts.dispatcher.last_success),
        vital_signs.TOKEN_STATE: lambda: vital_signs.token_state(tokens.state),
        vital_signs.CONTRACTS_TROUBLE: lambda: contracts.trouble,
        vital_signs.AUTODESK_AHEAD: lambda: vital_signs.whole_seconds(server_time.known_difference),
    }


async def _note_the_last(signs: VitalSigns) -> None:
    try:
        await signs.note()
    except Exception:  # a full disk is no reason to end with an error
        log.exception("the last signs could not be noted")
