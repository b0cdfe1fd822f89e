"""A modal as a person sees and fills it."""

from sandbox.slack.deliveries import Answer
from sandbox.slack.entering import complaint
from sandbox.slack.surface import Entry, Surface


class Modal(Surface):
    """The view in front of a person; `closed` tells its end."""

    @property
    def name(self) -> str:
        """What it is called in complaints."""
        return f"The modal {self.title!r}"

    @property
    def closed(self) -> bool:
        """Whether it is gone."""
        return self.view.closed

    @property
    def title(self) -> str:
        """Its title."""
        return str(self.view.payload["title"]["text"])

    @property
    def errors(self) -> dict[str, str]:
        """The texts under fields, by the field's label."""
        labels = {entry.block["block_id"]: entry.label for entry in self._entries()}
        return {labels.get(block_id, block_id): text for block_id, text in self.view.errors.items()}

    def visible_text(self) -> str:
        """Return the title, all text of the blocks, labels and hints included, and the errors."""
        return "\n".join([self.title, super().visible_text(), *self.view.errors.values()])

    async def submit(self) -> Answer:
        """Press the submit button; wait for what comes of it."""
        if "submit" not in self.view.payload:
            raise AssertionError(f"The modal {self.title!r} has no submit button.")
        await self.settled()
        errors = {entry.block["block_id"]: text for entry in self._entries() if (text := self._complaint(entry))}
        if errors:
            self._deliveries.views.show_errors(self.view, errors)
            return Answer("incomplete_form", str(self.errors))
        self.view.errors = {}
        return await self._deliveries.submit(self.user, self.view)

    def _complaint(self, entry: Entry) -> str | None:
        if entry.block["type"] != "input":
            return None
        return complaint(entry.block, entry.element, self.view.state(entry.block, entry.element))

    async def close(self) -> Answer:
        """Press the close button: this view goes, the one below comes into sight."""
        return await self._deliveries.close(self.user, self.view, all_of_them=False)

    async def dismiss(self) -> Answer:
        """Press the x: the whole stack goes."""
        return await self._deliveries.close(self.user, self.view, all_of_them=True)
