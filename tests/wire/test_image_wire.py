"""The image service's older forms over a whole cloud: ranges and tags, members, and what is not offered."""

from __future__ import annotations

import pytest
from tests.wire.test_cloud import DISK, OCTETS, Cloud

MIB = len(DISK)


class Place:
    """A cloud with an image, and two people."""

    def __init__(self) -> None:
        self.cloud = Cloud()
        self.tokens = {"admin": self.cloud.login().headers["X-Subject-Token"]}
        core = self.cloud.core.platform_session("test")
        for name in ("ann", "bob"):
            core.create("projects", {"name": name, "domain_id": "default"})
            core.create("users", {"name": name, "password": "Secret-word-12345", "domain_id": "default"})
            core.perform("users", name, "join", {"projects": [name], "roles": ["project_owner"]})
            self.tokens[name] = self.cloud.login(name, "Secret-word-12345", name).headers["X-Subject-Token"]
        self.projects = {name: core.get("projects", name)["id"] for name in ("ann", "bob")}
        headers = OCTETS | {"X-Image-Meta-Name": "disk", "X-Image-Meta-Disk_format": "raw"}
        self.image = self.ask("POST", "", content=DISK, headers=headers).json()["image"]["id"]
        self.cloud.settle()
        self.etag = self.ask("GET", f"/{self.image}").headers["etag"]

    def ask(self, method: str, path: str, *, who: str = "admin", headers=None, **more):
        told = {"X-Auth-Token": self.tokens[who], **(headers or {})}
        return self.cloud.client.request(method, f"/image/v1/images{path}", headers=told, **more)

    def get(self, **headers: str):
        return self.ask("GET", f"/{self.image}", headers={k.replace("_", "-"): v for k, v in headers.items()})

    def shared(self, who: str, project: str):
        headers = {"X-Auth-Token": self.tokens[who]}
        answer = self.cloud.client.get(f"/image/v1/shared-images/{project}", headers=headers)
        assert answer.status_code == 200
        return [one["image_id"] for one in answer.json()["shared_images"]]


@pytest.fixture(scope="module")
def place():
    """One for all."""
    return Place()


def test_tag_of_the_bytes_saves_sending_them_again(place):
    for known in (place.etag, f"W/{place.etag}", f'"other", {place.etag}', "*"):
        answer = place.get(If_None_Match=known)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", place.etag)
        assert "content-length" not in answer.headers
    assert place.get(If_None_Match='"other"').status_code == 200


def test_other_bytes_than_those_that_are_wanted_are_not_sent(place):
    assert place.get(If_Match=place.etag).status_code == 200
    assert place.get(If_Match=f'"other", {place.etag}').status_code == 200
    for wanted in ('"other"', f"W/{place.etag}"):
        answer = place.get(If_Match=wanted)
        assert (answer.status_code, answer.json()["class"]) == (412, "PreconditionFailedError")


def test_download_goes_on_where_it_broke_off_only_with_the_same_bytes(place):
    again = place.get(Range="bytes=510-511", If_Range=place.etag)
    assert (again.status_code, again.content) == (206, b"\x55\xaa")
    for other in ('"other"', f"W/{place.etag}", "Sat, 28 Nov 2026 20:00:00 GMT"):
        anew = place.get(Range="bytes=510-511", If_Range=other)
        assert (anew.status_code, len(anew.content)) == (200, MIB)
    assert place.get(Range=f"bytes={MIB}-", If_Range='"other"').status_code == 200


@pytest.mark.parametrize(
    ("wanted", "status", "length"),
    [
        ("bytes=0-0", 206, 1),
        ("bytes=000-0009", 206, 10),
        (f"bytes=0-{'9' * 3000}", 206, MIB),
        (f"bytes=-{'9' * 3000}", 206, MIB),
        (f"bytes={'9' * 3000}-", 416, None),
        (f"bytes={MIB}-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=9-1", 200, MIB),
        ("bytes=-", 200, MIB),
        ("items=0-1", 200, MIB),
        ("bytes=0-1,1-2", 200, MIB),
        ("bytes=" + ",".join("0-" for _ in range(1300)), 200, MIB),
    ],
    ids=lambda value: str(value)[:20],
)
def test_ranges_cost_no_more_than_one_reading(place, wanted, status, length):
    answer = place.get(Range=wanted)
    assert answer.status_code == status
    if length is None:
        assert answer.headers["content-range"] == f"bytes */{MIB}"
    else:
        assert len(answer.content) == length


