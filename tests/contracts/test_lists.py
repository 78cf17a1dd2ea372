"""The query language of lists, as clients write it: the same answers and refusals on every engine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from cloudcore.cloud import TYPES, Cloud
from cloudcore.model import errors
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.operations.filters import arguments
from cloudcore.ports.session import Session
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS, Guestnetwork
from cloudcore.resources.compute.server import SERVERS, Server
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.network.network import NETWORKS
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork, open_engine

SECRET = "Correct-Horse-Battery-9"
NAMES = ("web-1", "web-2", "db'1", "50%", "Über", "cache")
FORMS = {"password_expires_at": "lt:2190-01-01T00:00:00Z"}
"""What is asked of parameters that have a form of their own."""


@attrs.frozen
class World:
    """Servers of bob's project on two hosts, tagged, one of them recycled; eve's project has one of its own."""

    cloud: Cloud
    admin: Session
    bob: Session
    eve: Session

    def names(self, params: dict[str, Any], plural: str = "servers") -> list[str]:
        """Bob's list, by name."""
        asked = {"order_by": "name", "order": "asc", "details": False, **params}
        return [item["name"] for item in self.bob.list(plural, asked).items]


SERVERS_OF = {"postgresql": "postgres_url", "mariadb": "mariadb_url"}
"""The fixture that gives an address, by kind."""


@pytest.fixture(scope="module", params=["memory", "sqlite", *SERVERS_OF])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    uow = None
    if request.param != "memory":
        url = f"sqlite:///{tmp_path_factory.mktemp('lists')}/cloud.sqlite"
        if request.param in SERVERS_OF:
            url = request.getfixturevalue(SERVERS_OF[request.param])
        uow = SqlUnitOfWork(open_engine(url), TYPES, SystemIds(), clock=SystemClock(), sealer=None)
        uow.metadata.create_all(uow.engine)
    cloud, password = memory_cloud(memory_platform(uow=uow))
    admin = cloud.login("sysadmin", password, project="system")

    def owner(name: str) -> Session:
        admin.create("projects", {"name": name})
        admin.create("users", {"name": name, "password": SECRET})
        cloud.grant(admin, name, "users", name, "project_owner", remove=False)
        return cloud.login(name, SECRET, project=name)

    made = World(cloud, admin, owner("bob"), owner("eve"))
    _fill(made)
    yield made
    if uow is not None:
        uow.close()


def _fill(world: World) -> None:
    admin = world.admin
    admin.perform("projects", "bob", "user-metadata", {"site": "west"})
    admin.create("networks", {"name": "net1", "wire": "wire0", "guest_ip_prefix": "10.1.0.0/28", "project": "bob"})
    for n in (1, 2):
        admin.create("hosts", {"name": f"h{n}", "zone": "zone0", "access_mac": f"00:22:00:00:00:0{n}"})
    bob, eve = (admin.get("projects", name) for name in ("bob", "eve"))
    with world.cloud.platform.uow.write(Author()) as tx:
        hosts = [tx.of(HOSTS, PLATFORM).find(Query(where=eq("name", f"h{n}")))[0].id for n in (1, 2)]
        network = tx.of(NETWORKS, PLATFORM).find(Query(where=eq("name", "net1")))[0].id
        for place, name in enumerate((*NAMES, "gone", "theirs")):
            owner = eve if name == "theirs" else bob
            tags = {"user:env": "prod" if place % 2 else "test", "__own": "x"} if place < 4 else {}
            server = Server(
                id=f"s{place}", name=name, vmem_size=512 * (place + 1), vcpu_count=1 + place % 3,
                host_id=hosts[place % 2] if place < 5 else None, status="running" if place % 2 else "ready",
                metadata=tags | ({"user:tier": "front"} if name.startswith("web") else {}),
                pending_deleted=name == "gone", domain_id=owner["domain_id"], tenant_id=owner["id"],
            )  # fmt: skip
            tx.of(SERVERS, PLATFORM).add(server)
        card = Guestnetwork(
            id="gn", guest_id="s1", network_id=network, ip_addr="10.1.0.3", mac_addr="00:22:aa:00:00:01"
        )
        tx.of(GUESTNETWORKS, PLATFORM).add(card)
        tx.commit()


ALL = sorted(NAMES)


