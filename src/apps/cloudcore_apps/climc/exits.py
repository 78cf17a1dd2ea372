"""How climc ends: exit codes, and what to say beside the error."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from cloudcore.model import errors
from cloudcore.model.errors import CloudcoreError
from cloudcore_apps.climc.config import NoCredentialsError, NotConfiguredError
from cloudcore_apps.climc.output import printable


class Exit(IntEnum):
    """Exit codes; they do not change between releases."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    REFUSED = 4
    CONFLICT = 5
    TIMEOUT = 6
    UNREACHABLE = 7


HELP = """\
Exit codes: 0 done, 1 the operation failed, 2 wrong usage, 3 not found, 4 refused, 5 conflict or busy,
6 timed out, 7 the cloud cannot be reached. Of several resources the first failure decides."""


def exit_of(error: CloudcoreError) -> Exit:
    """The exit code of an error."""
    from cloudcore_adapters.client.failures import CloudUnreachableError

    table: Sequence[tuple[type[CloudcoreError], Exit]] = (
        (NoCredentialsError, Exit.REFUSED),
        (NotConfiguredError, Exit.UNREACHABLE),
        (CloudUnreachableError, Exit.UNREACHABLE),
        (errors.DeadlineError, Exit.TIMEOUT),
        (errors.ResourceNotFoundError, Exit.NOT_FOUND),
        (errors.UnauthorizedError, Exit.REFUSED),
        (errors.ForbiddenError, Exit.REFUSED),
        (errors.ConflictError, Exit.CONFLICT),
    )
    return next((code for kind, code in table if isinstance(error, kind)), Exit.FAILED)


def hint_of(error: CloudcoreError) -> str:
    """What the user can do about it; empty where nothing general helps."""
    from cloudcore_adapters.client.failures import CloudUnreachableError, WaitTimeoutError

    if isinstance(error, NotConfiguredError):
        return error.hint
    if isinstance(error, CloudUnreachableError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "set OS_CACERT to the file of the authority that signed the cloud's certificate"
    table: Sequence[tuple[type[CloudcoreError], str]] = (
        (CloudUnreachableError, "is the cloud up? `cloudcore status`, `cloudcore up`; or check OS_AUTH_URL"),
        (WaitTimeoutError, "wait longer with --timeout, or look at `climc task-list`"),
        (errors.InsufficientResourceError, "ask for less, or see `climc host-list` for what the hosts have"),
        (errors.ActionNotFoundError, "`climc --help` lists what can be done with which type"),
        (errors.DuplicateResourceError, "name it by its id, or choose another name for what is made"),
        (errors.DuplicateNameError, "choose another name"),
        (errors.ResourceBusyError, "`climc task-list` shows what is under way; try again when it is over"),
        (errors.ProtectedResourceError, "lift the protection first: update with --no-disable-delete"),
        (errors.UnauthorizedError, "check OS_USERNAME, OS_PASSWORD, OS_DOMAIN_NAME and OS_PROJECT_NAME"),
        (errors.OutOfQuotaError, "free something, or ask an administrator for more"),
        (errors.TooManyRequestsError, "wait a little and try again"),
    )
    return next((text for kind, text in table if isinstance(error, kind)), "")


def message_of(error: CloudcoreError) -> str:
    """The error in one line."""
    text = printable(" ".join(str(error).split())) or error.code
    return f"{text} [{error.field}]" if error.field and error.field not in text else text