def test_image_is_shown_to_projects_one_by_one(place):
    ann, bob = place.projects["ann"], place.projects["bob"]
    assert place.ask("GET", f"/{place.image}", who="ann").status_code == 404
    assert place.ask("GET", f"/{place.image}/members").json() == {"members": []}
    assert place.ask("POST", f"/{place.image}/members/ann").status_code == 204
    assert place.ask("PUT", f"/{place.image}/members/{bob}").status_code == 204
    members = place.ask("GET", f"/{place.image}/members").json()["members"]
    assert {one["member_id"] for one in members} == {ann, bob}
    assert place.shared("admin", "ann") == place.shared("ann", ann) == [place.image]
    assert place.shared("ann", bob) == [place.image]
    assert place.ask("GET", f"/{place.image}", who="ann").status_code == 200
    assert place.ask("DELETE", f"/{place.image}/members/{ann}").status_code == 204
    assert place.ask("GET", f"/{place.image}", who="ann").status_code == 404
    assert place.shared("admin", "ann") == []
    assert place.ask("DELETE", f"/{place.image}/members/ann").status_code == 404
    assert place.ask("DELETE", f"/{place.image}/members/bob").status_code == 204
    assert place.ask("GET", f"/{place.image}", headers={}, params={"format": "raw"}).status_code == 200
    assert place.ask("HEAD", f"/{place.image}").headers["x-image-meta-is_public"] == "false"


def test_members_are_the_owners_business_and_have_to_exist(place):
    path = f"/{place.image}/members"
    assert place.ask("POST", f"{path}/nobody").status_code == 404
    assert place.ask("POST", f"{path}/ann", who="bob").status_code == 404
    assert place.ask("GET", path, who="bob").status_code == 404
    place.ask("POST", f"/{place.image}/public", json={"scope": "system"})
    assert place.ask("POST", f"{path}/ann", who="bob").status_code == 403
    refused = place.ask("POST", f"{path}/ann")
    assert (refused.status_code, refused.json()["data"]["field"]) == (400, "project")
    place.ask("POST", f"/{place.image}/private", json={})


def test_what_images_do_not_have_is_said_to_be_missing(place):
    answer = place.ask("POST", f"/{place.image}/update-torrent-status", json={})
    assert (answer.status_code, answer.json()["class"]) == (406, "NotSupportedError")
    for action in ("update-torrent-status", "cancel-delete"):
        assert place.ask("POST", f"/none/{action}", json={}).status_code == 404
    for path in (f"/{place.image}?torrent=true", f"/{place.image}?torrent=true&format=raw"):
        assert place.ask("GET", path).status_code == 406
        assert place.ask("HEAD", path).status_code == 406
    assert place.ask("GET", f"/{place.image}?torrent=false").status_code == 200


def test_head_by_name_tells_all_there_is(place):
    told = place.ask("HEAD", "/disk").headers
    assert told["x-image-meta-id"] == place.image
    assert told["x-image-meta-oss_checksum"] == told["x-image-meta-checksum"] == place.etag.strip('"')
    for name in ("project", "tenant", "project_domain", "can_delete", "size", "status", "disk_format", "owner"):
        assert told[f"x-image-meta-{name}"]


def test_bytes_come_only_from_an_active_image(place):
    queued = place.ask("POST", "", json={"image": {"name": "later"}}).json()["image"]
    assert queued["status"] == "queued"
    answer = place.ask("GET", "/later")
    assert (answer.status_code, answer.json()["class"]) == (400, "InvalidStatusError")
    refused = place.ask("PUT", f"/{place.image}", content=DISK, headers=OCTETS)
    assert (refused.status_code, refused.json()["class"]) == (400, "InvalidStatusError")