class TestFilters:
    @pytest.mark.parametrize(
        ("params", "found"),
        [
            ({"filter": "name.equals(web-1)"}, ["web-1"]),
            ({"filter": ["name.in(web-1, web-2)"]}, ["web-1", "web-2"]),
            ({"filter": 'name.in(web-1:cache "50%")'}, ["50%", "cache", "web-1"]),
            ({"filter": r"name.equals('db\'1')"}, ["db'1"]),
            ({"filter": 'name.equals("db\'1")'}, ["db'1"]),
            ({"filter": "name.notin(web-1,web-2)"}, ["50%", "cache", "db'1", "Über"]),
            ({"filter": "name.contains(WEB, ach)"}, ["cache", "web-1", "web-2"]),
            ({"filter": "name.contains(%)"}, ["50%"]),
            ({"filter": "name.like('w%-_')"}, ["web-1", "web-2"]),
            ({"filter": r"name.like('50\%')"}, ["50%"]),
            ({"filter": "name.startswith(w).x"}, errors.InvalidInputError),
            ({"filter": "name.endswith(1)"}, ["db'1", "web-1"]),
            ({"filter": ["vmem_size.ge(1024)", "vmem_size.lt(2048)"]}, ["db'1", "web-2"]),
            ({"filter": "vmem_size.between(512, 1024)"}, ["web-1", "web-2"]),
            ({"filter": "vmem_size.gt(-5)"}, ALL),
            ({"filter": ["name.equals(web-1)", "name.equals(cache)"]}, []),
            ({"filter": ["name.equals(web-1)", "name.equals(cache)"], "filter_any": True}, ["cache", "web-1"]),
            ({"filter": "host_id.isnull()"}, ["cache"]),
            ({"filter": "host_id.isnotnull()"}, ["50%", "db'1", "web-1", "web-2", "Über"]),
            ({"filter": "description.isempty()"}, ALL),
            ({"filter": "description.isnotempty()"}, []),
            ({"filter": "host_id.isnotempty()"}, ["50%", "db'1", "web-1", "web-2", "Über"]),
            ({"filter": "host_id.isnullorempty()"}, ["cache"]),
            ({"filter": "created_at.ge(2020-01-01T10:00:00Z)"}, ALL),
            ({"filter": "created_at.between(2020-01-01, '2020-01-02 10:00:00')"}, []),
            ({"filter": "deleted_at.isnull()"}, ALL),
            ({"filter": "deleted_at.equals(x)"}, []),
            ({"filter": "deleted_at.notequals(x)"}, ALL),
            ({"filter": "billing_type.equals(never)"}, []),
            ({"filter": "status.in()"}, []),
            ({"filter": "colour.equals(red)"}, errors.InvalidInputError),
            ({"filter": "metadata.contains(red)"}, errors.InvalidInputError),
            ({"filter": "name.equals('web-1)"}, errors.InvalidInputError),
            ({"filter": "name.almost(x)"}, errors.InvalidInputError),
            ({"filter": "vmem_size.ge(lots)"}, errors.InvalidInputError),
            ({"filter": "vmem_size.contains(5)"}, errors.InvalidInputError),
            ({"filter": "vmem_size.ge()"}, errors.InvalidInputError),
            ({"filter": "vmem_size.between(1)"}, errors.InvalidInputError),
            ({"filter": "name equals x"}, errors.InvalidInputError),
            ({"filter": ["name.equals(x)"] * 65}, errors.OutOfRangeError),
            ({"filter": f"name.in({','.join('x' * 3000)})"}, errors.OutOfRangeError),
            ({"filter": f"name.equals({'x' * 70_000})"}, errors.InvalidInputError),
            ({"@name": "web-1"}, ["web-1"]),
            ({"@name": ["web-1", "cache"]}, ["cache", "web-1"]),
            ({"@name__contains": "eb"}, ["web-1", "web-2"]),
            ({"@name__icontains": "EB"}, ["web-1", "web-2"]),
            ({"@name__startswith": "Ü"}, ["Über"]),
            ({"@name__endswith": ["%", "he"]}, ["50%", "cache"]),
            ({"@host_id__empty": "true", "search": "cache"}, []),
            ({"@host_id__null": "true"}, ["cache"]),
            ({"@host_id__null": "false", "name": "cache"}, []),
            ({"@vmem_size__gte": "3072"}, ["cache"]),
            ({"@colour": "red"}, errors.InvalidInputError),
            ({"@colour__contains": "red"}, errors.InvalidInputError),
            ({"name": "s0"}, ["web-1"]),
            ({"id": ["s0", "s5"]}, ["cache", "web-1"]),
            ({"status": "running", "vcpu_count": [1, 2]}, ["50%", "web-2"]),
            ({"status": ""}, ALL),
            ({"colour": "red", "no_such_parameter": ["x"]}, ALL),
            ({"vcpu_count": "many"}, errors.InvalidInputError),
            ({"search": "web"}, ["web-1", "web-2"]),
            ({"search": ["ÜBER", "Über", "%"]}, ["50%", "Über"]),
            ({"zone": "zone0"}, ["50%", "db'1", "web-1", "web-2", "Über"]),
            ({"zone_ids": ["zone0", "zone9"]}, ["50%", "db'1", "web-1", "web-2", "Über"]),
            ({"host": "h1"}, []),
            ({"deleted": "true"}, []),
            ({"show_emulated": "true"}, ALL),
            ({"joint_filter": "guestnetworks.guest_id(id).ip_addr.equals(10.1.0.3)"}, ["web-2"]),
            ({"joint_filter": ["guestnetworks.guest_id(id).ip_addr.startswith('10.')"] * 2}, ["web-2"]),
            (
                {
                    "joint_filter": [
                        "guestnetworks.guest_id(id).ip_addr.equals(10.1.0.3)",
                        "guestnetworks.guest_id(id).ip_addr.equals(10.9.9.9)",
                    ],
                    "filter_any": "true",
                },
                ["web-2"],
            ),
            ({"joint_filter": "nothings.guest_id(id).ip_addr.equals(x)"}, errors.ResourceNotFoundError),
            ({"joint_filter": "passwords.user_id(id).hash.startswith(a)"}, errors.ResourceNotFoundError),
            ({"joint_filter": "guestnetworks.colour(id).ip_addr.equals(x)"}, errors.InvalidInputError),
            ({"joint_filter": "guestnetworks.index(id).ip_addr.equals(x)"}, errors.InvalidInputError),
            ({"joint_filter": "guestnetworks.guest_id.ip_addr"}, errors.InvalidInputError),
        ],
    )
    def test_filters_choose(self, world: World, params: dict[str, Any], found: Any) -> None:
        if isinstance(found, list):
            assert world.names(params) == found
            return
        with pytest.raises(found):
            world.names(params)

    def test_a_filter_through_another_table_sees_only_what_the_caller_sees(self, world: World) -> None:
        """Eve's server is nobody else's business, even where two of its columns are known."""
        through = "servers.host_id(host_id).name.equals(theirs)"
        assert world.names({"joint_filter": through}) == []
        assert world.admin.list(
            "servers", {"joint_filter": "servers.id(id).name.equals(theirs)", "scope": "system"}
        ).total

    def test_what_the_caller_may_not_see_filters_nothing_in(self, world: World) -> None:
        """Members may not list hosts; administrators find servers by them, and by several."""
        asked = {"project": "bob", "order_by": "name", "order": "asc"}
        found = [[i["name"] for i in world.admin.list("servers", {**asked, **p}).items] for p in (
            {"host": "h1"}, {"host_ids": ["h1", "h2"]},
        )]  # fmt: skip
        assert found == [["db'1", "web-1", "Über"], ["50%", "db'1", "web-1", "web-2", "Über"]]

    def test_hidden_columns_tell_nothing(self, world: World) -> None:
        for params in (
            {"filter": "private_key.startswith(a)"}, {"@private_key__startswith": "a"}, {"order_by": "private_key"},
        ):  # fmt: skip
            with pytest.raises(errors.InvalidInputError):
                world.bob.list("keypairs", params)
        assert world.bob.list("keypairs", {"private_key": "x"}).total == world.bob.list("keypairs").total

    def test_how_filters_are_joined_is_read_without_filters_too(self, world: World) -> None:
        with pytest.raises(errors.InvalidInputError) as caught:
            world.bob.list("keypairs", {"filter_any": "0.3"})
        assert caught.value.field == "filter_any"

    def test_arguments_are_read_once_and_quickly(self) -> None:
        assert arguments('a,, b : \'c d\' "e:f" g"h') == ["a", "b", "c d", "e:f", 'g"h']
        assert arguments("") == []
        with pytest.raises(errors.InvalidInputError):
            arguments("'" + "\\'" * 30_000)


