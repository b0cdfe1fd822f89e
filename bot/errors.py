"""What a use case can answer instead of a result; each says in one sentence what a person can do."""


class UseCaseError(Exception):
    """Something that the person has to be told; the message is the sentence."""


class NoSuchExportError(UseCaseError):
    """There is no such export, or it is not theirs to see: the two are not told apart on purpose."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"I know of no export #{number} here. `/tokenflex list` shows the ones you can see; "
            "an export of another channel can be looked at in that channel."
        )


class HiddenExportError(NoSuchExportError):
    """It is there, and not theirs to see; people hear the same, the audit does not."""


class NotAllowedError(UseCaseError):
    """This person may not do that."""


class PersonNotAllowedError(NotAllowedError):
    """This person may not do anything."""


class ContractNotAllowedError(NotAllowedError):
    """Nobody may have exports of this contract from here."""


class ChannelNotAllowedError(NotAllowedError):
    """Exports may not be posted to this channel."""


class MembershipUnknownError(UseCaseError):
    """Whether this person may cannot be said at the moment."""

    def __init__(self) -> None:
        super().__init__("Slack does not tell me at the moment whether you may do that. Try again in a minute.")


class WrongStateError(UseCaseError):
    """The export is not in a state where that makes sense."""


class LinkUnavailableError(UseCaseError):
    """There is no link to be had at the moment."""
