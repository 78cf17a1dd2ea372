"""For each flow: how its world is made, and which public operation starts it. A new flow adds its line to `SCENARIOS`.

A flow whose steps depend on its input has several lines: `<flow>/<what is different>`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from tests.simulation.cloud import CALLER, IMAGE_BYTES, IMAGE_URL, Cloud, server_body

from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM, Query
from cloudcore.operations.draining import drain
from cloudcore.operations.host_leases import lease_of, revoke
from cloudcore.operations.run import writing
from cloudcore.operations.session import CoreSession
from cloudcore.ports.session import Session
from cloudcore.resources.image.image import IMAGES
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.storage.cachedimage import CACHEDIMAGES, Cachedimage
from cloudcore.resources.storage.storagecachedimage import CACHE_LIFECYCLE, STORAGECACHEDIMAGES, Storagecachedimage
from cloudcore.tasks.task import TASKS, new_task


@attrs.frozen(kw_only=True)
class Scenario:
    """One flow's world.

    prepare: brings about what must be there before; answers the id of the object, if it exists by then.
    start: the operation that begins the flow; answers the object's id.
    takes_back: whether a failure leaves the world as it was before; otherwise the failed object stays where the flow got
        to, and `again` ends what was begun.
    again: what a user does after a failure; None: the same operation.
    recycle_s: of the deployment. leases: whether its hosts have leases and a storage together.
    """

    plural: str
    prepare: Callable[[Cloud], str]
    start: Callable[[Cloud, str], str]
    takes_back: bool = True
    again: Callable[[Cloud, str], str] | None = None
    recycle_s: int = 0
    leases: bool = False


def flow_of(name: str) -> str:
    """The flow that a scenario is of."""
    return name.partition("/")[0]


def session(cloud: Cloud) -> Session:
    """A client; of a cloud that has clients of its own, one of those."""
    made: Callable[[Session], Session] = getattr(cloud, "client", lambda plain: plain)
    return made(CoreSession(cloud.platform, CALLER))


def _nothing(_cloud: Cloud) -> str:
    return ""


def _create_server(cloud: Cloud, _ident: str = "") -> str:
    return str(session(cloud).create("servers", server_body("web", auto_start=True))["id"])


def _server(cloud: Cloud, *, on: bool) -> str:
    ident = str(session(cloud).create("servers", server_body("web", auto_start=on))["id"])
    cloud.settle()
    return ident


def _server_with_data(cloud: Cloud) -> str:
    disks = [{"image_id": "i1", "size": 1024}, {"size": 64, "format": "raw"}, {"image_id": "i1", "size": 2048}]
    ident = str(session(cloud).create("servers", server_body("web", disks=disks))["id"])
    cloud.settle()
    return ident


def _server_on_its_own_host(cloud: Cloud, *, on: bool) -> str:
    disks = [{"image_id": "i1", "size": 1024}, {"size": 64, "format": "raw"}]
    local = [{**disk, "storage_id": "s-h1"} for disk in disks]
    body = server_body("web", disks=local, prefer_host="h1", auto_start=on)
    ident = str(session(cloud).create("servers", body)["id"])
    cloud.settle()
    return ident


def _server_of_a_dead_host(cloud: Cloud) -> str:
    disks = [{"image_id": "i1", "size": 1024, "storage_id": "s-shared"}]
    body = server_body("web", disks=disks, auto_start=True, prefer_host="h1")
    ident = str(session(cloud).create("servers", body)["id"])
    cloud.settle()
    cloud.hosts.partition("h1")
    cloud.machines["h1"].fence()
    with cloud.platform.uow.read() as tx:
        turn = lease_of(tx, "h1").turn
    assert revoke(cloud.platform, "h1", turn)
    cloud.machines["h1"].drop([ident])
    cloud.machines["h2"].renewed(1e9)
    return ident


def _server_to_move(cloud: Cloud, *, on: bool) -> str:
    disks = [{"image_id": "i1", "size": 1024, "storage_id": "s-shared"}]
    body = server_body("web", disks=disks, auto_start=on, prefer_host="h1")
    ident = str(session(cloud).create("servers", body)["id"])
    cloud.settle()
    return ident


def _server_to_be_switched_off(cloud: Cloud) -> str:
    """One that is on, on hosts that don't take running ones."""

    def shut(tx: Any) -> None:
        for host in tx.of(HOSTS, PLATFORM).find(Query()):
            tx.of(HOSTS, PLATFORM).save(evolve(host, migrate_uri=""), action="register")

    writing(cloud.platform, CALLER, shut)
    return _server_to_move(cloud, on=True)