class TestTags:
    @pytest.mark.parametrize(
        ("params", "found"),
        [
            ({"tags": [{"key": "user:env", "value": "prod"}]}, ["50%", "web-2"]),
            ({"tags": [{"key": "user:env", "value": "prod"}, {"key": "user:env", "value": "test"}]},
             ["50%", "db'1", "web-1", "web-2"]),
            ({"tags": [{"key": "user:env", "value": "prod"}, {"key": "user:tier"}]}, ["web-2"]),
            ({"tags": [{"key": "user:env", "value": "___no_value__"}]}, ["cache", "Über"]),
            ({"no_tags": [{"key": "user:env"}]}, ["cache", "Über"]),
            ({"obj_tags": [[{"key": "user:env", "value": "prod"}], [{"key": "user:tier"}]]}, ["50%", "web-1", "web-2"]),
            ({"no_obj_tags": [[{"key": "user:env", "value": "prod"}], [{"key": "user:tier"}]]},
             ["cache", "db'1", "Über"]),
            ({"with_user_meta": "true"}, ["50%", "db'1", "web-1", "web-2"]),
            ({"with_user_meta": "false"}, ["cache", "Über"]),
            ({"without_user_meta": "true"}, ["cache", "Über"]),
            ({"with_cloud_meta": "true"}, []),
            ({"with_any_meta": "true"}, ["50%", "db'1", "web-1", "web-2"]),
            ({"with_meta": "true"}, ALL),
            ({"user_meta": {"env": "prod"}}, ["50%", "web-2"]),
            ({"project_tags": [[{"key": "user:site", "value": "west"}]]}, ALL),
            ({"no_project_tags": [[{"key": "user:site"}]]}, []),
            ({"domain_tags": [[{"key": "user:site"}]]}, []),
            ({"tags": [{"value": "x"}]}, errors.InvalidInputError),
            ({"tags": [{"key": "__own"}]}, errors.InvalidInputError),
            ({"obj_tags": [[{"key": "user:a"}]] * 33}, errors.OutOfRangeError),
            ({"project_organizations": [[{"key": "org:x"}]]}, errors.NotSupportedError),
        ],
    )  # fmt: skip
    def test_tags_choose(self, world: World, params: dict[str, Any], found: Any) -> None:
        if isinstance(found, list):
            assert world.names(params) == found
            return
        with pytest.raises(found):
            world.names(params)

    def test_rows_without_details_tell_their_tags_where_they_are_asked(self, world: World) -> None:
        for wanted, told in (("true", 4), ("false", 0)):
            page = world.bob.list("servers", {"details": "false", "with_meta": wanted})
            assert len([row for row in page.items if "metadata" in row]) == told

    def test_tags_in_use_are_counted(self, world: World) -> None:
        pairs = world.bob.property("servers", "tag-value-pairs")
        assert pairs == [
            {"key": "user:env", "value": "prod", "count": 2}, {"key": "user:env", "value": "test", "count": 2},
            {"key": "user:tier", "value": "front", "count": 2},
        ]  # fmt: skip
        keys = world.bob.property("servers", "tag-value-pairs", {"key_only": "true", "order_by_tag_key": "desc"})
        assert [(row["key"], row["count"]) for row in keys] == [("user:tier", 2), ("user:env", 4)]
        assert world.bob.property("servers", "tag-value-pairs", {"cloud_meta": "true"}) == []
        assert world.bob.property("servers", "project-tag-value-pairs") == [
            {"key": "user:site", "value": "west", "count": 6}
        ]
        tree = world.bob.property("servers", "tag-value-tree", {"key": ["user:tier", "user:env"]})
        assert tree["count"] == 6
        assert [(c["value"], c["count"]) for c in tree["children"]] == [("___no_value__", 4), ("front", 2)]
        assert [(c["value"], c["count"]) for c in tree["children"][1]["children"]] == [("prod", 1), ("test", 1)]


