"""Errors that actions raise. Each carries one Chinese sentence that says what to do next."""


class PortalError(Exception):
    """A rule of the portal refused what was asked; the message is shown to the person as it is."""

    code = "refused"
    status = 409

    def __init__(self, message: str, *, fields: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields or {}


class WorkflowError(PortalError):
    """The action is not possible in this state, or its conditions are not met (HTTP 409)."""

    code = "workflow"


class NotPermitted(PortalError):
    """The person may see the record but may not do this with it (HTTP 403)."""

    code = "not_permitted"
    status = 403


class EditConflict(PortalError):
    """Somebody else saved the record after it was opened (HTTP 409); nothing was overwritten."""

    code = "edit_conflict"