def _drained(cloud: Cloud, ident: str) -> str:
    host = cloud.row("servers", ident).host_id
    session(cloud).perform("hosts", host, "drain", {"force": True})
    assert drain(cloud.platform) == [ident]
    session(cloud).perform("hosts", host, "unmaintenance")
    return ident


def _server_with_more(cloud: Cloud) -> str:
    body = server_body("web", disks=[{"image_id": "i1", "size": 1024}, {"size": 64}], auto_start=True)
    ident = str(session(cloud).create("servers", body)["id"])
    cloud.settle()
    return ident


def _iso(cloud: Cloud) -> None:
    def another(tx: Any) -> None:
        image = tx.of(IMAGES, PLATFORM).get("i1")
        changed = evolve(image, id="iso", name="iso", disk_format="iso", store_key="images/iso", update_version=0)
        tx.of(IMAGES, PLATFORM).add(changed)

    writing(cloud.platform, CALLER, another)


def _server_and_iso(cloud: Cloud) -> str:
    _iso(cloud)
    return _server(cloud, on=True)


def _server_with_iso(cloud: Cloud) -> str:
    ident = _server_and_iso(cloud)
    session(cloud).perform("servers", ident, "insertiso", {"image_id": "iso"})
    cloud.settle()
    return ident


def _nothing_but_an_iso(cloud: Cloud) -> str:
    _iso(cloud)
    return ""


def _create_from_iso(cloud: Cloud, _ident: str = "") -> str:
    body = server_body("web", disks=[{"size": 64}], cdrom="iso", auto_start=True)
    return str(session(cloud).create("servers", body)["id"])


def _server_with_device(cloud: Cloud) -> str:
    for number in range(2):
        body = {"name": f"d{number}", "host_id": "h1", "dev_type": "USB", "model": "key", "addr": f"1:{number}"}
        session(cloud).create("isolated_devices", {**body, "hot_pluggable": True})
    body = server_body("web", isolated_devices=[{"id": "d0"}], auto_start=True)
    ident = str(session(cloud).create("servers", body)["id"])
    cloud.settle()
    return ident


def _suspended(cloud: Cloud) -> str:
    ident = _server(cloud, on=True)
    session(cloud).perform("servers", ident, "suspend", {})
    cloud.settle()
    return ident


def _disk(cloud: Cloud) -> str:
    ident = _create_disk(cloud)
    cloud.settle()
    return ident


def _server_and_disk(cloud: Cloud) -> str:
    _disk(cloud)
    return _server(cloud, on=True)


def _attach(cloud: Cloud, ident: str) -> str:
    return _perform("attachdisk", disk_id="data")(cloud, ident)


def _detach(cloud: Cloud, ident: str) -> str:
    second = next(link for link in cloud.rows("guestdisks") if link.guest_id == ident and link.index == 1)
    return _perform("detachdisk", disk_id=second.disk_id, keep_disk=True)(cloud, ident)


def _resize(cloud: Cloud, ident: str) -> str:
    first = next(link for link in cloud.rows("guestdisks") if link.guest_id == ident and link.index == 0)
    return _perform("resize-disk", disk_id=first.disk_id, size="2g")(cloud, ident)


def _create_disk(cloud: Cloud, _ident: str = "") -> str:
    return str(session(cloud).create("disks", {"name": "data", "size": 1024, "image_id": "i1"})["id"])


def _upload(cloud: Cloud, _ident: str = "") -> str:
    image = {"name": "fresh", "disk_format": "raw", "protected": False}
    return str(session(cloud).upload(None, image, [IMAGE_BYTES])["id"])


def _image(cloud: Cloud) -> str:
    ident = _upload(cloud)
    cloud.settle()
    return ident