class TestRecycleBin:
    def test_what_is_recycled_is_listed_when_asked_for(self, world: World) -> None:
        assert world.names({"pending_delete": "true"}) == ["gone"]
        assert world.names({"pending_delete": "all"}) == sorted([*NAMES, "gone"])
        assert "gone" not in world.names({})

    def test_looking_into_it_is_a_permission(self, world: World) -> None:
        denied = {"compute": {"servers": {"list": {"pending_delete": "deny", "*": "allow"}, "get": "allow"}}}
        admin = world.admin
        admin.create("policies", {"name": "no-bin", "scope": "project", "blob": {"policy": denied}})
        admin.create("roles", {"name": "reader"})
        admin.perform("roles", "reader", "add-policy", {"policy_id": "no-bin"})
        admin.create("users", {"name": "ann", "password": SECRET})
        world.cloud.grant(admin, "bob", "users", "ann", "reader", remove=False)
        ann = world.cloud.login("ann", SECRET, project="bob")
        assert ann.list("servers").total == len(NAMES)
        with pytest.raises(errors.ForbiddenError):
            ann.list("servers", {"pending_delete": "all"})


class TestOrders:
    @pytest.mark.parametrize(
        ("params", "found"),
        [
            ({"order_by": "name", "order": "asc"}, ["50%", "cache", "db'1", "web-1", "web-2", "Über"]),
            ({"order_by": "name"}, ["Über", "web-2", "web-1", "db'1", "cache", "50%"]),
            ({"order_by": ["vcpu_count", "name"], "order": "asc"},
             ["50%", "web-1", "web-2", "Über", "cache", "db'1"]),
            ({"order_by": "host", "order": "asc", "filter": "name.contains(web)"}, ["web-1", "web-2"]),
            ({"order_by_host": "desc", "order_by": "name", "order": "asc"},
             ["50%", "cache", "db'1", "web-1", "web-2", "Über"]),
            ({"order_by_host": "asc", "filter": "name.in(web-1,web-2,cache)", "order": "asc"},
             ["cache", "web-1", "web-2"]),
            ({"order_by_tag": "user:env", "order": "asc", "filter": "name.in(web-1,web-2,cache)"},
             ["cache", "web-2", "web-1"]),
            ({"order_by_tag": "user:env", "filter": "name.in(web-1,web-2,cache)"}, ["web-1", "web-2", "cache"]),
            ({"order_by_no_such_thing": "asc", "order_by": "name", "order": "asc", "filter": "name.contains(web)"},
             ["web-1", "web-2"]),
            ({"order_by": "colour"}, errors.InvalidInputError),
            ({"order_by": "metadata"}, errors.InvalidInputError),
            ({"order_by": "id; DROP TABLE servers"}, errors.InvalidInputError),
            ({"order_by_tag": [f"user:{i}" for i in range(9)]}, errors.InvalidInputError),
        ],
    )  # fmt: skip
    def test_lists_come_in_the_wanted_order(self, world: World, params: dict[str, Any], found: Any) -> None:
        if isinstance(found, list):
            assert [item["name"] for item in world.bob.list("servers", params).items] == found
            return
        with pytest.raises(found):
            world.bob.list("servers", params)

    def test_types_are_sorted_by_what_they_hold(self, world: World) -> None:
        listed = world.admin.list("hosts", {"order_by_server_count": "desc"}).items
        assert [(item["name"], item["guests"]) for item in listed] == [("h1", 3), ("h2", 2)]
        assert [i["name"] for i in world.admin.list("hosts", {"order_by": "server_count", "order": "asc"}).items] == [
            "h2", "h1",
        ]  # fmt: skip


