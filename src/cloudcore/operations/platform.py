"""What operations need of the deployment; built once by an app or an embedding product."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import attrs

from cloudcore.auth.passwords import DEFAULT_LOCK, DEFAULT_RULES, LockRules, PasswordRules
from cloudcore.model.remote import Network
from cloudcore.model.resource import Resource
from cloudcore.operations.kept_columns import KeptColumns
from cloudcore.operations.policies import PolicySource
from cloudcore.ports.clock import Clock
from cloudcore.ports.directory import Directory
from cloudcore.ports.guest import Guests
from cloudcore.ports.ids import IdSource
from cloudcore.ports.image_store import ImageStore
from cloudcore.ports.key_generator import KeyPairGenerator
from cloudcore.ports.password_hasher import PasswordHasher
from cloudcore.ports.token_signer import TokenSigner, TokenVerifier
from cloudcore.ports.unit_of_work import UnitOfWork
from cloudcore.resources.placement import Placement
from cloudcore.tasks.flow import Flow


@attrs.frozen(kw_only=True)
class Settings:
    """Numbers and names of a deployment.

    base_url: where clients reach it; catalogue URLs start with it.
    token_lifetime_s: seconds until a token expires.
    cpu_overcommit, memory_overcommit, storage_overcommit: for hosts and storages that set none themselves.
    placement: how servers are laid upon hosts of which neither a tag nor the zone says it: `spread` or `pack`.
    recycle_s: how long deleted servers and disks stay in the recycle bin, in seconds; 0: there is none.
    password_rules, lock_rules: what new passwords must be like, and when wrong ones lock.
    image_formats: what every fresh image is converted to, besides qcow2 for those that no host starts from.
    process: the name of this process among those that run the deployment together.
    image_import: whether images can be fetched from URLs; whoever performs effects needs remote files then.
    notify_networks: networks, besides the public ones, in which callers may have themselves told of the ends of tasks;
        None: nobody is told. Whoever performs effects needs a notifier then.
    """

    deployment: str
    region: str = "region0"
    base_url: str = "http://127.0.0.1:30300"
    token_lifetime_s: int = 86_400
    cpu_overcommit: float = 8.0
    memory_overcommit: float = 1.0
    storage_overcommit: float = 1.0
    placement: str = Placement.SPREAD
    recycle_s: int = 0
    password_rules: PasswordRules = DEFAULT_RULES
    lock_rules: LockRules = DEFAULT_LOCK
    image_formats: tuple[str, ...] = ()
    image_import: bool = False
    notify_networks: tuple[Network, ...] | None = None
    process: str = ""


def _no_wait(_attempt: int) -> None:
    return None


def _no_wake(_task: str) -> None:
    return None


def _no_guests(_host: str) -> Guests | None:
    return None


def _no_peers() -> Collection[str]:
    return ()


@attrs.frozen(kw_only=True)
class Platform:
    """The driven ports, the registries and the settings that operations work with.

    directory: identity's answers about names, grants and policies.
    backoff: called with the number of the try (from 1) before an operation runs again on contention; an app sleeps in
        it, bounded and jittered.
    wake: called with a task's id after the commit that began it.
    columns: what this process keeps of the inventory.
    guests: who answers questions to the guests of a host, by its id; None where nobody does.
    peers: the addresses of the other processes of the deployment: endpoints of the catalogue that lead to one of them
        are answered as leading here.
    notes_refusals: whether the scheduler's refusals are kept, each in a unit of its own.
    """

    uow: UnitOfWork
    clock: Clock
    ids: IdSource
    directory: Directory
    policies: PolicySource
    hasher: PasswordHasher
    signer: TokenSigner
    verifier: TokenVerifier
    key_generator: KeyPairGenerator
    image_store: ImageStore
    flows: Mapping[str, Flow]
    resources: tuple[Resource[Any], ...]
    settings: Settings
    backoff: Callable[[int], None] = _no_wait
    wake: Callable[[str], None] = _no_wake
    columns: KeptColumns = attrs.field(factory=KeptColumns)
    guests: Callable[[str], Guests | None] = _no_guests
    peers: Callable[[], Collection[str]] = _no_peers
    notes_refusals: bool = True

    @property
    def types(self) -> Mapping[str, Resource[Any]]:
        """The resource types by plural."""
        return _by_plural(self.resources)

    def resource(self, plural: str) -> Resource[Any] | None:
        """The type of that plural."""
        return self.types.get(plural)


@cache
def _by_plural(resources: tuple[Resource[Any], ...]) -> Mapping[str, Resource[Any]]:
    return MappingProxyType({r.plural: r for r in resources})
