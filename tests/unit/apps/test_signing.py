"""Signed addresses of images."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from cloudcore.model.errors import InvalidCredentialError
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_apps.signing import UrlSigner

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
IMAGE = "cf8157ca-963e-4565-8534-90ddfb805121"


def split(url: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(url)
    return parts.path, dict(parse_qsl(parts.query))


def test_a_signed_address_means_its_image_until_its_time_is_over() -> None:
    clock = ManualClock()
    signer = UrlSigner(KEY, clock, "http://127.0.0.1:1")
    path, query = split(signer.url(IMAGE, "qcow2", lifetime_s=60))
    assert signer.image_of(path, query) == (IMAGE, "qcow2")
    clock.advance(59)
    assert signer.image_of(path, query) == (IMAGE, "qcow2")
    clock.advance(2)
    with pytest.raises(InvalidCredentialError, match="time"):
        signer.image_of(path, query)


def test_an_address_for_sending_reads_nothing_and_the_other_way_round() -> None:
    signer = UrlSigner(KEY, ManualClock(), "http://127.0.0.1:1")
    path, query = split(signer.upload_url(IMAGE))
    assert signer.upload_of(path, query) == IMAGE
    with pytest.raises(InvalidCredentialError):
        signer.image_of(path, query)
    with pytest.raises(InvalidCredentialError):
        signer.upload_of(*split(signer.url(IMAGE)))
    with pytest.raises(InvalidCredentialError):
        signer.upload_of(path.replace(IMAGE, IMAGE[:-1] + "0"), query)


@pytest.mark.parametrize(
    "change",
    [
        {"e": "99999999999"},
        {"e": ""},
        {"f": "raw"},
        {"f": "ä"},
        {"f": ["qcow2"]},
        {"e": "-1"},
        {"e": "1" * 5000},
        {"e": 5},
        {"e": None},
        {"e": ["1", "2"]},
        {"s": "0" * 64},
        {"s": ""},
        {"s": None},
        {"s": "é" * 64},
        {"s": {"$ne": ""}},
    ],
)
def test_a_changed_query_does_not_hold(change: dict[str, object]) -> None:
    signer = UrlSigner(KEY, ManualClock(), "http://127.0.0.1:1")
    path, query = split(signer.url(IMAGE))
    with pytest.raises(InvalidCredentialError):
        signer.image_of(path, {**query, **change})


@pytest.mark.parametrize(
    "path",
    [
        "/internal/images/other",
        f"/internal/images/{IMAGE}/",
        f"/internal/images/../{IMAGE}",
        f"/internal/images/{IMAGE}\n",
        "/internal/images/",
        f"//internal/images/{IMAGE}",
    ],
)
def test_a_changed_path_does_not_hold(path: str) -> None:
    signer = UrlSigner(KEY, ManualClock(), "http://127.0.0.1:1")
    _, query = split(signer.url(IMAGE))
    with pytest.raises(InvalidCredentialError):
        signer.image_of(path, query)


def test_another_deployments_signature_does_not_hold() -> None:
    clock = ManualClock()
    path, query = split(UrlSigner(OTHER, clock, "http://127.0.0.1:1").url(IMAGE))
    with pytest.raises(InvalidCredentialError):
        UrlSigner(KEY, clock, "http://127.0.0.1:1").image_of(path, query)


def test_a_short_key_is_no_key() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        UrlSigner(b"short", ManualClock(), "http://127.0.0.1:1")
