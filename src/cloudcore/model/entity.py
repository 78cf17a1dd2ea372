"""The ownership ladder: what every resource of a kind has.

    Entity → Named → DomainOwned → ProjectOwned
                   → UserOwned
    and mixed in where they apply: Statused, Enabled, Sharable, External, DeleteProtected, Billed

Entities are frozen; a change is `attrs.evolve` and a save. They are dict-based so that several of these can be joined,
and so that a row becomes an entity without running an initialiser.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar, dataclass_transform

import attrs

from cloudcore.model.json import JsonObject
from cloudcore.model.spec import Level, OnDelete, Ref, Show, Spec
from cloudcore.model.units import Unit

T = TypeVar("T")
N = TypeVar("N", bound="Entity")


@dataclass_transform(kw_only_default=True, frozen_default=True, eq_default=False, field_specifiers=(attrs.field,))
def entity(cls: type[T]) -> type[T]:
    """Make an entity class: frozen, keyword-only, compared by identity."""
    return attrs.frozen(kw_only=True, slots=False, eq=False)(cls)


def evolve(old: N, **changes: Any) -> N:
    """A copy with other values; names are checked by the type's repository, not here."""
    new: N = object.__new__(type(old))
    new.__dict__.update(old.__dict__, **changes)
    return new


def from_row(kind: type[N], values: Mapping[str, Any]) -> N:
    """An entity from a complete set of values, without running its initialiser."""
    new: N = object.__new__(kind)
    new.__dict__.update(values)
    return new


@entity
class Entity:
    """Anything that is stored."""

    id: Annotated[str, Spec("Unique id", width=128, search=True)]
    created_at: Annotated[datetime | None, Spec("When it was made")] = None
    updated_at: Annotated[datetime | None, Spec("When it was last changed")] = None
    update_version: Annotated[int, Spec("Number of changes so far")] = 0


@entity
class Named(Entity):
    """Anything that people call by a name."""

    name: Annotated[str, Spec("Name", create=True, update=True, width=128, search=True, index=True)]
    description: Annotated[str, Spec("Free text", create=True, update=True, width=1024, multiline=True)] = ""
    metadata: Annotated[JsonObject, Spec("Tags: prefixed key to text", show=Show.DETAIL)] = attrs.field(
        factory=dict[str, Any]
    )


@entity
class DomainOwned(Named):
    """Owned by a domain."""

    domain_id: Annotated[str, Spec("Owning domain", width=64, index=True), Ref("domains", context=False)]
    domain_src: Annotated[str, Spec("Whether we or the cloud decided the domain", width=10)] = "local"


@entity
class ProjectOwned(Named):
    """Owned by a project of a domain."""

    domain_id: Annotated[str, Spec("Domain of the owning project", width=64, index=True), Ref("domains", context=False)]
    tenant_id: Annotated[str, Spec("Owning project", width=64, index=True), Ref("projects", context=False)]
    project_src: Annotated[str, Spec("Whether we or the cloud decided the project", width=10)] = "local"
    is_system: Annotated[bool, Spec("Made for the platform itself, hidden by default")] = False
    freezed: Annotated[bool, Spec("Refuses every change until unfrozen")] = False
    pending_deleted: Annotated[bool, Spec("In the recycle bin")] = False
    pending_deleted_at: Annotated[datetime | None, Spec("When it went to the recycle bin")] = None


@entity
class UserOwned(Named):
    """Owned by one user."""

    owner_id: Annotated[
        str, Spec("Owning user", width=64, index=True), Ref("users", on_delete=OnDelete.CASCADE, context=False)
    ]


@entity
class Sharable:
    """Can be shown to projects and domains that do not own it."""

    is_public: Annotated[bool, Spec("Shared at all")] = False
    public_scope: Annotated[
        str, Spec("Shared with whom", width=16, choices=("none", "project", "domain", "system"))
    ] = "none"
    public_src: Annotated[str, Spec("Whether we or the cloud decided the sharing", width=10)] = "local"


@entity
class Statused:
    """Has a status from its type's lifecycle table."""

    status: Annotated[str, Spec("Status, see the type's lifecycle", width=36, index=True)] = "init"
    status_reason: Annotated[
        str, Spec("Why it has this status, where that needs saying", width=1024, multiline=True)
    ] = ""
    progress: Annotated[float, Spec("Progress of what is under way", unit=Unit.PERCENT, volatile=True)] = 0.0


@entity
class Enabled:
    """Can be switched off by an administrator."""

    enabled: Annotated[bool, Spec("Switched on", create=True)] = True


@entity
class DeleteProtected:
    """Refuses to be deleted while the flag is up."""

    disable_delete: Annotated[bool, Spec("Refuse deletion", create=True, update=True)] = True


@entity
class External:
    """Mirrors something that a cloud or another system owns."""

    external_id: Annotated[str, Spec("Its id over there", width=256, index=True)] = ""
    source: Annotated[str, Spec("Where it came from", width=10)] = ""


@entity
class Billed:
    """Is paid for by use or in advance."""

    billing_type: Annotated[str, Spec("How it is paid for", create=True, width=36, choices=("postpaid", "prepaid"))] = (
        "postpaid"
    )
    billing_cycle: Annotated[str, Spec("Prepaid term, such as 1M", width=10)] = ""
    expired_at: Annotated[datetime | None, Spec("When the prepaid term ends")] = None
    release_at: Annotated[datetime | None, Spec("When it is to be released")] = None
    auto_renew: Annotated[bool, Spec("Renew the term when it ends")] = False


def level_of(kind: type[Entity]) -> Level:
    """The natural scope of an entity class by its place on the ladder."""
    if issubclass(kind, ProjectOwned):
        return Level.PROJECT
    if issubclass(kind, DomainOwned):
        return Level.DOMAIN
    return Level.USER if issubclass(kind, UserOwned) else Level.SYSTEM