class TestMarkers:
    @pytest.mark.parametrize(
        "params",
        [
            {}, {"order": "asc"}, {"order_by": "name", "order": "asc"}, {"order_by": ["vcpu_count", "status"]},
            {"order_by": "host_id", "order": "asc"}, {"order_by": "created_at"}, {"order_by_host": "desc"},
            {"order_by_tag": "user:env"}, {"order_by": "zone", "order": "asc"},
        ],
    )  # fmt: skip
    def test_pages_by_marker_are_the_whole_list(self, world: World, params: dict[str, Any]) -> None:
        whole = [item["id"] for item in world.bob.list("servers", params).items]
        found: list[str] = []
        marker = ""
        while True:
            page = world.bob.list("servers", {**params, "limit": 2, "paging_marker": marker})
            assert page.marker_field
            assert page.marker_order in ("ASC", "DESC")
            assert page.total == 0
            found += [item["id"] for item in page.items]
            marker = page.next_marker
            if not marker:
                break
        assert found == whole
        assert len(found) == len(NAMES)

    def test_counted_orders_have_markers_too(self, world: World) -> None:
        first = world.admin.list("hosts", {"order_by_server_count": "desc", "limit": 1, "paging_marker": ""})
        after = {"order_by_server_count": "desc", "limit": 1, "paging_marker": first.next_marker}
        second = world.admin.list("hosts", after)
        assert [first.items[0]["name"], second.items[0]["name"], second.next_marker] == ["h1", "h2", ""]

    def test_a_page_follows_its_marker_when_the_row_is_gone(self, world: World) -> None:
        for name in ("m1", "m2", "m3"):
            world.bob.create("secgroups", {"name": name})
        order = {"order_by": "name", "order": "asc", "limit": 1, "filter": "name.startswith(m)"}
        first = world.bob.list("secgroups", {**order, "paging_marker": ""})
        world.bob.delete("secgroups", "m1")
        second = world.bob.list("secgroups", {**order, "paging_marker": first.next_marker})
        assert [item["name"] for item in second.items] == ["m2"]

    def test_markers_of_others_are_refused(self, world: World) -> None:
        marker = world.bob.list("servers", {"limit": 1, "paging_marker": ""}).next_marker
        for params in (
            {"order_by": "name", "paging_marker": marker}, {"paging_marker": "x"}, {"paging_marker": marker[:-3]},
            {"paging_marker": "é"}, {"paging_marker": "[" * 3000}, {"paging_marker": marker * 600},
            {"paging_marker": "W10"}, {"paging_marker": "bnVsbA"},
        ):  # fmt: skip
            with pytest.raises(errors.InvalidInputError) as caught:
                world.bob.list("servers", params)
            assert caught.value.field == "paging_marker"


