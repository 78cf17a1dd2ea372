"""The whole cloud in one process: this is where adapters meet the core.

`build` opens everything in order, and closes what it has opened, in reverse, when a later part fails:
data folder, keys, database, platform, hosts, threads, address.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from socket import gethostname
from types import TracebackType

import attrs
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from cloudcore.cloud import TYPES
from cloudcore.model.effects import Effect
from cloudcore.model.host import Found
from cloudcore.model.json import JsonObject
from cloudcore.operations.hosts import register_host, sync_power
from cloudcore.operations.identity.directory import LocalDirectory
from cloudcore.operations.kept_columns import KeptColumns
from cloudcore.operations.platform import Platform
from cloudcore.operations.platform import Settings as CoreSettings
from cloudcore.operations.policies import PolicyCache
from cloudcore.operations.seed import ADMIN, seed
from cloudcore.ports.effects import EffectPort
from cloudcore.ports.guest import Guests
from cloudcore.ports.image_store import ImageStore
from cloudcore.ports.unit_of_work import UnitOfWork
from cloudcore.resources.identity.domain import DEFAULT_DOMAIN
from cloudcore.resources.identity.project import SYSTEM_PROJECT
from cloudcore.tasks.flows import FLOWS
from cloudcore_adapters.crypto.live_ring import LiveRing
from cloudcore_adapters.crypto.sealing import AesGcmSealer, held, load_or_create_master_key, new_data_key
from cloudcore_adapters.crypto.sshkeys import SshKeyGenerator
from cloudcore_adapters.files import FileImageStore
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.rest.app import Application, Ready, build_app
from cloudcore_adapters.rest.server import BackgroundServer, WebSockets
from cloudcore_adapters.rest.serving import Limits
from cloudcore_adapters.sql import SqlUnitOfWork, open_engine
from cloudcore_apps.adoption import guest_states, unknown_things
from cloudcore_apps.chores import open_runner
from cloudcore_apps.console import ConsoleAccess, ConsoleDoor
from cloudcore_apps.data_folder import DataFolder
from cloudcore_apps.effects import EffectRouter
from cloudcore_apps.greeting import Greeting, text_of
from cloudcore_apps.hasher import LazyHasher
from cloudcore_apps.hosts import LocalHost, open_hosts
from cloudcore_apps.image_work import open_image_work
from cloudcore_apps.leases import host_clock, keep_lease, lay_down
from cloudcore_apps.logs import set_up
from cloudcore_apps.measuring import MeasuredEffects, Measures, MetricsDoor, fresh_key
from cloudcore_apps.member import Member, owner_name
from cloudcore_apps.notices import open_notices
from cloudcore_apps.pacing import back_off
from cloudcore_apps.power import watch_power
from cloudcore_apps.runner import Runner
from cloudcore_apps.schema import bring_to_head, held_alone
from cloudcore_apps.served import ServedCloud
from cloudcore_apps.settings import Settings, check, is_wildcard
from cloudcore_apps.signing import KEY_BYTES, UrlSigner

GRACE_S = 2
BUSY_S = 20.0
"""How long a deletion waits for what is under way; clients wait longer for an answer."""

_log = logging.getLogger("cloudcore")


@attrs.define(kw_only=True)
class Running:
    """A cloud that runs in this process; leaving it as a context ends it, cleanly and within seconds."""

    settings: Settings
    folder: DataFolder
    url: str
    cloud: ServedCloud
    hosts: Sequence[LocalHost]
    runner: Runner
    unknown: Sequence[Found]
    greeted: Greeting
    _open: ExitStack

    def greeting(self) -> str:
        """What to tell whoever started it."""
        return text_of(self.greeted)

    def close(self) -> None:
        """End it; guests go on."""
        self._open.close()

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _Later:
    """An application that is not known yet when its address is taken."""

    app: Application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    def quick(self, scope: Scope) -> Ready | None:
        return self.app.quick(scope)


def _unit_as_is(uow: UnitOfWork) -> UnitOfWork:
    return uow


def _effects_as_is(effects: EffectPort) -> EffectPort:
    return effects


@attrs.frozen(kw_only=True)
class Around:
    """What a program puts around the two ports that everything durable goes through, such as its own metrics."""

    uow: Callable[[UnitOfWork], UnitOfWork] = _unit_as_is
    effects: Callable[[EffectPort], EffectPort] = _effects_as_is


def build(settings: Settings, around: Around | None = None) -> Running:
    """Start a cloud as the settings say; it serves when this returns.

    Raises:
        ConflictError: another process runs on the data folder.
        InvalidInputError: the settings are wrong.
        BackendError: a part of it cannot be started; `internal` says more.
    """
    check(settings)
    set_up(settings.log_level, settings.log_format)
    with ExitStack() as stack:
        folder = stack.enter_context(DataFolder(settings.data, settings.shared))
        # Of several processes that start on one database, one after the other makes what is missing.
        with folder.alone():
            running = _build(settings, folder, stack, around or Around())
        running._open = stack.pop_all()  # noqa: SLF001 - handed over
        return running


def _build(settings: Settings, folder: DataFolder, stack: ExitStack, around: Around) -> Running:
    clock, ids = SystemClock(), SystemIds()
    deployment = folder.deployment(ids.new_id())
    door = _Later()
    server = _server(settings, door)
    stack.callback(server.stop)
    base_url, near_url = _addresses(settings, server)
    urls = UrlSigner(folder.secret("url-key", ids.random_bytes(KEY_BYTES)), clock, near_url)
    measures = Measures()
    uow = around.uow(_open_database(settings, folder, stack, measures))
    wake = _Wake()
    store = FileImageStore(folder.shared / "images")
    stack.callback(store.close)
    owner = owner_name(ids.new_id())
    member = Member(uow, owner, deployment, folder)
    platform = _platform(settings, folder, uow, store, deployment=deployment, base_url=base_url, wake=wake, owner=owner)
    platform = attrs.evolve(platform, peers=member.peers)
    platform = attrs.evolve(platform, backoff=measures.pausing(platform.backoff))
    password, is_fresh = folder.admin_password()
    member.look_round()
    seed(platform, password)
    cloud = ServedCloud(platform, urls)
    hosts = open_hosts(settings, folder, clock, deployment, wake.hear, stack, cloud.take_image)
    effects = EffectRouter(urls.url, cloud.user_data_of, urls.upload_url, cloud.password_of)
    common = _common(settings, folder, cloud, store, wake, stack)
    for target, port in common.items():
        effects.add(target, port)
    ids_of_hosts = _register(platform, hosts, effects, wake.guests, stack)
    unknown = unknown_things(uow, deployment, ids_of_hosts)
    member.start(base_url, list(ids_of_hosts), platform.backoff, alone=settings.is_alone)
    stack.callback(member.stop)
    measured = MeasuredEffects(around.effects(effects), measures)
    runner = open_runner(cloud, measured, owner, ids_of_hosts, measures, everywhere=list(common))
    stack.callback(uow.listen(runner.told))
    access = ConsoleAccess(
        platform=platform, caller_of=cloud.caller_of, hosts={i: h.consoles for i, h in ids_of_hosts.items()}
    )
    metrics = MetricsDoor(measures, folder.secret("metrics-key", fresh_key(ids)).decode("ascii").strip())
    door.app = _app(cloud, base_url, [ConsoleDoor(access).route(), metrics.route()], measures)
    runner.start()
    stack.callback(runner.stop)
    wake.runner = runner
    watch_power(platform, ids_of_hosts, stack)
    server.start()
    stack.callback(server.stop)  # before all that its requests need
    _write_local(folder, settings, near_url, password, platform.settings.region)
    greeted = _greeted(folder, base_url, hosts, unknown, password if is_fresh else "")
    folder.note(_note(settings, greeted))
    return Running(
        settings=settings,
        folder=folder,
        url=base_url,
        cloud=cloud,
        hosts=hosts,
        runner=runner,
        unknown=unknown,
        greeted=greeted,
        open=stack,
    )


def _common(
    settings: Settings, folder: DataFolder, cloud: ServedCloud, store: FileImageStore, wake: _Wake, stack: ExitStack
) -> dict[str, EffectPort]:
    """Who performs what every process reaches, by target."""
    images = open_image_work(settings, folder, store, cloud.image_source_of, wake.hear, _defect_of_effect, stack)
    return {**images, **open_notices(settings, folder, cloud.notice_of, wake.hear, stack)}


def _greeted(
    folder: DataFolder, url: str, hosts: Sequence[LocalHost], unknown: Sequence[Found], password: str
) -> Greeting:
    return Greeting(
        url=url,
        hypervisor=hosts[0].described if hosts else "none here",
        hosts=len(hosts),
        data=folder.path,
        secrets=folder.shared,
        password=password,
        unknown=tuple(f"{f.kind} {f.ident}" for f in unknown),
    )


def _app(cloud: ServedCloud, base_url: str, routes: Sequence[BaseRoute], measures: Measures) -> Application:
    return build_app(
        cloud,
        limits=Limits(busy_seconds=BUSY_S),
        public_url=base_url,
        open_signed=cloud.open_signed,
        store_signed=cloud.store_signed,
        extra_routes=routes,
        observe=measures.request,
    )


def _server(settings: Settings, door: ASGIApp) -> BackgroundServer:
    websockets: WebSockets = "wsproto" if find_spec("wsproto") is not None else "none"
    return BackgroundServer(
        door,
        settings.host,
        settings.port,
        certificate=settings.certificate,
        key=settings.key,
        websockets=websockets,
        grace_s=GRACE_S,
    )


def _addresses(settings: Settings, server: BackgroundServer) -> tuple[str, str]:
    """Where clients reach it, and where this machine does: an address that means all of them can be asked at none."""
    near = far = server.url
    if is_wildcard(settings.host):
        near = f"{settings.scheme}://127.0.0.1:{server.port}"
        far = f"{settings.scheme}://{gethostname()}:{server.port}"
    far = settings.public_url or far
    # A certificate is for the name by which clients know it.
    return far, far if settings.certificate else near


class _Wake:
    """Hands what was committed and what has ended to the runner, once there is one."""

    runner: Runner | None = None

    def __init__(self) -> None:
        """guests: who answers questions to guests, by host, once the hosts are known."""
        self.guests: dict[str, Guests] = {}

    def __call__(self, task_id: str) -> None:
        if self.runner is not None:
            self.runner.wake(task_id)

    def hear(self, key: str) -> None:
        """An effect has ended."""
        if self.runner is not None:
            self.runner.hear(key)


def _open_database(settings: Settings, folder: DataFolder, stack: ExitStack, measures: Measures) -> SqlUnitOfWork:
    if settings.is_alone:
        stack.callback(held_alone(settings.database_url).close)
    master = load_or_create_master_key(folder.shared / "master-key")
    wrapped = folder.secret("data-key", new_data_key(master).encode() + b"\n").decode("ascii").split()
    engine = open_engine(settings.database_url)
    stack.callback(engine.dispose)
    bring_to_head(engine)
    uow = SqlUnitOfWork(
        engine, TYPES, SystemIds(), clock=SystemClock(), sealer=AesGcmSealer(master, held(master, wrapped))
    )
    stack.callback(uow.close)
    measures.watch_storage(uow, engine)
    return uow


def _platform(
    settings: Settings,
    folder: DataFolder,
    uow: UnitOfWork,
    store: ImageStore,
    *,
    deployment: str,
    base_url: str,
    wake: _Wake,
    owner: str,
) -> Platform:
    clock, directory = SystemClock(), LocalDirectory(uow)
    ring = LiveRing(folder.shared / "signing-keys", clock)
    return Platform(
        uow=uow,
        clock=clock,
        ids=SystemIds(),
        directory=directory,
        policies=PolicyCache(directory, clock),
        hasher=LazyHasher(),
        signer=ring,
        verifier=ring,
        key_generator=SshKeyGenerator(),
        image_store=store,
        flows=FLOWS,
        resources=TYPES,
        settings=CoreSettings(
            deployment=deployment,
            base_url=base_url,
            image_formats=settings.image_formats,
            image_import=True,
            notify_networks=tuple(map(ipaddress.ip_network, settings.notify_networks)),
            recycle_s=settings.recycle_s,
            placement=settings.placement,
            process=owner,
        ),
        backoff=back_off,
        wake=wake,
        columns=KeptColumns(threading.Lock()),
        guests=wake.guests.get,
    )


def _register(
    platform: Platform, hosts: Sequence[LocalHost], effects: EffectRouter, guests: dict[str, Guests], stack: ExitStack
) -> dict[str, LocalHost]:
    """Register the hosts, by id, get their leases, and bring their servers' power states up to date."""
    found: dict[str, LocalHost] = {}
    for host in hosts:
        host_id = register_host(platform, host.facts)
        effects.add(f"host:{host_id}", host.effects)
        guests[host_id] = host.guests
        found[host_id] = host
        if host.stand_down is not None:
            stack.callback(lay_down, platform, host_id, host.stand_down)
        keep_lease(platform, host_id, host.agent, host_clock)
        sync_power(platform, host_id, guest_states(platform.uow, host_id, host.found))
    return found


def _write_local(folder: DataFolder, settings: Settings, url: str, password: str, region: str) -> None:
    local: JsonObject = {
        "auth_url": f"{url}/identity/v3",
        "username": ADMIN,
        "password": password,
        "project": SYSTEM_PROJECT,
        "user_domain": DEFAULT_DOMAIN,
        "project_domain": DEFAULT_DOMAIN,
        "region": region,
    }
    if settings.certificate:
        local["ca_file"] = settings.certificate
    folder.write_local(local)


def _note(settings: Settings, greeted: Greeting) -> JsonObject:
    return {
        "url": greeted.url,
        "hypervisor": greeted.hypervisor,
        "hosts": greeted.hosts,
        "database": settings.database_kind,
        "unknown": list(greeted.unknown[:100]),
    }


def _defect_of_effect(effect: Effect, error: Exception) -> None:
    _log.error("a defect in %s of %s", effect.kind, effect.resource, exc_info=error)
