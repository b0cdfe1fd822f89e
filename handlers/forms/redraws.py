"""Which change of an open form is the newest one: what that draws stands there in the end."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog

from bot.slack.errors import ViewOvertakenError
from bot.slack.views import Views
from handlers.forms.export_modal import View

#: Puts another form in the place of the one in which something was chosen.
Put = Callable[[View], Awaitable[None]]

log = structlog.get_logger(__name__)


class Redraws:
    """Puts forms in the place of others, in the order in which people act.

    Slack changes a form only while its hash is the one that the person saw (source: Slack, views.update). Who chooses
    twice within a moment has seen one hash twice, so the newest change is put there whatever has been drawn meanwhile,
    and an older one then is not.
    """

    def __init__(self, views: Views) -> None:
        self._views = views
        self._newest: dict[str, object] = {}

    @contextmanager
    def newest(self, view: Mapping[str, Any]) -> Iterator[Put]:
        """Take this change of a form for its newest, until another comes; it may draw the form anew or not."""
        form, turn = str(view.get("id")), object()
        self._newest[form] = turn

        async def put(shown: View) -> None:
            try:
                await self._views.update(view, shown)
            except ViewOvertakenError as error:
                if self._newest.get(form) is turn:
                    await self._overtake(view, shown)
                else:
                    log.info("a form was overtaken", code=str(error))

        try:
            yield put
        finally:
            if self._newest.get(form) is turn:
                del self._newest[form]

    async def _overtake(self, view: Mapping[str, Any], shown: View) -> None:
        try:
            await self._views.update({"id": view["id"]}, shown)
        except ViewOvertakenError as error:  # it has been closed
            log.info("a form was gone", code=str(error))
