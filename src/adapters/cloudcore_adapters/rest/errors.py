"""Errors on the wire. The only module that knows which error has which status code."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from types import MappingProxyType

from cloudcore.model import errors
from cloudcore.model.json import JsonObject
from cloudcore.model.reading import format_time
from cloudcore_adapters.rest.responses import Headers, Reply, json_reply

LOG = logging.getLogger("cloudcore.rest")


class HandlerNotFoundError(errors.ResourceNotFoundError):
    """No route has this path."""

    code = "NotFoundError"


class RequestTimeoutError(errors.CloudcoreError):
    """The request's body does not arrive, or too slowly."""

    code = "TimeoutError"


class UnsupportedMediaTypeError(errors.CloudcoreError):
    """The body is said to be of a type that is not read here."""

    code = "UnsupportedMediaTypeError"


class PreconditionFailedError(errors.CloudcoreError):
    """What the caller has seen is not what there is."""

    code = "PreconditionFailedError"


class RangeNotSatisfiableError(errors.OutOfRangeError):
    """The wanted range begins behind the end; `size` is the number of bytes that there are."""

    def __init__(self, message: str, *, size: int) -> None:
        super().__init__(message, field="Range")
        self.size = size


STATUS: Mapping[type[errors.CloudcoreError], int] = MappingProxyType(
    {
        errors.InvalidInputError: 400,
        errors.OutOfQuotaError: 400,
        errors.InsufficientResourceError: 400,
        errors.UnauthorizedError: 401,
        errors.ForbiddenError: 403,
        errors.ResourceNotFoundError: 404,
        errors.MethodNotAllowedError: 405,
        errors.NotSupportedError: 406,
        errors.NotEmptyError: 406,
        RequestTimeoutError: 408,
        errors.ConflictError: 409,
        errors.Contention: 409,
        PreconditionFailedError: 412,
        errors.TooLargeError: 413,
        UnsupportedMediaTypeError: 415,
        RangeNotSatisfiableError: 416,
        errors.TooManyRequestsError: 429,
        errors.BackendError: 500,
        errors.UnreachableError: 502,
        errors.DeadlineError: 504,
        errors.CloudcoreError: 500,
    }
)
"""The nearest ancestor of an error's class that stands here decides."""


def not_allowed(method: str, offered: Iterable[str]) -> errors.MethodNotAllowedError:
    """The error that says which methods a path has instead."""
    allow = sorted(offered)
    only = f", only {', '.join(allow)}" if allow else ""
    return errors.MethodNotAllowedError(f"{method} is not allowed here{only}", data={"allow": allow})


def status_of(kind: type[errors.CloudcoreError]) -> int:
    """The HTTP status of a class of errors."""
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)


def error_reply(
    error: Exception, *, request_id: str, log: logging.Logger = LOG, wrapped: bool = False, login_url: str = "/v3"
) -> Reply:
    """The answer to a request that failed. What is internal goes to the log, under the request's id.

    wrapped: the same stands under `error` too, in the words of OpenStack, whose clients look there.
    login_url: where callers without a token get one.
    """
    if isinstance(error, errors.CloudcoreError):
        status = status_of(type(error))
        if error.internal or status >= 500:
            level = logging.ERROR if status >= 500 else logging.INFO
            log.log(level, "request %s: %s: %s (%s)", request_id, error.code, error, error.internal or "no more detail")
        return json_reply(_body(error, status, wrapped=wrapped), status=status, headers=_headers(error, login_url))
    log.error("request %s failed unexpectedly", request_id, exc_info=error)
    hidden = errors.CloudcoreError(f"internal error; it is logged under request id {request_id}")
    return json_reply(_body(hidden, 500, wrapped=wrapped), status=500)


def _body(error: errors.CloudcoreError, status: int, *, wrapped: bool) -> JsonObject:
    data = dict(error.data)
    if error.field is not None:
        data.setdefault("field", error.field)
    body: JsonObject = {
        "code": status,
        "class": error.code,
        "details": str(error),
        "time": format_time(datetime.now(UTC)),
    }
    if data:
        body["data"] = data
    if wrapped:
        told = {name: value for name, value in body.items() if name != "time"}
        body["error"] = {**told, "title": HTTPStatus(status).phrase, "message": str(error)}
    return body


def _headers(error: errors.CloudcoreError, login_url: str) -> Headers:
    if isinstance(error, errors.UnauthorizedError):
        # Some HTTP libraries cannot read a scheme without a parameter.
        return (("WWW-Authenticate", f'Keystone uri="{login_url}"'),)
    if isinstance(error, errors.MethodNotAllowedError):
        return (("Allow", ", ".join(error.data.get("allow", ()))),)
    if isinstance(error, errors.TooManyRequestsError):
        return (("Retry-After", str(max(1, round(error.data.get("retry_after", 1))))),)
    if isinstance(error, RangeNotSatisfiableError):
        return (("Content-Range", f"bytes */{error.size}"),)
    return ()
