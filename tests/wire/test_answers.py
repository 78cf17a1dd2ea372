"""Status codes, error bodies, list envelopes, ranges."""

from __future__ import annotations

import asyncio
import logging
from types import MappingProxyType

import orjson
import pytest

from cloudcore.model import errors
from cloudcore.model.columns import Columns, Rows
from cloudcore.model.listing import Listing
from cloudcore_adapters.rest.errors import (
    HandlerNotFoundError,
    RangeNotSatisfiableError,
    RequestTimeoutError,
    error_reply,
    status_of,
)
from cloudcore_adapters.rest.responses import PIECE_BYTES, list_body, list_reply, render
from cloudcore_adapters.rest.transfer import parse_range
from cloudcore_adapters.rest.workers import Slots


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.InvalidInputError, 400),
        (errors.MissingParameterError, 400),
        (errors.InvalidStatusError, 400),
        (errors.OutOfQuotaError, 400),
        (errors.InsufficientResourceError, 400),
        (errors.UnauthorizedError, 401),
        (errors.InvalidCredentialError, 401),
        (errors.ForbiddenError, 403),
        (errors.ProtectedResourceError, 403),
        (errors.ResourceNotFoundError, 404),
        (errors.ActionNotFoundError, 404),
        (HandlerNotFoundError, 404),
        (errors.MethodNotAllowedError, 405),
        (errors.NotSupportedError, 406),
        (errors.NotEmptyError, 406),
        (RequestTimeoutError, 408),
        (errors.ConflictError, 409),
        (errors.DuplicateNameError, 409),
        (errors.ResourceBusyError, 409),
        (errors.TooLargeError, 413),
        (RangeNotSatisfiableError, 416),
        (errors.TooManyRequestsError, 429),
        (errors.BackendError, 500),
        (errors.UnreachableError, 502),
        (errors.DeadlineError, 504),
    ],
)
def test_each_kind_of_error_has_its_status(kind, status):
    assert status_of(kind) == status


def test_error_body_is_flat():
    reply = error_reply(errors.DuplicateNameError("server web exists", field="name"), request_id="r1")
    body = orjson.loads(reply.body)
    assert reply.status_code == body["code"] == 409
    assert set(body) == {"code", "class", "details", "time", "data"}
    assert (body["class"], body["details"], body["data"]) == (
        "DuplicateNameError",
        "server web exists",
        {"field": "name"},
    )
    assert len(body["time"]) == len("2026-08-21T03:00:00.000000Z")


def test_what_is_internal_is_logged_and_not_sent(caplog):
    error = errors.BackendError("the storage failed", internal="disk /dev/sdz is gone")
    with caplog.at_level(logging.ERROR, "cloudcore.rest"):
        reply = error_reply(error, request_id="req-7")
    assert b"sdz" not in reply.body
    assert "req-7" in caplog.text
    assert "sdz" in caplog.text


def test_unexpected_error_names_the_request_and_nothing_else(caplog):
    with caplog.at_level(logging.ERROR, "cloudcore.rest"):
        reply = error_reply(ZeroDivisionError("secret arithmetic"), request_id="req-8")
    body = orjson.loads(reply.body)
    assert (body["code"], body["class"]) == (500, "InternalServerError")
    assert "req-8" in body["details"]
    assert b"arithmetic" not in reply.body
    assert "arithmetic" in caplog.text


@pytest.mark.parametrize(
    ("error", "name", "value"),
    [
        (errors.MethodNotAllowedError("no", data={"allow": ["GET", "HEAD"]}), b"Allow", b"GET, HEAD"),
        (errors.TooManyRequestsError("no", data={"retry_after": 7}), b"Retry-After", b"7"),
        (errors.UnauthorizedError("no"), b"WWW-Authenticate", b'Keystone uri="/v3"'),
        (RangeNotSatisfiableError("no", size=9), b"Content-Range", b"bytes */9"),
    ],
)
def test_errors_that_need_a_header_have_it(error, name, value):
    assert (name, value) in error_reply(error, request_id="r").raw_headers


def test_errors_have_no_other_headers():
    reply = error_reply(errors.InvalidInputError("no"), request_id="r")
    assert {name for name, _ in reply.raw_headers} == {b"Content-Type", b"Content-Length"}