def _import(cloud: Cloud, _ident: str = "") -> str:
    image = {"name": "fetched", "disk_format": "raw", "protected": False, "copy_from": IMAGE_URL}
    return str(session(cloud).create("images", image)["id"])


def _convert(cloud: Cloud, _ident: str = "") -> str:
    session(cloud).perform("images", "i1", "convert", {"format": "qcow2"})
    return str(cloud.rows("subimages")[0].id)


def _delete(plural: str) -> Callable[[Cloud, str], str]:
    return lambda cloud, ident: str(session(cloud).delete(plural, ident)["id"])


def _perform(action: str, **body: Any) -> Callable[[Cloud, str], str]:
    return lambda cloud, ident: str(session(cloud).perform("servers", ident, action, body)["id"])


def _snapshot(cloud: Cloud) -> str:
    _server(cloud, on=True)
    ident = _create_snapshot(cloud)
    cloud.settle()
    return ident


def _two_snapshots(cloud: Cloud) -> str:
    first = _snapshot(cloud)
    session(cloud).create("snapshots", {"name": "after", "disk_id": session(cloud).get("snapshots", first)["disk_id"]})
    cloud.settle()
    return str(session(cloud).get("snapshots", "after")["id"])


def _instance_snapshot_and_another(cloud: Cloud) -> str:
    ident = _instance_snapshot(cloud, on=True)
    _create_snapshot(cloud)
    cloud.settle()
    return ident


def _delete_beside_another(cloud: Cloud, ident: str) -> str:
    session(cloud).delete("snapshots", "before")
    return str(session(cloud).delete("instance_snapshots", ident)["id"])


def _delete_both_snapshots(cloud: Cloud, ident: str) -> str:
    session(cloud).delete("snapshots", "before")
    return str(session(cloud).delete("snapshots", ident)["id"])


def _create_snapshot(cloud: Cloud, _ident: str = "") -> str:
    disk = session(cloud).list("disks", {"disk_type": "sys"}).items[0]["id"]
    return str(session(cloud).create("snapshots", {"name": "before", "disk_id": disk})["id"])


def _snapshot_disk(cloud: Cloud) -> str:
    _snapshot(cloud)
    session(cloud).perform("servers", "web", "stop", {"is_force": True})
    cloud.settle()
    return str(session(cloud).get("snapshots", "before")["disk_id"])


def _create_instance_snapshot(cloud: Cloud, _ident: str = "") -> str:
    return str(session(cloud).perform("servers", "web", "instance-snapshot", {"name": "whole"})["instance_snapshot_id"])


def _instance_snapshot(cloud: Cloud, *, on: bool) -> str:
    _server(cloud, on=on)
    ident = _create_instance_snapshot(cloud)
    cloud.settle()
    return ident


def _reset_disk(cloud: Cloud, ident: str) -> str:
    body = {"snapshot_id": "before", "auto_start": True}
    return str(session(cloud).perform("disks", ident, "disk-reset", body)["id"])


def _source(cloud: Cloud) -> str:
    session(cloud).create("snapshots", {"name": "before", "disk_id": _disk(cloud)})
    cloud.settle()
    return ""


def _create_twin(cloud: Cloud, _ident: str = "") -> str:
    disks = [{"image_id": "i1", "size": 1024}, {"snapshot_id": "before"}]
    return str(session(cloud).create("servers", server_body("twin", disks=disks, auto_start=True))["id"])


def _save_image(cloud: Cloud, _ident: str = "") -> str:
    return str(session(cloud).perform("servers", "web", "save-image", {"name": "saved"})["image_id"])


def _cache_row(cloud: Cloud) -> str:
    def work(tx: Any) -> str:
        image = Cachedimage(id="i1", name="image", domain_id="d1", tenant_id="p1")
        tx.of(CACHEDIMAGES, PLATFORM).add(image)
        row = Storagecachedimage(id="sc1", storagecache_id="c-h1", cachedimage_id="i1")
        return str(tx.of(STORAGECACHEDIMAGES, PLATFORM).add(row).id)

    return writing(cloud.platform, CALLER, work)


