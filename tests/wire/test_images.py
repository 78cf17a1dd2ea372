"""Image bytes and attributes through the door."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from tests.wire.scripted import TOKEN, ScriptedCloud

from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.serving import Limits

AUTH = {"X-Auth-Token": TOKEN}
OCTETS = {"Content-Type": "application/octet-stream"}
CONTENT = bytes(range(256)) * 40


@pytest.fixture
def cloud():
    cloud = ScriptedCloud()
    cloud.stored["i1"] = CONTENT
    return cloud


@pytest.fixture
def client(cloud):
    return TestClient(build_app(cloud, limits=Limits(chunk_bytes=1000)), headers=AUTH)


def test_direct_upload_stores_the_body_with_its_attributes(client, cloud):
    headers = {**OCTETS, "X-Image-Meta-Name": "m%C3%BCsli", "X-Image-Meta-Property-os-type": "Linux"}
    answer = client.post("/image/v1/images", content=CONTENT, headers=headers)
    assert answer.json() == {"image": {"id": "new", "status": "active", "size": len(CONTENT)}}
    assert cloud.stored["new"] == CONTENT
    assert cloud.asked[0][2] == {"name": "müsli", "properties": {"os_type": "Linux"}}


def test_chunked_upload_without_a_length_is_stored(client, cloud):
    chunks = iter([CONTENT[:5000], CONTENT[5000:]])
    answer = client.post("/image/v1/images", content=chunks, headers={**OCTETS, "X-Image-Meta-Name": "a"})
    assert answer.status_code == 200
    assert cloud.stored["new"] == CONTENT


def test_chunked_upload_of_nothing_makes_the_image_alone(client, cloud):
    client.post("/image/v1/images", content=iter([]), headers={**OCTETS, "X-Image-Meta-Name": "a"})
    assert cloud.asked == [("create", "images", {"name": "a"}, {})]


def test_upload_is_handed_on_in_chunks(cloud):
    client = TestClient(build_app(cloud, limits=Limits(chunk_bytes=1000)), headers=AUTH)
    client.post("/image/v1/images", content=(b"x" * 300 for _ in range(20)), headers=OCTETS)
    sizes = cloud.asked[0][3]
    assert sum(sizes) == 6000
    assert max(sizes) <= 6000


def test_headers_alone_make_a_queued_image(client, cloud):
    answer = client.post("/image/v1/images", headers={"X-Image-Meta-Name": "a"})
    assert answer.status_code == 200
    assert cloud.asked == [("create", "images", {"name": "a"}, {})]


def test_json_makes_an_image_like_any_other_type(client, cloud):
    client.post("/image/v1/images", json={"image": {"name": "a"}})
    assert cloud.asked == [("create", "images", {"name": "a"}, {}, ())]
    assert client.post("/image/v1/images", json={"name": "a"}).status_code == 400


def test_put_with_bytes_uploads_to_a_queued_image(client, cloud):
    answer = client.put("/image/v1/images/i7", content=b"abc", headers=OCTETS)
    assert answer.json()["image"]["id"] == "i7"
    assert cloud.stored["i7"] == b"abc"


def test_put_with_headers_or_json_updates(client, cloud):
    client.put("/image/v1/images/i7", headers={"X-Image-Meta-Min_disk": "1024"})
    client.put("/image/v1/images/i7", json={"image": {"min_disk": 1024}})
    client.put("/image/v1/images/i7", json={"min_disk": 1024})
    assert [asked[:4] for asked in cloud.asked] == [
        ("update", "images", "i7", {"min_disk": "1024"}),
        ("update", "images", "i7", {"min_disk": 1024}),
        ("update", "images", "i7", {"min_disk": 1024}),
    ]


@pytest.mark.parametrize("header", ["X-Glance-Api-Copy-From", "X-Image-Meta-Copy_from", "X-Image-Meta-Copy-From"])
def test_where_to_fetch_the_bytes_is_told_in_a_header(client, cloud, header):
    client.post("/image/v1/images", headers={"X-Image-Meta-Name": "a", header: "https://example.com/x"})
    client.put("/image/v1/images/i7", headers={header: "https://example.com/x"})
    assert [asked[:4] for asked in cloud.asked] == [
        ("create", "images", {"name": "a", "copy_from": "https://example.com/x"}, {}),
        ("update", "images", "i7", {"copy_from": "https://example.com/x"}),
    ]


def test_where_to_fetch_the_bytes_does_not_count_where_bytes_are_sent(client, cloud):
    headers = {**OCTETS, "X-Image-Meta-Name": "a", "X-Glance-Api-Copy-From": "https://example.com/x"}
    client.post("/image/v1/images", content=CONTENT, headers=headers)
    assert cloud.asked[0][2] == {"name": "a"}
    assert cloud.stored["new"] == CONTENT


def test_image_over_the_limit_is_413(cloud):
    client = TestClient(build_app(cloud, limits=Limits(image_bytes=5000, chunk_bytes=1000)), headers=AUTH)
    answer = client.post("/image/v1/images", content=CONTENT, headers=OCTETS)
    assert (answer.status_code, answer.json()["class"]) == (413, "TooLargeEntity")
    streamed = client.post("/image/v1/images", content=(b"x" * 900 for _ in range(9)), headers=OCTETS)
    assert streamed.status_code == 413
    assert "new" not in cloud.stored


def test_no_token_is_401_before_a_byte_is_stored(cloud):
    answer = TestClient(build_app(cloud)).post("/image/v1/images", content=CONTENT, headers=OCTETS)
    assert answer.status_code == 401
    assert cloud.uploading == []


def test_head_shows_the_attributes_as_headers(client, cloud):
    cloud.answer = lambda _method, _args: {"id": "i1", "name": "mü", "size": 3, "properties": {"os_type": "Linux"}}
    answer = client.head("/image/v1/images/cirros")
    assert cloud.asked == [("get", "images", "cirros", {})]
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (200, b"", "0")
    assert answer.headers["X-Image-Meta-Name"] == "m%C3%BC"
    assert answer.headers["X-Image-Meta-Property-Os_type"] == "Linux"


def test_get_downloads_the_bytes(client, cloud):
    answer = client.get("/image/v1/images/i1?format=qcow2")
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert cloud.asked == [("download", "i1", {"format": "qcow2"})]


@pytest.mark.parametrize(
    ("wanted", "start", "end"), [("bytes=0-0", 0, 1), ("bytes=10-4999", 10, 5000), ("bytes=-5", -5, None)]
)
def test_range_gives_a_part(client, wanted, start, end):
    answer = client.get("/image/v1/images/i1", headers={"Range": wanted})
    part = CONTENT[start:end]
    assert (answer.status_code, answer.content) == (206, part)
    first = len(CONTENT) + start if start < 0 else start
    assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(CONTENT)}"


def test_range_behind_the_end_is_416(client):
    answer = client.get("/image/v1/images/i1", headers={"Range": f"bytes={len(CONTENT)}-"})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")


def test_empty_image_is_an_empty_answer(client, cloud):
    cloud.stored["i2"] = b""
    assert client.get("/image/v1/images/i2").content == b""


def test_missing_image_is_404(client):
    assert client.get("/image/v1/images/nope").status_code == 404


def test_signed_url_needs_no_token_but_its_signature(cloud):
    client = TestClient(build_app(cloud, open_signed=cloud.open_signed))
    answer = client.get("/internal/images/i1?signature=ok", headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, CONTENT[:4])
    head = client.head("/internal/images/i1?signature=ok")
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(CONTENT)))
    assert client.get("/internal/images/i1?signature=no").status_code == 401


def test_a_host_sends_bytes_to_a_signed_url_only(cloud):
    client = TestClient(build_app(cloud, store_signed=cloud.store_signed, limits=Limits(image_bytes=10)))
    assert client.put("/internal/images/i9?signature=ok", content=b"12345").json() == {"size": 5}
    assert cloud.stored["i9"] == b"12345"
    assert client.put("/internal/images/i8?signature=no", content=b"12345").status_code == 401
    assert client.put("/internal/images/i8?signature=ok", content=b"x" * 20).status_code == 413
    assert "i8" not in cloud.stored
    assert TestClient(build_app(cloud)).put("/internal/images/i8?signature=ok", content=b"1").status_code == 404


def test_without_a_verifier_there_are_no_signed_urls(cloud):
    assert TestClient(build_app(cloud)).get("/internal/images/i1?signature=ok").status_code == 404


def test_more_uploads_than_one_caller_may_have_are_429(cloud):
    limits = Limits(uploads_per_caller=0)
    answer = TestClient(build_app(cloud, limits=limits), headers=AUTH).post(
        "/image/v1/images", content=b"abc", headers=OCTETS
    )
    assert answer.status_code == 429
    assert cloud.uploading == []


def test_failure_of_the_store_is_answered_and_frees_the_slot(cloud):
    client = TestClient(build_app(cloud, limits=Limits(uploads=1, uploads_per_caller=1, image_bytes=10)), headers=AUTH)
    for _ in range(3):
        assert client.post("/image/v1/images", content=b"x" * 20, headers=OCTETS).status_code == 413
    assert client.post("/image/v1/images", content=b"x", headers=OCTETS).status_code == 200
