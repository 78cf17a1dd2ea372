"""Every error that the core raises.

    CloudcoreError
    ├── InvalidInputError            a value that the caller sent is wrong
    │   ├── MissingParameterError
    │   ├── InvalidFormatError
    │   ├── OutOfRangeError
    │   ├── WeakPasswordError
    │   └── InvalidStatusError       the object's status does not allow the action
    │       └── FrozenError          it is frozen
    ├── OutOfQuotaError
    ├── InsufficientResourceError    nothing fits; carries the scheduler's explanation
    ├── UnauthorizedError            who are you?
    │   └── InvalidCredentialError
    ├── ForbiddenError               you may see it, you may not do it
    │   └── ProtectedResourceError
    ├── ResourceNotFoundError        it is not there, or you may not see it
    │   ├── ActionNotFoundError
    │   └── SpecNotFoundError
    ├── NotSupportedError
    │   └── MethodNotAllowedError
    ├── NotEmptyError
    ├── ConflictError                the world has moved; the caller's premise is stale
    │   ├── DuplicateNameError
    │   ├── DuplicateResourceError
    │   ├── OutdatedError        somebody with a newer fence has taken over
    │   └── ResourceBusyError
    ├── TooLargeError
    ├── TooManyRequestsError
    ├── BackendError                 a driven system failed; details are internal
    │   ├── UnreachableError
    │   └── DeadlineError
    └── Contention                   internal: run the operation again; never leaves `operations.run`

`str(error)` is safe to show to any caller. `error.internal` is for logs only.
`error.code` is the stable class name that goes over the wire.
"""

from __future__ import annotations

from typing import Any, ClassVar


class CloudcoreError(Exception):
    """A failure with two messages: one for the caller, one for the log."""

    code: ClassVar[str] = "InternalServerError"

    def __init__(
        self,
        message: str,
        *,
        internal: str | None = None,
        field: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.internal = internal
        self.field = field
        self.data = data or {}


class InvalidInputError(CloudcoreError):
    """A value that the caller sent is wrong; `field` names it."""

    code = "InputParameterError"


class MissingParameterError(InvalidInputError):
    """A required value is absent."""

    code = "MissingParameterError"


class InvalidFormatError(InvalidInputError):
    """Bytes or text that do not parse as what they claim to be."""

    code = "InvalidFormatError"


class OutOfRangeError(InvalidInputError):
    """A number, length or count outside its declared limits."""

    code = "OutOfRange"


class WeakPasswordError(InvalidInputError):
    """A password below the deployment's policy."""

    code = "WeakPasswordError"


class InvalidStatusError(InvalidInputError):
    """The object's present status does not allow the action."""

    code = "InvalidStatusError"


class FrozenError(InvalidStatusError):
    """The object is frozen: it takes nothing but to be unfrozen."""

    code = "BadRequestError"


class OutOfQuotaError(CloudcoreError):
    """A limit would be exceeded; `data` maps the key to limit, used and requested."""

    code = "OutOfQuotaError"


class InsufficientResourceError(CloudcoreError):
    """Nothing fits; `data` holds the scheduler's explanation."""

    code = "InsufficientResourceError"


class UnauthorizedError(CloudcoreError):
    """The caller is not known."""

    code = "UnauthorizedError"


class InvalidCredentialError(UnauthorizedError):
    """A token or password that does not verify."""

    code = "InvalidCredentialError"


class ForbiddenError(CloudcoreError):
    """The caller may see the object but may not do this."""

    code = "ForbiddenError"


class ProtectedResourceError(ForbiddenError):
    """The object is protected against this by a flag that its owner set."""

    code = "ProtectedResourceError"


class ResourceNotFoundError(CloudcoreError):
    """The object does not exist, or is outside what the caller may see."""

    code = "ResourceNotFoundError"


class ActionNotFoundError(ResourceNotFoundError):
    """The resource type has no such action."""

    code = "ActionNotFoundError"


class SpecNotFoundError(ResourceNotFoundError):
    """The resource type has no such named detail."""

    code = "SpecNotFoundError"


class NotSupportedError(CloudcoreError):
    """A clear no: the platform, driver or configuration does not offer this."""

    code = "NotSupportedError"


class MethodNotAllowedError(NotSupportedError):
    """The path exists, the method does not; `data["allow"]` lists those that do."""

    code = "MethodNotAllowedError"


class NotEmptyError(CloudcoreError):
    """Others still refer to the object."""

    code = "NotEmptyError"


class ConflictError(CloudcoreError):
    """What the caller assumed no longer holds."""

    code = "ConflictError"


class DuplicateNameError(ConflictError):
    """The name is taken among its siblings."""

    code = "DuplicateNameError"


class DuplicateResourceError(ConflictError):
    """A look-up by name matched several objects, or an id is taken."""

    code = "DuplicateResourceError"


class ResourceBusyError(ConflictError):
    """Another operation holds the object; `data["task_id"]` names it."""

    code = "ResourceBusyError"


class OutdatedError(ConflictError):
    """Somebody else goes on with it, and whoever asks has been asleep; `data["newest"]` is the newest fence that was seen."""

    code = "ConflictError"

    def __init__(self, fence: int, newest: int) -> None:
        super().__init__(f"fence {fence} is older than {newest}", data={"newest": newest})
        self.fence, self.newest = fence, newest


class TooLargeError(CloudcoreError):
    """The request or the stored bytes exceed a limit."""

    code = "TooLargeEntity"


class TooManyRequestsError(CloudcoreError):
    """Slow down; `data["retry_after"]` is in seconds."""

    code = "TooManyRequests"


class BackendError(CloudcoreError):
    """A driven system failed; its own words are in `internal`."""

    code = "ServerError"


class UnreachableError(BackendError):
    """A driven system does not answer."""

    code = "BadGatewayError"


class DeadlineError(BackendError):
    """A driven system did not finish in time."""

    code = "TimeoutError"


class Contention(CloudcoreError):  # noqa: N818 - not a failure
    """Deadlock, lost generation, serialisation failure or a database briefly away.

    `operations.run` repeats the operation; callers never see it.
    """

    code = "ResourceBusyError"