def _cache(cloud: Cloud, ident: str) -> str:
    def work(tx: Any) -> str:
        row = tx.of(STORAGECACHEDIMAGES, PLATFORM).get(ident)
        transition = CACHE_LIFECYCLE.start("cache-image", row.status)
        row = tx.of(STORAGECACHEDIMAGES, PLATFORM).save(evolve(row, status=str(transition.through[0])))
        task = new_task(
            ident=tx.new_id(),
            flow=transition.flow,
            flow_version=1,
            subject=row,
            obj_type=STORAGECACHEDIMAGES.singular,
            params={"host_id": "h1", "storage_id": "s-h1"},
            actor=CALLER.actor(),
            request_id=CALLER.request_id,
            now=tx.now,
        )
        tx.of(TASKS, PLATFORM).add(task)
        return ident

    return writing(cloud.platform, CALLER, work)


def _cached(cloud: Cloud) -> str:
    session(cloud).perform("storagecaches", "c-h1", "cache-image", {"image": "i1"})
    cloud.settle()
    return str(cloud.rows("storagecachedimages")[0].id)


def _uncache(cloud: Cloud, ident: str) -> str:
    session(cloud).perform("storagecaches", "c-h1", "uncache-image", {"image": "i1"})
    return ident


def _waiting_notice(cloud: Cloud) -> str:
    told = session(cloud).notifying("https://example.com/hook", "t-1")
    ident = str(told.create("disks", {"name": "data", "size": 1024})["id"])
    cloud.notifier.deaf.add("https://example.com/hook")
    cloud.settle()
    cloud.notifier.deaf.clear()
    return str(next(row.id for row in cloud.rows("tasknotices") if row.obj_id == ident))


def _tell(cloud: Cloud, ident: str) -> str:
    session(cloud).perform("tasknotices", ident, "tell")
    return ident


def _probe_image(cloud: Cloud, ident: str) -> str:
    return str(session(cloud).perform("images", ident, "probe")["id"])


