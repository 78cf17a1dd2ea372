"""Bound policies: a document at a scope, and for whom, from where and when it holds."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

import attrs

from cloudcore.auth.documents import PolicyDocument
from cloudcore.auth.scopes import WIDEST_FIRST, Scope
from cloudcore.auth.shapes import as_list, as_object, as_text
from cloudcore.model.errors import InvalidFormatError, MissingParameterError
from cloudcore.model.json import Json

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Tag: TypeAlias = tuple[str, str]
TagSet: TypeAlias = tuple[Tag, ...]

MAX_NETWORKS = 64
MAX_TAGS = 64


@attrs.frozen(kw_only=True)
class TagLimits:
    """What an allowing policy is limited to.

    Each field is a list of tag sets: one set has to match whole, any of the sets is enough, no set at all is no limit.
    Within a set different keys must all match and several values of one key are alternatives; an empty value asks that
    the key be there. All three fields must be satisfied by the same policy.
    """

    domain_tags: tuple[TagSet, ...] = ()
    project_tags: tuple[TagSet, ...] = ()
    object_tags: tuple[TagSet, ...] = ()

    @property
    def unlimited(self) -> bool:
        """Whether everything satisfies these limits."""
        return not (self.domain_tags or self.project_tags or self.object_tags)

    def admits(
        self, *, domain_tags: Mapping[str, str], project_tags: Mapping[str, str], object_tags: Mapping[str, str]
    ) -> bool:
        """Whether an object with these tags, in a project and a domain with these tags, is within the limits."""
        return (
            _any_set(self.domain_tags, domain_tags)
            and _any_set(self.project_tags, project_tags)
            and _any_set(self.object_tags, object_tags)
        )


NO_LIMITS = TagLimits()


@attrs.frozen(kw_only=True)
class BoundPolicy:
    """A policy as one role (in one project) has it.

    scope: SYSTEM, DOMAIN or PROJECT; USER is for the built-in policies alone.
    role_id, project_id: empty for any.
    for_guests: whether it also holds for callers who have not proved who they are.
    networks: the caller's address must be in one of them; empty for anywhere.
    valid_since, valid_until: aware UTC; holds from the first, up to but not at the second; None for no bound.
    """

    name: str
    scope: Scope
    document: PolicyDocument
    policy_id: str = ""
    role_id: str = ""
    project_id: str = ""
    for_guests: bool = False
    networks: tuple[Network, ...] = ()
    valid_since: datetime | None = None
    valid_until: datetime | None = None
    limits: TagLimits = NO_LIMITS


def active(
    bindings: Iterable[BoundPolicy],
    *,
    role_ids: Sequence[str],
    project_id: str,
    ip: str,
    now: datetime,
    guest: bool = False,
) -> tuple[BoundPolicy, ...]:
    """The bindings that hold for a caller with these roles in this project, from this address, at this moment.

    ip: empty or unreadable if it is not known; bindings limited to networks then do not hold.
    """
    address = _address(ip)
    return tuple(
        binding
        for binding in bindings
        if (binding.for_guests or not guest)
        and (not binding.role_id or (not guest and binding.role_id in role_ids))
        and (not binding.project_id or binding.project_id == project_id)
        and (binding.valid_since is None or binding.valid_since <= now)
        and (binding.valid_until is None or now < binding.valid_until)
        and (not binding.networks or _within(address, binding.networks))
    )


def policy_names(bindings: Iterable[BoundPolicy]) -> dict[str, list[str]]:
    """Scope → sorted names, as token and policy replies list them."""
    names: dict[str, set[str]] = {scope.value: set() for scope in WIDEST_FIRST if scope is not Scope.USER}
    for binding in bindings:
        names.setdefault(binding.scope.value, set()).add(binding.name)
    return {scope: sorted(found) for scope, found in names.items()}


def parse_networks(value: Json, *, field: str = "ips") -> tuple[Network, ...]:
    """Read a list of addresses and CIDR ranges; host bits are ignored; text is split at commas.

    Raises:
        InvalidFormatError: one of them is neither an address nor a range.
        OutOfRangeError: there are more than `MAX_NETWORKS`.
    """
    items: Json = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
    networks: list[Network] = []
    for position, item in enumerate(as_list(items, field, limit=MAX_NETWORKS)):
        where = f"{field}.{position}"
        try:
            networks.append(ipaddress.ip_network(as_text(item, where, limit=64), strict=False))
        except ValueError as e:
            raise InvalidFormatError(f"{where} is not an address range such as 10.0.0.0/8", field=where) from e
    return tuple(networks)


def parse_tag_sets(value: Json, *, field: str) -> tuple[TagSet, ...]:
    """Read a list of tag sets, `[[{"key": "user:env", "value": "prod"}]]`; one bare set counts as a list of one.

    Raises:
        InvalidFormatError: the shape is another.
        MissingParameterError: a tag has no key.
        OutOfRangeError: there are more than `MAX_TAGS` sets, or tags in a set.
    """
    rows = as_list(value, field, limit=MAX_TAGS)
    if rows and isinstance(rows[0], dict):
        rows = [rows]
    return tuple(_tag_set(row, f"{field}.{position}") for position, row in enumerate(rows))


def _tag_set(value: Json, field: str) -> TagSet:
    tags: list[Tag] = []
    for position, item in enumerate(as_list(value, field, limit=MAX_TAGS)):
        where = f"{field}.{position}"
        tag = as_object(item, where)
        key = as_text(tag.get("key"), f"{where}.key")
        if not key:
            raise MissingParameterError(f"{where}.key is missing", field=f"{where}.key")
        tags.append((key, as_text(tag.get("value"), f"{where}.value")))
    if not tags:
        raise MissingParameterError(f"{field} has no tags: it would match everything", field=field)
    return tuple(tags)


def _any_set(sets: tuple[TagSet, ...], tags: Mapping[str, str]) -> bool:
    return not sets or any(_whole_set(wanted, tags) for wanted in sets)


def _whole_set(wanted: TagSet, tags: Mapping[str, str]) -> bool:
    return all(
        any(other == key and key in tags and value in ("", tags[key]) for other, value in wanted) for key, _ in wanted
    )


def _address(ip: str) -> Address | None:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _within(address: Address | None, networks: tuple[Network, ...]) -> bool:
    return address is not None and any(address in network for network in networks)
