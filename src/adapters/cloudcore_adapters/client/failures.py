"""Errors on the wire, back into the classes that the same call raises in process."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

from cloudcore.model import errors
from cloudcore.model.errors import CloudcoreError

MAX_MESSAGE = 2000

ALSO_CALLED: Mapping[str, type[CloudcoreError]] = {
    "EmptyRequestError": errors.MissingParameterError,
    "ServerStatusError": errors.InvalidStatusError,
    "OutOfLimit": errors.OutOfRangeError,
    "WrongPassword": errors.InvalidCredentialError,
    "IncorrectUsernameOrPassword": errors.InvalidCredentialError,
    "NotSufficientPrivilegeError": errors.ForbiddenError,
    "NotFoundError": errors.ResourceNotFoundError,
    "ImageNotFoundError": errors.ResourceNotFoundError,
    "TenantNotFoundError": errors.ResourceNotFoundError,
    "UserNotFound": errors.ResourceNotFoundError,
    "UnsupportOperationError": errors.NotSupportedError,
    "NotAcceptableError": errors.NotSupportedError,
    "NotImplementedError": errors.NotSupportedError,
    "DuplicateIdError": errors.DuplicateResourceError,
    "TooManyFailedAttempts": errors.TooManyRequestsError,
    "UserLocked": errors.ForbiddenError,
    "UserDisabled": errors.ForbiddenError,
    "OutOfResource": errors.InsufficientResourceError,
}
"""Names that other implementations of the protocol use."""

BY_STATUS: Mapping[int, type[CloudcoreError]] = {
    400: errors.InvalidInputError,
    401: errors.UnauthorizedError,
    403: errors.ForbiddenError,
    404: errors.ResourceNotFoundError,
    405: errors.MethodNotAllowedError,
    406: errors.NotSupportedError,
    409: errors.ConflictError,
    413: errors.TooLargeError,
    416: errors.OutOfRangeError,
    423: errors.ForbiddenError,
    429: errors.TooManyRequestsError,
    501: errors.NotSupportedError,
    502: errors.UnreachableError,
    503: errors.UnreachableError,
    504: errors.DeadlineError,
}


class CloudUnreachableError(errors.UnreachableError):
    """The cloud itself does not answer. `sent` tells whether the request may have reached it."""

    def __init__(self, message: str, *, sent: bool, internal: str | None = None) -> None:
        super().__init__(message, internal=internal)
        self.sent = sent


class UntrustedCloudError(CloudUnreachableError):
    """The other side's certificate is not that of the cloud, or of nobody that is trusted. Nothing was sent."""

    def __init__(self, where: str, reason: str, *, internal: str | None = None) -> None:
        super().__init__(
            f"the certificate of {where} is not to be trusted: {reason}; `ca_file` names the authorities to believe",
            sent=False,
            internal=internal,
        )


class WaitTimeoutError(errors.DeadlineError):
    """The operation was still under way when the caller stopped waiting; it goes on."""


def error_from(status: int, body: bytes, *, request_id: str = "", retry_after: str = "") -> CloudcoreError:
    """The error that an answer with this status and body stands for. Bodies that are no JSON become the message."""
    found = _parsed(body)
    inner = found.get("error")
    told: Mapping[str, Any] = inner if isinstance(inner, dict) else found
    name = str(told.get("class") or told.get("title") or "")
    message = told.get("details") or told.get("message") or _plain(body) or f"the cloud answered {status}"
    data = told.get("data")
    known = dict(data) if isinstance(data, dict) else {}
    field = known.pop("field", None)
    if (seconds := seconds_of(retry_after)) is not None:
        known.setdefault("retry_after", seconds)
    return class_for(name, status)(
        str(message)[:MAX_MESSAGE],
        internal=f"request {request_id}" if request_id else None,
        field=field if isinstance(field, str) else None,
        data=known,
    )


def seconds_of(retry_after: str) -> int | None:
    """What a Retry-After asks for, in seconds or as a date; None where it asks for nothing."""
    if retry_after.isascii() and retry_after.isdigit():
        return int(retry_after[:9])
    try:
        then = parsedate_to_datetime(retry_after) if retry_after else None
    except ValueError:
        return None
    if then is None or then.tzinfo is None:
        return None
    return max(0, math.ceil((then - datetime.now(UTC)).total_seconds()))


def why_untrusted(error: BaseException | None) -> str | None:
    """What is wrong with the other side's certificate, if that is what an error of a connection is about."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if type(error).__name__ == "SSLCertVerificationError":
            return str(getattr(error, "verify_message", "") or error)
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None


def class_for(name: str, status: int) -> type[CloudcoreError]:
    """The class that a wire name means; by the status where the name is unknown."""
    found = _by_code().get(name) or ALSO_CALLED.get(name) or BY_STATUS.get(status)
    if found is not None:
        return found
    return errors.InvalidInputError if 400 <= status < 500 else errors.BackendError


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _plain(body: bytes) -> str:
    text = body[:MAX_MESSAGE].decode("utf-8", "replace").strip()
    return "" if text.startswith(("{", "[", "<")) else text


@cache
def _by_code() -> Mapping[str, type[CloudcoreError]]:
    found: dict[str, type[CloudcoreError]] = {}
    for kind in _descendants(CloudcoreError):
        if kind.__module__ == errors.__name__ and kind is not errors.Contention:
            found.setdefault(kind.code, kind)
    return found


def _descendants(kind: type[CloudcoreError]) -> Iterator[type[CloudcoreError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _descendants(child)