SCENARIOS: dict[str, Scenario] = {
    "image-probe": Scenario(plural="images", prepare=_image, start=_probe_image),
    "task-notify": Scenario(plural="tasknotices", prepare=_waiting_notice, start=_tell, takes_back=False),
    "server-create": Scenario(plural="servers", prepare=_source, start=_create_twin, again=_delete("servers")),
    "server-create/cdrom": Scenario(
        plural="servers",
        prepare=_nothing_but_an_iso,
        start=_create_from_iso,
        takes_back=False,
        again=_delete("servers"),
    ),
    "server-start": Scenario(plural="servers", prepare=lambda cloud: _server(cloud, on=False), start=_perform("start")),
    "server-start/saved": Scenario(plural="servers", prepare=_suspended, start=_perform("start")),
    "server-stop": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_perform("stop"),
        takes_back=False,
    ),
    "server-syncstatus": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_perform("syncstatus"),
        takes_back=False,
    ),
    "server-restart": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_perform("restart"),
        again=_perform("restart", is_force=True),
        takes_back=False,
    ),
    "server-reset": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_perform("reset"),
        again=_perform("reset", is_hard=True),
    ),
    "server-reset/hard": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_perform("reset", is_hard=True),
        again=_perform("restart", is_force=True),
        takes_back=False,
    ),
    "server-suspend": Scenario(
        plural="servers", prepare=lambda cloud: _server(cloud, on=True), start=_perform("suspend")
    ),
    "server-resume": Scenario(plural="servers", prepare=_suspended, start=_perform("resume")),
    "server-sync": Scenario(plural="servers", prepare=lambda cloud: _server(cloud, on=True), start=_perform("sync")),
    "server-delete": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_delete("servers"),
        takes_back=False,
    ),
    "server-attach-disk": Scenario(plural="servers", prepare=_server_and_disk, start=_attach),
    "server-create-disk": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_perform("createdisk", disks=[{"size": 512}, {"image_id": "i1", "size": 256}]),
    ),
    "server-detach-disk": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_detach,
    ),
    "server-resize-disk": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_resize,
    ),
    "server-set-queues": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_perform("set-network-num-queues", num_queues=4),
    ),
    "server-change-storage": Scenario(
        plural="servers",
        prepare=lambda cloud: _server_on_its_own_host(cloud, on=False),
        start=_perform("change-storage", target_storage_id="s-shared"),
        leases=True,
    ),
    "server-change-storage/live": Scenario(
        plural="servers",
        prepare=lambda cloud: _server_on_its_own_host(cloud, on=True),
        start=_perform("change-storage", target_storage_id="s-shared"),
        leases=True,
    ),
    "disk-resize": Scenario(
        plural="disks",
        prepare=_disk,
        start=lambda cloud, ident: str(session(cloud).perform("disks", ident, "resize", {"size": 2048})["id"]),
    ),
    "server-attach-network": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_perform("attachnetwork", nets=[{"network": "n1"}, "n1:10.99.1.77"]),
    ),
    "server-detach-network": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_perform("detachnetwork", index=0, reserve=True),
    ),
    "server-change-address": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_perform("change-ipaddr", index=0, net_desc="10.99.1.78"),
    ),
    "server-change-bandwidth": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_perform("change-bandwidth", index=0, bandwidth=100),
    ),
    "server-change-medium": Scenario(
        plural="servers",
        prepare=_server_and_iso,
        start=_perform("insertiso", image_id="iso", boot_index=0),
    ),
    "server-change-medium/out": Scenario(
        plural="servers",
        prepare=_server_with_iso,
        start=_perform("ejectiso"),
    ),
    "server-set-devices": Scenario(
        plural="servers",
        prepare=_server_with_device,
        start=_perform("set-isolated-device", add_devices=["d1"], del_devices=["d0"]),
    ),
    "server-io-throttle": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_perform("io-throttle", bps={"0": 1 << 20}, iops=500),
    ),
    "server-deploy": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=False),
        start=_perform("deploy", reset_password=True, auto_start=True),
        takes_back=False,
    ),
    "server-set-password": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_perform("set-password", password="Right-horse-42"),
    ),
    "server-rebuild-root": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=False),
        start=_perform("rebuild-root", image_id="i1", auto_start=True),
        takes_back=False,
    ),
    "server-rebuild-root/all": Scenario(
        plural="servers",
        prepare=_server_with_data,
        start=_perform("rebuild-root", image_id="i1", all_disks=True),
        takes_back=False,
    ),
    "server-migrate": Scenario(
        plural="servers",
        prepare=_server_of_a_dead_host,
        start=_perform("migrate", rescue_mode=True),
        takes_back=False,
        again=_perform("start"),
        leases=True,
    ),
    "server-move": Scenario(
        plural="servers",
        prepare=lambda cloud: _server_to_move(cloud, on=False),
        start=_perform("migrate"),
        leases=True,
    ),
    "server-move/running": Scenario(
        plural="servers",
        prepare=_server_to_be_switched_off,
        start=_drained,
        leases=True,
    ),
    "server-live-migrate": Scenario(
        plural="servers",
        prepare=lambda cloud: _server_to_move(cloud, on=True),
        start=_perform("live-migrate"),
        leases=True,
    ),
    "server-live-migrate/drained": Scenario(
        plural="servers",
        prepare=lambda cloud: _server_to_move(cloud, on=True),
        start=_drained,
        leases=True,
    ),
    "server-recycle": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_delete("servers"),
        takes_back=False,
        recycle_s=60,
    ),
    "server-change-config/running": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_perform("change-config", vcpu_count=2, vmem_size=1024, disks=[{"size": 2048}, {}, {"size": 512}]),
    ),
    "server-change-config": Scenario(
        plural="servers",
        prepare=lambda cloud: _server(cloud, on=True),
        start=_perform(
            "change-config",
            vcpu_count=2,
            vmem_size=256,
            disks=[{"size": 2048}, {}, {"image_id": "i1", "size": 512}],
            force_stop=True,
            auto_start=True,
        ),
    ),
    "disk-create": Scenario(plural="disks", prepare=_nothing, start=_create_disk, again=_delete("disks")),
    "disk-delete": Scenario(plural="disks", prepare=_disk, start=_delete("disks"), takes_back=False),
    "disk-reset": Scenario(plural="disks", prepare=_snapshot_disk, start=_reset_disk),
    "snapshot-create": Scenario(
        plural="snapshots",
        prepare=lambda cloud: _server(cloud, on=True) and "",
        start=_create_snapshot,
        again=_delete("snapshots"),
    ),
    "snapshot-delete": Scenario(plural="snapshots", prepare=_snapshot, start=_delete("snapshots"), takes_back=False),
    "snapshot-delete/queued": Scenario(
        plural="snapshots",
        prepare=_two_snapshots,
        start=_delete_both_snapshots,
        takes_back=False,
        again=_delete("snapshots"),
    ),
    "instance-snapshot-create": Scenario(
        plural="instance_snapshots",
        prepare=lambda cloud: _server(cloud, on=True) and "",
        start=_create_instance_snapshot,
        again=_delete("instance_snapshots"),
    ),
    "instance-snapshot-delete": Scenario(
        plural="instance_snapshots",
        prepare=lambda cloud: _instance_snapshot(cloud, on=True),
        start=_delete("instance_snapshots"),
        takes_back=False,
    ),
    "instance-snapshot-delete/queued": Scenario(
        plural="instance_snapshots",
        prepare=_instance_snapshot_and_another,
        start=_delete_beside_another,
        takes_back=False,
        again=_delete("instance_snapshots"),
    ),
    "instance-snapshot-reset": Scenario(
        plural="servers",
        prepare=lambda cloud: _instance_snapshot(cloud, on=False) and session(cloud).get("servers", "web")["id"],
        start=_perform("instance-snapshot-reset", instance_snapshot="whole", auto_start=True),
        takes_back=False,
    ),
    "image-upload": Scenario(plural="images", prepare=_nothing, start=_upload, again=_delete("images")),
    "image-save": Scenario(
        plural="images",
        prepare=lambda cloud: _server(cloud, on=True) and "",
        start=_save_image,
        again=_delete("images"),
    ),
    "guest-image-save": Scenario(
        plural="guestimages",
        prepare=lambda cloud: _server_with_more(cloud) and "",
        start=lambda cloud, _ident: str(
            session(cloud).perform("servers", "web", "save-guest-image", {"name": "whole"})["guest_image_id"]
        ),
        takes_back=False,
        again=_delete("guestimages"),
    ),
    "image-delete": Scenario(plural="images", prepare=_image, start=_delete("images"), takes_back=False),
    "image-import": Scenario(plural="images", prepare=_nothing, start=_import, again=_delete("images")),
    "image-convert": Scenario(plural="subimages", prepare=_nothing, start=_convert),
    "image-uncache": Scenario(plural="storagecachedimages", prepare=_cached, start=_uncache, takes_back=False),
    "image-cache": Scenario(plural="storagecachedimages", prepare=_cache_row, start=_cache),
}