class TestAnswers:
    def test_an_export_is_text_that_no_spreadsheet_computes(self, world: World) -> None:
        world.bob.create("secgroups", {"name": "calc", "description": "=HYPERLINK(1)"})
        world.bob.create("secgroups", {"name": "plus", "description": "+1"})
        (row,) = world.bob.list(
            "secgroups", {"export_keys": "name,description,is_public,nothing", "name": "calc"}
        ).items
        assert row == {"name": "calc", "description": "'=HYPERLINK(1)", "is_public": "false", "nothing": ""}
        exported = world.bob.list("secgroups", {"export": "true", "export_limit": 1})
        assert len(exported.items) == 1
        assert all(isinstance(value, str) for value in exported.items[0].values())

    def test_totals_add_up_the_whole_list(self, world: World) -> None:
        listing = world.bob.list("servers", {"summary_stats": "true", "limit": 1, "status": "running"})
        assert listing.totals is not None
        assert (listing.totals["vmem_size"], listing.totals["vcpu_count"]) == (512 * (2 + 4 + 6), 2 + 1 + 3)
        assert world.bob.list("servers", {"summary_stats": "false"}).totals is None

    def test_distinct_values_are_those_of_the_list(self, world: World) -> None:
        asked = {"field": ["status", "description"], "extra_field": ["host", "project"]}
        assert world.bob.property("servers", "distinct-field", asked) == {
            "status": ["ready", "running"], "description": [], "host": ["h1", "h2"], "project": ["bob"],
        }  # fmt: skip
        assert world.bob.property("servers", "distinct-field", {"field": "zone", "search": "web"}) == {
            "zone": ["zone0"]
        }
        combined = {"field": ["status", "vcpu_count"], "extra_resource": "host", "extra_field": "name", "search": "web"}
        assert world.bob.property("servers", "distinct-fields", combined) == {
            "fields": [{"status": "ready", "vcpu_count": 1}, {"status": "running", "vcpu_count": 2}],
            "extra_fields": [{"name": "h1"}, {"name": "h2"}],
        }
        for params in ({"field": "colour"}, {"field": "metadata"}, {"field": [f"f{i}" for i in range(17)]}):
            with pytest.raises(errors.InvalidInputError):
                world.bob.property("servers", "distinct-field", params)
        with pytest.raises(errors.InvalidInputError):
            world.bob.property("servers", "distinct-fields", {"extra_resource": "colour", "extra_field": "x"})

    def test_distinct_values_of_others_are_those_that_details_show(self, world: World) -> None:
        asked = {"extra_resource": "host", "extra_field": ["name", "access_mac"], "search": "web"}
        assert (
            len(world.admin.property("servers", "distinct-fields", {**asked, "scope": "system"})["extra_fields"]) == 2
        )
        with pytest.raises(errors.ForbiddenError):
            world.bob.property("servers", "distinct-fields", asked)

    def test_statistics_count_by_status_and_owner(self, world: World) -> None:
        found = world.bob.property("servers", "statistics", {"pending_delete": "all"})
        assert found["status_info"] == [
            {"status": "ready", "total_count": 4, "pending_deleted_count": 1},
            {"status": "running", "total_count": 3, "pending_deleted_count": 0},
        ]
        found = world.admin.property("servers", "statistics", {"host": "h1", "project": "bob"})
        assert (found["total_cpu_count"], found["total_mem_size_mb"], found["total_disk_size_mb"]) == (
            1 + 3 + 2, 512 * (1 + 3 + 5), 0,
        )  # fmt: skip
        by_project = world.admin.property("servers", "project-statistics", {"scope": "system"})
        assert [(row["name"], row["count"]) for row in by_project] == [("bob", 6), ("eve", 1)]
        by_domain = world.admin.property("servers", "domain-statistics", {"scope": "system"})
        assert [(row["name"], row["count"]) for row in by_domain] == [("Default", 7)]
        with pytest.raises(errors.SpecNotFoundError):
            world.admin.property("hosts", "project-statistics")

    def test_reasons_come_without_details_when_asked_for(self, world: World) -> None:
        (plain,) = world.bob.list("servers", {"name": "cache", "details": False}).items
        (reasoned,) = world.bob.list("servers", {"name": "cache", "details": False, "show_fail_reason": "true"}).items
        assert "can_delete" not in plain
        assert reasoned["can_delete"] is False
        assert reasoned["delete_fail_reason"]["class"] == "InvalidStatusError"


