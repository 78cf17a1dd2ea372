from __future__ import annotations

import stat
from pathlib import Path

import attrs
import pytest
from scripted import Scripted, answer, session_on, token_answer

from cloudcore.model import errors
from cloudcore_adapters.client.failures import CloudUnreachableError
from cloudcore_adapters.client.identity import Credentials, Token
from cloudcore_adapters.client.images import from_headers, to_headers
from cloudcore_adapters.client.token_cache import FileTokenStore

AWAY = CloudUnreachableError("refused", sent=False)


def test_image_attributes_survive_headers() -> None:
    sent = to_headers({"name": "ü+ %41", "min_disk": 5, "is_public": True, "properties": {"os_type": "Linux"}})
    assert all(v.isascii() for v in sent.values())
    kinds = {"name": "str", "min_disk": "int", "is_public": "bool"}
    back = from_headers({k.lower(): v for k, v in sent.items()}, kinds)
    assert back == {"name": "ü+ %41", "min_disk": 5, "is_public": True, "properties": {"os_type": "Linux"}}
    with pytest.raises(errors.InvalidInputError):
        to_headers({"properties": {"bad name\r\n": "x"}})
    with pytest.raises(errors.InvalidInputError):
        to_headers({"properties": {"big": "x" * 100_000}})


def test_an_upload_tells_its_length_without_being_told() -> None:
    transport = Scripted(token_answer(), answer({"image": {"id": "1"}}), answer({"image": {"id": "1"}}))
    session = session_on(transport)
    session.upload(None, {"name": "i"}, [b"abc", b"de"])
    session.upload("1", {"size": 2}, [b"ab"])
    assert [e.headers["Content-Length"] for e in transport.seen[1:]] == ["5", "2"]
    assert [e.method for e in transport.seen[1:]] == ["POST", "PUT"]
    with pytest.raises(errors.OutOfRangeError):
        session.upload(None, {"name": "i"}, [])


def test_an_upload_is_never_sent_twice() -> None:
    with pytest.raises(CloudUnreachableError):
        session_on(Scripted(token_answer(), AWAY)).upload(None, {"name": "i"}, [b"abc"])


def test_downloads_are_read_in_ranges() -> None:
    about = answer(headers={"x-image-meta-id": "1", "x-image-meta-size": "5", "x-image-meta-name": "i"})
    part = attrs.evolve(answer(status=206), body=b"de")
    transport = Scripted(token_answer(), about, part)
    data = session_on(transport).download("i")
    assert (data.size, data.name) == (5, "i")
    assert data.read(3, 100) == b"de"
    assert transport.seen[-1].headers["Range"] == "bytes=3-4"
    assert data.read(5, 10) == b""
    with pytest.raises(errors.OutOfRangeError):
        data.read(-1, 2)


def test_a_store_that_ignores_ranges_is_noticed() -> None:
    about = answer(headers={"x-image-meta-id": "1", "x-image-meta-size": "5"})
    whole = attrs.evolve(answer(), body=b"abcde")
    data = session_on(Scripted(token_answer(), about, whole)).download("1")
    with pytest.raises(errors.NotSupportedError):
        data.read(1, 2)


TOKEN = Token(value="sesame", expires_at=2e9, user={"name": "u"}, project={}, roles=(), catalog=())
KNOWN = Credentials(auth_url="http://c/v3", username="u", password="p", project="x")


def test_tokens_are_kept_for_their_owner_alone(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path / "tokens")
    store.save(KNOWN, TOKEN)
    [file] = (tmp_path / "tokens").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert b'"p"' not in file.read_bytes()
    found = store.load(KNOWN)
    assert found is not None
    assert found.value == "sesame"
    file.chmod(0o640)
    assert store.load(KNOWN) is None


def test_a_kept_token_is_for_one_login_and_its_password(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    store.save(KNOWN, TOKEN)
    assert store.load(attrs.evolve(KNOWN, password="other")) is None
    assert store.load(attrs.evolve(KNOWN, project="y")) is None
    assert store.load(attrs.evolve(KNOWN, auth_url="http://d/v3")) is None
    store.forget(KNOWN)
    assert store.load(KNOWN) is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"format": 1}', b'{"format":1,"salt":"zz","proof":"x"}']
)
def test_damaged_token_files_are_passed_over(tmp_path: Path, content: bytes) -> None:
    store = FileTokenStore(tmp_path)
    store.save(KNOWN, TOKEN)
    [file] = tmp_path.iterdir()
    file.write_bytes(content)
    assert store.load(KNOWN) is None


def test_a_session_takes_the_kept_token(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path)
    first = Scripted(token_answer("kept"), answer({"servers": []}))
    session_on(first, store=store).list("servers")
    second = Scripted(answer({"servers": []}))
    session_on(second, store=store).list("servers")
    assert second.seen[0].headers["X-Auth-Token"] == "kept"