@pytest.mark.parametrize(
    ("listing", "body"),
    [
        (Listing(items=[]), {"servers": []}),
        (Listing(items=[{}], total=57, limit=20, offset=40), {"servers": [{}], "total": 57, "limit": 20, "offset": 40}),
        (Listing(items=[{}], total=1, limit=2048), {"servers": [{}], "total": 1, "limit": 2048}),
        (Listing(items=[{}], total=3), {"servers": [{}], "total": 3}),
        (
            Listing(items=[{}], total=9, limit=20, marker_field="id", marker_order="DESC", next_marker="12"),
            {"servers": [{}], "limit": 20, "next_marker": "12", "marker_field": "id", "marker_order": "DESC"},
        ),
        (
            Listing(items=[], marker_field="id"),
            {"servers": [], "next_marker": "", "marker_field": "id", "marker_order": "DESC"},
        ),
        (Listing(items=[{}], total=1, totals={"disk": 4}), {"servers": [{}], "total": 1, "totals": {"disk": 4}}),
    ],
)
def test_list_leaves_out_what_is_zero(listing, body):
    assert list_body("servers", listing) == body


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", None),
        ("bytes=0-9", (0, 10)),
        ("bytes=5-", (5, 95)),
        ("bytes=-7", (93, 7)),
        ("bytes=-700", (0, 100)),
        ("bytes=90-1000", (90, 10)),
        ("bytes=99-99", (99, 1)),
        ("bytes=0-1,5-6", None),
        ("bytes=9-2", None),
        ("bytes=-", None),
        ("chunks=0-1", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
    ],
)
def test_range_is_read_as_the_standard_says(header, wanted):
    assert parse_range(header, 100) == wanted


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_range_behind_the_end_is_refused(header):
    with pytest.raises(RangeNotSatisfiableError):
        parse_range(header, 100)


def test_json_has_sorted_keys_and_takes_frozen_values():
    assert render({"b": frozenset({"y", "x"}), "a": MappingProxyType({"k": 1})}) == b'{"a":{"k":1},"b":["x","y"]}'
    assert render({"a": float("nan")}) == b'{"a":null}'
    with pytest.raises(TypeError):
        render({"a": object()})


def test_long_lists_are_written_piece_by_piece_as_short_ones_are():
    page = Columns(60)
    page.put("b", range(60))
    page.put_of("a", range(60), {n: frozenset({"y", "x"}) for n in range(0, 60, 7)})
    rows = Rows(page)
    as_list = list_body("things", Listing(items=list(rows), total=60, limit=60))
    assert render(list_body("things", Listing(items=rows, total=60, limit=60))) == render(as_list)
    assert render(list_body("things", Listing(items=Rows(Columns(0)), total=9))) == b'{"things":[],"total":9}'


@pytest.mark.parametrize("length", [0, 25, 26, 900])
def test_a_long_list_goes_out_in_pieces_that_are_the_whole(length: int):
    page = Columns(length)
    page.put("a", ['"things":[' * 20] * length)
    listing = Listing(items=Rows(page), total=length, limit=length, totals={"thing": 1, "things": 2})
    reply, sent = list_reply("things", listing), []

    async def send(message):
        sent.append(message)

    asyncio.run(reply({"type": "http"}, send, send))
    start, *pieces = sent
    body = b"".join(piece["body"] for piece in pieces)
    assert body == reply.whole() == render(list_body("things", listing))
    assert (b"Content-Length", str(len(body)).encode()) in start["headers"]
    assert [piece.get("more_body", False) for piece in pieces] == [True] * (len(pieces) - 1) + [False]
    assert all(len(piece["body"]) >= PIECE_BYTES for piece in pieces[:-1])
    assert (len(pieces) > 1) == (len(body) > 2 * PIECE_BYTES)


def test_one_caller_may_hold_several_places_and_no_more_than_all():
    slots = Slots(total=2, per_caller=2)
    with slots.hold("a"):
        with slots.hold("a"), pytest.raises(errors.TooManyRequestsError), slots.hold("b"):
            pass
        with slots.hold("b"):
            pass
