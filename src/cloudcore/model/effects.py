"""Effects: what the core asks of the world, as data.

An effect is submitted under a key and asked for by that key later (`cloudcore.ports.effects`).
Performing one twice is the same as performing it once: performers ensure a state.
Formats are versioned by `Effect.version`; a kind's arguments only ever grow.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs

from cloudcore.model.json import JsonObject


@attrs.frozen(kw_only=True)
class Mark:
    """What everything made outside carries, so that we remove only what is ours."""

    deployment: str
    resource: str
    fence: int


@attrs.frozen(kw_only=True)
class Effect:
    """One change of the outside world.

    kind: one of the names in `KINDS`.
    target: who performs it, `<family>:<id>`, such as `host:<host id>` or `image:store`.
    resource: the id of the record that it is about; performers serialise by it.
    args: as documented beside the kind in `KINDS`; secrets are references, never values.
    request_id: the request that it goes back to, for logs; it changes nothing of what is done.
    """

    kind: str
    target: str
    resource: str
    args: JsonObject = attrs.field(factory=dict[str, Any])
    version: int = 1
    request_id: str = ""


@attrs.frozen
class Running:
    """The effect is under way; progress is in percent."""

    progress: float = 0.0


@attrs.frozen
class Done:
    """The effect has taken place; the result is as documented beside its kind."""

    result: JsonObject = attrs.field(factory=dict[str, Any])


@attrs.frozen
class Failed:
    """The effect did not take place and left nothing behind that its undo does not remove.

    error: safe to show to the owner of the resource.
    transient: the same effect may succeed if it is tried again.
    newer_fence: it was refused for its fence alone, and this is the newest one that was seen; 0 otherwise.
    """

    error: str
    transient: bool = False
    newer_fence: int = 0


def outdated(fence: int, newest: int) -> Failed:
    """What becomes of an effect whose fence is older than one that was seen for its resource."""
    return Failed(f"fence {fence} is older than {newest}", newer_fence=newest)


@attrs.frozen
class Unknown:
    """The performer has never journalled this key; submitting it (again) is safe."""


Outcome: TypeAlias = Running | Done | Failed | Unknown

KINDS: dict[str, str] = {
    # Volumes of a host. storage: id of the storage record; path: its folder on the host.
    "image-cache": "image_id, format, size (bytes), checksum (sha256), url, storage_path -> path, size",
    "image-uncache": "image_id, storage_path -> {}",
    # A volume with a `source` is a copy of that snapshot and depends on nothing; without a snapshot_id it is a copy of the
    # volume as it is, which no guest may be using.
    "volume-create": "volume_id, storage_path, format, size_mib, backing_image_id|null, source|null, mark -> path, size_mib",
    "volume-resize": "volume_id, storage_path, format, size_mib, guest_id|null (whose guest has it) -> size_mib; only grows",
    "volume-delete": "volume_id, storage_path -> {} (bytes go to the trash folder first)",
    # Snapshots lie inside their volumes, under their ids. guest_id: the guest that may be using the volumes; `volumes` and
    # `source` are {snapshot_id, volume_id, storage_path, format}.
    "snapshot-create": "volumes (of one guest, all at one moment), guest_id|null -> {}",
    "snapshot-delete": "volumes, guest_id|null -> {}",
    "volume-revert": "snapshot_id, volume_id, storage_path, format, size_mib -> {}; refused while a guest uses the volume",
    # url: where the image store takes the bytes; size in bytes, checksum is MD5.
    "volume-save": "image_id, snapshot_id, volume_id, storage_path, format, url -> format, size, checksum, sha256",
    # Guests of a host. `desc` is a guest description as in cloudcore.model.guest.
    "guest-create": "desc -> power_state (off)",
    "guest-start": "guest_id, desc -> power_state (on)",
    "guest-stop": "guest_id, force, timeout_s -> power_state (off)",
    "guest-reset": "guest_id -> power_state (on); the reset button, for a guest that is on",
    # Where there is nothing to save or to resume, these two change nothing and give the state as it is.
    "guest-suspend": "guest_id -> power_state (saved: off, with its memory kept on the host)",
    "guest-resume": "guest_id -> power_state (on, where its memory was when it was saved)",
    "guest-set-password": "guest_id, account, password (opened on the way to the host) -> {}; by the guest's agent",
    "guest-probe": "guest_id -> power_state (on, off, saved, paused, crashed or missing); changes nothing",
    "guest-sync": "guest_id, desc -> power_state, pending (what waits for the next start: vcpus, memory, cdrom, bandwidth, queues)",
    # The volume is there, and is overwritten; what the guest used before stays as it was at some moment.
    "guest-move-disk": "guest_id, volume_id, storage_path (where the guest is to have the volume), format -> {}",
    # uri: the way to the host that it goes to, which has the guest as `guest-create` makes it. Where nothing runs here this
    # changes nothing, and gives the state as it is there.
    "guest-migrate": "guest_id, uri, max_mib_s (0: no bound), hurry (finish with a pause that is longer) -> "
    "power_state (on: it runs there, and is off here)",
    "guest-delete": "guest_id, desc -> {} (domain, seed, DHCP reservation; volumes have effects of their own)",
    # People outside. delivery_id: the same for every try.
    "task-notify": "notice_id, delivery_id -> {}",
    # Images of the image store.
    "image-probe": "image_id, staged_key, declared_format -> format, size, virtual_size, fast_hash, label",
    "image-promote": "image_id, staged_key, key -> key",
    "image-delete": "keys -> {}",
    "image-digest": "image_id, key -> size, checksum (md5), sha256",
    "image-fetch": "image_id, staged_key, max_bytes, expected (md5, sha256 or empty) -> size, checksum (md5), sha256",
    "image-convert": "image_id, key, format, virtual_size, target_key, target_format -> "
    "key, size, virtual_size, checksum (md5), sha256, fast_hash",
}
