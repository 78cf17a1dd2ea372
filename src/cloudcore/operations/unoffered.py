"""What the wire lets a caller say of a new or changed thing and nothing here follows: each is refused by its name.

Servers have a table of their own, see `cloudcore.operations.servers.unsupported`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cloudcore.model.errors import NotSupportedError
from cloudcore.model.json import JsonMapping

_PROVIDERS = "users come from identity alone: there are no other providers"
_ORGANISATIONS = "organisations are not offered; limit the policy by tags (domain_tags, project_tags, object_tags)"
_ENCRYPTION = "encrypted images are not available"
_CLOUDS = "there are no accounts of other clouds"
_IPV4 = "networks have IPv4 addresses only"
_CERTIFICATES = "certificates of services are given to them where they are started"

KEYS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "users": {"idp_id": _PROVIDERS, "idp_entity_id": _PROVIDERS},
        "images": {"encrypt_key_id": _ENCRYPTION},
        "guestimages": {"encrypt_key_id": _ENCRYPTION},
        "disks": {
            **dict.fromkeys(("prefer_manager", "prefer_manager_id"), _CLOUDS),
            **dict.fromkeys(("encrypt_key_id", "encrypt_key_new"), "encrypted disks are not available"),
        },
        "networks": {"guest_ip6_prefix": _IPV4},
        "policies": {"org_node_id": _ORGANISATIONS},
        "endpoints": {"service_certificate": _CERTIFICATES, "service_certificate_id": _CERTIFICATES},
    }
)
"""By plural and key, why. A policy that was limited otherwise, or not at all, would allow more than was asked for."""
_SAYS_NOTHING: tuple[Any, ...] = (None, "", [], {})


def check_offered(plural: str, body: JsonMapping) -> None:
    """Refuse what nothing here follows; what says nothing is passed over.

    Raises:
        NotSupportedError: names the field.
    """
    for key, why in KEYS.get(plural, {}).items():
        if body.get(key) not in _SAYS_NOTHING:
            raise NotSupportedError(f"{key}: {why}", field=key)
