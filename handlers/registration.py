"""Which listener hears what; the whole table in one place."""

import re
from typing import Any, Protocol

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.cards import actions
from handlers.buttons import Buttons
from handlers.commands import COMMAND, Commands
from handlers.events import CHANNEL_ID_CHANGED, MENTION, MESSAGE, Events
from handlers.forms import alert_modal, export_modal, question_modal, schedule_modal, template_modal
from handlers.forms.alert_form import AlertForm
from handlers.forms.export_form import ExportForm
from handlers.forms.question_form import NEW_EXPORT, QuestionForm
from handlers.forms.schedule_form import ScheduleForm
from handlers.forms.template_form import TemplateForm
from handlers.home import APP_HOME_OPENED, Home
from handlers.on_alerts import OnAlerts
from handlers.on_answers import OnAnswers
from handlers.on_schedules import OnSchedules
from handlers.on_templates import OnTemplates
from handlers.on_usage import OnUsage


class _Pressed(Protocol):
    """What has buttons."""

    @property
    def action_ids(self) -> tuple[str, ...]: ...

    async def press(self, ack: AsyncAck, body: dict[str, Any]) -> None: ...


def register(
    app: AsyncApp,
    commands: Commands,
    buttons: Buttons,
    form: ExportForm,
    short: QuestionForm,
    home: Home,
    template_form: TemplateForm,
    on_templates: OnTemplates,
    schedule_form: ScheduleForm,
    on_schedules: OnSchedules,
    alert_form: AlertForm,
    on_alerts: OnAlerts,
    on_usage: OnUsage,
    on_answers: OnAnswers,
    events: Events,
) -> None:
    """Connect the listeners; the last of buttons and of events hear every one that no other knows."""
    app.middleware(home.pressed)
    app.command(COMMAND)(commands.command)
    app.action(actions.FORM)(short.open_by_button)
    app.shortcut(NEW_EXPORT)(short.open_by_shortcut)
    app.action(actions.MEANT)(commands.meant)
    app.action(actions.LIST)(commands.turn)
    app.action(actions.POST_USAGE)(on_usage.press)
    _register_forms(app, form, short, template_form, schedule_form, alert_form)
    with_buttons: tuple[_Pressed, ...] = (on_templates, on_schedules, on_alerts, on_answers, buttons)
    for pressed in with_buttons:
        for action_id in pressed.action_ids:
            app.action(action_id)(pressed.press)
    app.action(re.compile(".*"))(buttons.unknown)
    app.event(CHANNEL_ID_CHANGED, middleware=[events.channel_id_changed])(events.acknowledged)
    app.event(MESSAGE)(events.message)
    app.event(MENTION)(events.mention)
    app.event(APP_HOME_OPENED)(home.opened)
    app.event(re.compile(".*"))(events.acknowledged)


def _register_forms(
    app: AsyncApp,
    form: ExportForm,
    short: QuestionForm,
    template_form: TemplateForm,
    schedule_form: ScheduleForm,
    alert_form: AlertForm,
) -> None:
    """Connect what is submitted, searched and changed in forms, and the ways from one form to another."""
    app.view(export_modal.CALLBACK)(form.submit)
    app.view(question_modal.CALLBACK)(short.submit)
    for callback_id in template_modal.CALLBACKS:
        app.view(callback_id)(template_form.submit)
    for callback_id in schedule_form.callback_ids:
        app.view(callback_id)(schedule_form.submit)
    app.view(alert_modal.CALLBACK)(alert_form.submit)
    for action_id in (export_modal.FIELDS, export_modal.METRICS):
        app.options(action_id)(form.search)
    app.options(question_modal.ONLY)(short.search)
    app.options(alert_modal.VALUE)(alert_form.search)
    for ids, changed in (
        ((export_modal.TYPE_CONTRACT, export_modal.CHOOSE_CONTRACT, export_modal.CONTRACT), form.type_contract),
        (question_modal.CHANGES, short.changed),
        (schedule_modal.CHANGES, schedule_form.changed),
        (alert_modal.CHANGES, alert_form.changed),
    ):
        for action_id in ids:
            app.action(action_id)(changed)
    app.action(question_modal.EVERYTHING)(short.everything)
    app.action(export_modal.QUESTIONS)(short.back)
    app.action(export_modal.SAVE_THIS)(template_form.save_this)
