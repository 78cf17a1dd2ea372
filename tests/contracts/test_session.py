"""What every session keeps, in process and over HTTP: the same values, the same errors, the same pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from cloudcore.model import errors
from cloudcore.operations.platform import Settings
from cloudcore.ports.session import Session
from cloudcore_adapters.client import connect, pages
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.server import BackgroundServer

BOB = "Correct-Horse-Battery-9"


Login = Callable[[str, str, str], Session]


@attrs.frozen
class Place:
    """A seeded cloud: its administrator, how others log in, and how a user (second) gets a project (first)."""

    admin: Session
    login: Login
    grant: Callable[[str, str], object]


@attrs.frozen
class World:
    """For one test: the administrator, and a new user who owns a new project."""

    admin: Session
    bob: Session
    name: str
    project: str
    login: Login


def _in_process() -> Iterator[Place]:
    cloud, password = memory_cloud()
    admin = cloud.login("sysadmin", password, project="system")
    yield Place(
        admin,
        lambda user, secret, project: cloud.login(user, secret, project=project),
        lambda project, user: cloud.grant(admin, project, "users", user, "project_owner", remove=False),
    )


def _over_http(*, light: bool) -> Iterator[Place]:
    cloud, password = memory_cloud(memory_platform(settings=Settings(deployment="memory", base_url="http://place")))
    with BackgroundServer(_served(cloud)) as server:
        _point_endpoints(cloud, password, server.url)
        opened = []

        def login(user: str, secret: str, project: str) -> Session:
            url = f"{server.url}/identity/v3"
            opened.append(connect(url, username=user, password=secret, project=project, light=light))
            return opened[-1]

        admin = login("sysadmin", password, "system")
        yield Place(
            admin,
            login,
            lambda project, user: admin.update(
                "roles", "project_owner", {}, context=(("projects", project), ("users", user))
            ),
        )
        for session in opened:
            session.close()


def _served(cloud: Any) -> Any:
    return build_app(cloud)


def _point_endpoints(cloud: Any, password: str, url: str) -> None:
    """The port is known only when the server listens."""
    admin = cloud.login("sysadmin", password, project="system")
    for endpoint in admin.list("endpoints").items:
        path = endpoint["url"].removeprefix("http://place")
        admin.update("endpoints", endpoint["id"], {"url": url + path})


PLACES: dict[str, Callable[[], Iterator[Place]]] = {
    "in process": _in_process,
    "over http": lambda: _over_http(light=False),
    "over http, light": lambda: _over_http(light=True),
}


@pytest.fixture(scope="module", params=list(PLACES))
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    yield from PLACES[request.param]()


@pytest.fixture
def world(place: Place) -> World:
    number = place.admin.list("users").total
    name, project = f"bob{number}", f"red{number}"
    place.admin.create("users", {"name": name, "password": BOB})
    place.admin.create("projects", {"name": project})
    place.grant(project, name)
    return World(place.admin, place.login(name, BOB, project), name, project, place.login)


def test_what_was_created_can_be_read_changed_and_deleted(world: World) -> None:
    made = world.bob.create("keypairs", {"name": "laptop"})
    assert made["scheme"] == "ED25519"
    assert world.bob.get("keypairs", made["id"])["name"] == "laptop"
    assert world.bob.get("keypairs", "laptop")["id"] == made["id"]
    changed = world.bob.update("keypairs", "laptop", {"description": "of the red team"})
    assert changed["description"] == "of the red team"
    assert changed["update_version"] == made["update_version"] + 1
    assert world.bob.delete("keypairs", made["id"])["id"] == made["id"]
    with pytest.raises(errors.ResourceNotFoundError):
        world.bob.get("keypairs", made["id"])
    assert list(world.bob.list("keypairs").items) == []


def test_values_have_the_same_types_everywhere(world: World) -> None:
    project = world.admin.get("projects", world.project)
    assert isinstance(project["update_version"], int)
    assert isinstance(project["can_delete"], bool)
    assert project["created_at"].endswith("Z")


def test_text_survives_unchanged(world: World) -> None:
    text = 'Zürich 東京 %41 + & = ? / "quoted"'
    world.bob.create("keypairs", {"name": "k", "description": text})
    assert world.bob.get("keypairs", "k")["description"] == text
    found = world.bob.list("keypairs", {"description": text}).items
    assert [item["name"] for item in found] in ([], ["k"])


@pytest.mark.parametrize(
    ("kind", "act"),
    [
        (errors.ResourceNotFoundError, lambda s: s.get("keypairs", "nobody")),
        (errors.ResourceNotFoundError, lambda s: s.list("unicorns")),
        (errors.ResourceNotFoundError, lambda s: s.update("keypairs", "nobody", {"description": "x"})),
        (errors.ResourceNotFoundError, lambda s: s.delete("keypairs", "nobody")),
        (errors.ForbiddenError, lambda s: s.create("zones", {"name": "mine"})),
        (errors.MissingParameterError, lambda s: s.create("networks", {"name": "n"})),
        (errors.ResourceNotFoundError, lambda s: s.create("networks", {"name": "n", "wire": "nowhere"})),
        (errors.ResourceNotFoundError, lambda s: s.get("images", "nothing")),
        (errors.ResourceNotFoundError, lambda s: s.download("nothing")),
    ],
)
def test_refusals_are_of_the_same_class(
    world: World, kind: type[errors.CloudcoreError], act: Callable[[Session], Any]
) -> None:
    with pytest.raises(errors.CloudcoreError) as caught:
        act(world.bob)
    assert type(caught.value) is kind
    assert str(caught.value)


def test_refusals_name_the_field_and_keep_their_message(world: World) -> None:
    world.bob.create("keypairs", {"name": "k"})
    with pytest.raises(errors.DuplicateNameError, match="k"):
        world.bob.create("keypairs", {"name": "k"})
    with pytest.raises(errors.InvalidInputError) as caught:
        world.bob.update("keypairs", "k", {"description": "x" * 2000})
    assert caught.value.field == "description"
    assert "description" in str(caught.value)


def test_unknown_actions_and_details_are_told_apart(world: World) -> None:
    world.bob.create("keypairs", {"name": "k"})
    with pytest.raises(errors.ActionNotFoundError):
        world.bob.perform("keypairs", "k", "dance")
    with pytest.raises(errors.SpecNotFoundError):
        world.bob.detail("keypairs", "k", "dance")


def test_a_wrong_password_and_an_unknown_user_look_the_same(world: World) -> None:
    def refusal(user: str, password: str) -> errors.CloudcoreError:
        with pytest.raises(errors.InvalidCredentialError) as caught:
            world.login(user, password, world.project).list("keypairs")
        return caught.value

    assert str(refusal(world.name, "wrong")) == str(refusal("nobody", "wrong"))


def test_what_belongs_to_somebody_else_is_not_found(world: World) -> None:
    made = world.admin.create("keypairs", {"name": "mine"})
    with pytest.raises(errors.ResourceNotFoundError):
        world.bob.get("keypairs", made["id"])
    with pytest.raises(errors.ResourceNotFoundError):
        world.bob.delete("keypairs", made["id"])


def test_pages_have_totals_and_come_in_the_wanted_order(world: World) -> None:
    for name in ("c", "a", "b"):
        world.bob.create("keypairs", {"name": name})
    page = world.bob.list("keypairs", {"limit": 2, "order_by": "name", "order": "asc"})
    assert [k["name"] for k in page.items] == ["a", "b"]
    assert (page.total, page.limit, page.offset) == (3, 2, 0)
    rest = world.bob.list("keypairs", {"limit": 2, "offset": 2, "order_by": "name", "order": "asc"})
    assert [k["name"] for k in rest.items] == ["c"]
    assert rest.offset == 2
    assert [k["name"] for k in pages(world.bob, "keypairs", {"order_by": "name", "order": "asc"}, page_size=2)] == [
        "a",
        "b",
        "c",
    ]


def test_lists_filter_search_and_pick_fields(world: World) -> None:
    for name in ("alpha", "beta", "alphabet"):
        world.bob.create("keypairs", {"name": name})

    def names(**params: Any) -> set[str]:
        return {k["name"] for k in world.bob.list("keypairs", params).items}

    assert names(name="beta") == {"beta"}
    assert names(filter=["name.contains('alpha')"]) == {"alpha", "alphabet"}
    assert names(filter=["name.in('alpha','beta')"]) == {"alpha", "beta"}
    assert names(search="bet") == {"beta", "alphabet"}
    rows = world.bob.list("keypairs", {"field": ["name"], "name": "beta"}).items
    assert [dict(row) for row in rows] == [{"name": "beta"}]
    assert list(world.bob.list("keypairs", {"name": "gamma"}).items) == []


def test_a_parent_in_the_context_narrows_lists_and_owns_what_is_made(world: World) -> None:
    wire = world.admin.list("wires").items[0]
    other = world.admin.create("zones", {"name": "other"})
    assert [w["id"] for w in world.admin.list("wires", context=(("zones", wire["zone_id"]),)).items] == [wire["id"]]
    assert list(world.admin.list("wires", context=(("zones", other["id"]),)).items) == []
    made = world.admin.create(
        "networks", {"name": "n", "guest_ip_prefix": "10.9.0.0/24"}, context=(("wires", wire["id"]),)
    )
    assert made["wire_id"] == wire["id"]
    with pytest.raises(errors.ResourceNotFoundError):
        world.admin.list("wires", context=(("zones", "nowhere"),))


def test_a_context_may_lie_some_references_away(world: World) -> None:
    network = world.admin.list("networks").items[0]
    far = world.admin.create("zones", {"name": "far"})

    def under(plural: str, ident: str) -> list[str]:
        return [one["id"] for one in world.admin.list("networks", context=((plural, ident),)).items]

    assert under("vpcs", "default") == under("zones", network["zone_id"]) == under("cloudregions", "default")
    assert network["id"] in under("vpcs", "default")
    assert under("zones", far["id"]) == []
    assert world.admin.get("networks", network["id"], context=(("vpcs", "default"),))["id"] == network["id"]
    with pytest.raises(errors.ResourceNotFoundError):
        world.admin.get("networks", network["id"], context=(("zones", far["id"]),))
    with pytest.raises(errors.ResourceNotFoundError, match="do not stand under"):
        under("keypairs", "any")


def test_a_batch_is_made_whole_with_numbered_names(world: World) -> None:
    made = world.admin.create_many("projects", {"name": "team"}, 3)
    names = [p["name"] for p in made]
    assert names[0] == "team"
    assert len(set(names)) == len({p["id"] for p in made}) == 3
    assert all(name.startswith("team-") for name in names[1:])
    assert len(world.admin.create_many("projects", {"name": "single"}, 1)) == 1


def test_a_relation_is_read_under_its_parent(world: World) -> None:
    assert list(world.admin.list("guestdisks").items) == []
    with pytest.raises(errors.ResourceNotFoundError):
        world.admin.get("guestdisks", "nothing", context=(("servers", "nothing"),))


def test_tags_are_set_and_read(world: World) -> None:
    world.bob.create("keypairs", {"name": "k"})
    world.bob.perform("keypairs", "k", "user-metadata", {"env": "prod", "team": "red"})
    assert world.bob.detail("keypairs", "k", "metadata") == {"user:env": "prod", "user:team": "red"}
    world.bob.perform("keypairs", "k", "user-metadata", {"env": "none"})
    assert world.bob.detail("keypairs", "k", "metadata", {"prefix": "user:"}) == {"user:team": "red"}


def test_tags_of_all_types_are_one_list(world: World) -> None:
    name = f"tagged-{world.name}"
    world.bob.create("keypairs", {"name": name, "__meta__": {"user:env": "prod", "user:gone": "x"}})
    group = world.bob.create("secgroups", {"name": name, "__meta__": {"user:env": "test"}})
    world.bob.update("secgroups", name, {"__meta__": {"user:owner": "bob", "user:env": "NONE"}})
    world.bob.update("keypairs", name, {"__meta__": {"user:gone": "null"}})
    world.bob.perform("secgroups", name, "class-metadata", {"kind": "a", "size": "b"})
    done = world.bob.perform("secgroups", name, "set-class-metadata", {"kind": "c"})
    assert done["metadata"] == {"cls:kind": "c", "user:owner": "bob"}
    rows = world.bob.list("metadatas").items
    assert [(row["obj_type"], row["key"], row["value"]) for row in rows] == [
        ("keypair", "user:env", "prod"), ("secgroup", "cls:kind", "c"), ("secgroup", "user:owner", "bob"),
    ]  # fmt: skip
    for params in (
        {"resources": ["secgroup"], "user_meta": "true"},
        {"key": "user:owner"},
        {"obj_id": group["id"], "value": "bob"},
    ):
        (row,) = world.bob.list("metadatas", params).items
        assert (row["obj_id"], row["key"]) == (group["id"], "user:owner")
    assert [row["key"] for row in world.bob.list("metadatas", {"prefix_key": "cls:"}).items] == ["cls:kind"]
    page = world.bob.list("metadatas", {"limit": 1, "offset": 1})
    assert (page.total, page.limit, page.offset, page.items[0]["key"]) == (3, 1, 1, "cls:kind")
    assert world.bob.detail("secgroups", name, "metadata", {"prefix": "user:"}) == {"user:owner": "bob"}
    assert world.bob.detail("secgroups", name, "metadata", {"field": "cls:kind"}) == {"cls:kind": "c"}
    for wrong in ({"resources": ["nothing"]}, {"resources": ["guestdisk"]}):
        with pytest.raises(errors.ResourceNotFoundError):
            world.bob.list("metadatas", wrong)
    with pytest.raises(errors.ForbiddenError):
        world.bob.list("metadatas", {"resources": ["host"]})
    with pytest.raises(errors.InvalidInputError):
        world.bob.perform("secgroups", name, "metadata", {"__own": "x"})
    world.bob.delete("keypairs", name)
    world.bob.delete("secgroups", name)


def test_properties_tell_of_a_whole_collection(world: World) -> None:
    world.bob.create("keypairs", {"name": "k"})
    assert world.bob.property("keypairs", "distinct-field", {"field": "name"}) == {"name": ["k"]}
    counts = world.admin.property("zones", "statistics")["status_info"]
    assert sum(row["total_count"] for row in counts) == len(world.admin.list("zones").items)


@pytest.fixture(scope="module")
def picture() -> bytes:
    """Two and a bit MiB that are no known disk format, so raw."""
    block = hashlib.sha256(b"cloudcore").digest() * 32_768
    return b"\0" * 4096 + block + block + b"end"


def test_an_image_is_stored_as_it_was_sent(world: World, picture: bytes) -> None:
    chunks = [picture[i : i + 100_000] for i in range(0, len(picture), 100_000)]
    told = hashlib.md5(picture).hexdigest()
    properties = {"os_type": "Linux", "note": "50 % ü+1"}
    attributes = {"name": "disk", "disk_format": "raw", "checksum": told, "properties": properties}
    made = world.bob.upload(None, attributes, iter(chunks))
    assert (made["size"], made["checksum"]) == (len(picture), told)
    with pytest.raises(errors.InvalidInputError):
        world.bob.upload(None, {**attributes, "name": "other", "checksum": "0" * 32}, iter(chunks))
    shown = world.bob.get("images", "disk")
    assert shown["id"] == made["id"]
    assert shown["properties"] == {"os_type": "Linux", "note": "50 % ü+1"}
    assert isinstance(shown["size"], int)
    assert shown["protected"] is True


def test_an_image_that_is_not_ready_gives_no_bytes(world: World, picture: bytes) -> None:
    made = world.bob.upload(None, {"name": "disk", "disk_format": "raw"}, [picture])
    assert made["status"] != "active"
    with pytest.raises(errors.InvalidStatusError):
        world.bob.download(made["id"]).read(0, 1)


def test_a_queued_image_takes_its_bytes_later(world: World, picture: bytes) -> None:
    queued = world.bob.create("images", {"name": "later", "disk_format": "raw"})
    assert queued["status"] == "queued"
    stored = world.bob.upload(queued["id"], {}, [picture])
    assert stored["id"] == queued["id"]
    assert stored["size"] == len(picture)
    with pytest.raises(errors.InvalidStatusError):
        world.bob.upload(queued["id"], {}, [picture])


def test_a_create_is_tried_alike_everywhere(world: World) -> None:
    before = world.bob.list("keypairs").total
    for told in (
        world.bob.create("keypairs", {"name": "tried", "dry_run": True}),
        world.bob.perform_class("keypairs", "check-create-data", {"name": "tried"}),
        world.bob.create_many("keypairs", {"name": "tried", "dry_run": True}, 2)[0],
    ):
        assert (told["name"], told["dry_run"]) == ("tried", True)
        assert "id" not in told
        assert "private_key" not in told
    assert world.bob.list("keypairs").total == before
    with pytest.raises(errors.ForbiddenError):
        world.bob.create("zones", {"name": "z", "dry_run": True})


def test_the_feed_has_one_form_everywhere(world: World) -> None:
    page = world.bob.list("history")
    assert (page.items, page.marker_field, page.marker_order) == ([], "position", "ASC")
    assert page.next_marker.isdigit()
    again = world.bob.list("history", {"after": page.next_marker, "wait": 0})
    assert (again.items, again.next_marker) == ([], page.next_marker)
    with pytest.raises(errors.OutOfRangeError) as caught:
        world.bob.list("history", {"after": "999999999"})
    assert caught.value.field == "after"


def test_a_cloud_that_tells_nobody_says_so_before_anything_is_begun(world: World) -> None:
    with pytest.raises(errors.NotSupportedError) as refused:
        world.bob.notifying("https://hooks.example.com/", "t-1").create("keypairs", {"name": world.name})
    assert refused.value.field == "X-Task-Notify-Url"
    assert world.bob.list("keypairs").items == []