def _on_nodes(prepare: Callable[[Cloud], str]) -> Callable[[Cloud], str]:
    """The same on hosts of two NUMA nodes that keep their servers on nodes."""

    def prepared(cloud: Cloud) -> str:
        def keep(tx: Any) -> None:
            for host in tx.of(HOSTS, PLATFORM).find():
                half, size = host.cpu_count // 2, host.mem_size // 2
                nodes = [
                    {"node_id": n, "cpus": list(range(n * half, n * half + half)), "mem_size_mb": size} for n in (0, 1)
                ]
                tx.of(HOSTS, PLATFORM).save(evolve(host, topology=nodes, enable_numa_allocate=True))

        writing(cloud.platform, CALLER, keep)
        ident = prepare(cloud)
        assert all(server.cpu_numa_pin for server in cloud.rows("servers"))
        return ident

    return prepared


_WITH_NODES = (
    *("server-create", "server-delete", "server-change-config", "server-migrate", "server-move/running"),
    *("server-live-migrate", "server-recycle"),
)
SCENARIOS.update(
    {
        f"{name.replace('/', '/nodes-') if '/' in name else f'{name}/nodes'}": attrs.evolve(
            SCENARIOS[name], prepare=_on_nodes(SCENARIOS[name].prepare)
        )
        for name in _WITH_NODES
    }
)
