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


class NotAllowedError(UseCaseError):
    """This person may not do that."""


class WrongStateError(UseCaseError):
    """The export is not in a state where that makes sense."""


class LinkUnavailableError(UseCaseError):
    """There is no link to be had at the moment."""


class NotStoredError(UseCaseError):
    """The request could not be stored, so it was not accepted."""