class TestDeclarations:
    """What each type declares beside its columns can be asked on every engine."""

    @pytest.mark.parametrize("resource", [r for r in TYPES if r.filters], ids=lambda r: r.plural)
    def test_every_parameter_runs(self, world: World, resource: Any) -> None:
        whole = world.admin.list(resource.plural, {"scope": "system"}).total
        for one in resource.filters:
            if not one.truth:
                asked = {"scope": "system", one.name: FORMS.get(one.name, "10.1.0.3"), "details": False}
                refused = contextlib.nullcontext() if one.offered else pytest.raises(errors.NotSupportedError)
                with refused:
                    world.admin.list(resource.plural, asked)
                continue
            parts = [
                world.admin.list(resource.plural, {"scope": "system", one.name: value}).total
                for value in ("true", "false")
            ]
            assert (parts[1] if one.one_sided else sum(parts)) == whole, one.name

    @pytest.mark.parametrize("resource", [r for r in TYPES if r.orders], ids=lambda r: r.plural)
    def test_every_sort_key_runs_with_markers(self, world: World, resource: Any) -> None:
        for word, _ in resource.orders:
            for direction in ("asc", "desc"):
                asked = {"scope": "system", f"order_by_{word}": direction, "details": False}
                whole = [item["id"] for item in world.admin.list(resource.plural, asked).items]
                half = {**asked, "limit": max(len(whole) - 1, 1)}
                first = world.admin.list(resource.plural, {**half, "paging_marker": ""})
                second = world.admin.list(resource.plural, {**half, "paging_marker": first.next_marker})
                found = [item["id"] for page in (first, second) for item in page.items]
                assert found == (whole if len(whole) > 1 else whole * 2), word

    def test_servers_are_found_by_their_cards_and_hosts(self, world: World) -> None:
        assert world.names({"ip_addr": "10.1.0.3"}) == ["web-2"]
        assert world.names({"ip_match": "1.0.3"}) == ["web-2"]
        assert world.names({"with_host": "false"}) == ["cache"]
        assert world.names({"gpu": "true"}) == []
        assert world.names({"server_type": "normal", "search": "web"}) == ["web-1", "web-2"]
        assert world.names({"eip_associable": ""}) == ["web-2"]

    def test_networks_are_found_by_an_address(self, world: World) -> None:
        assert world.names({"ip": "10.1.0.7"}, "networks") == ["net1"]
        assert world.names({"ip": "10.1.1.7"}, "networks") == []
        with pytest.raises(errors.InvalidInputError):
            world.names({"ip": "ten"}, "networks")

    def test_hosts_are_found_by_their_cards_and_by_being_empty(self, world: World) -> None:
        asked = {"order_by": "name", "order": "asc"}
        found = world.admin.list("hosts", {**asked, "any_mac": "00:22:00:00:00:02"}).items
        assert [item["name"] for item in found] == ["h2"]
        assert world.admin.list("hosts", {"is_empty": "true"}).total == 0
