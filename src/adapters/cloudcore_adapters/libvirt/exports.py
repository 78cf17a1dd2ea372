"""Sends a snapshot of a volume to the image store: copied into one file of its own first, then over HTTP."""

from __future__ import annotations

import hashlib
import http.client
import json
import shutil
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cloudcore.model.errors import BackendError, ResourceNotFoundError, UnreachableError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore_adapters.libvirt import arguments
from cloudcore_adapters.libvirt.arguments import Storages
from cloudcore_adapters.libvirt.download import connect, split
from cloudcore_adapters.libvirt.volumes import Volumes, copy_snapshot

_CHUNK = 1 << 20
_RESERVE_BYTES = 64 << 20
_ANSWER_BYTES = 1 << 16


class Exports:
    """The exports of one host. Copies of killed ones are removed when the same is begun again."""

    def __init__(self, storages: Storages, volumes: Volumes, ca_file: Path | None) -> None:
        """ca_file: what TLS certificates of the image store are checked against; None for the system's authorities."""
        self._storages = storages
        self._volumes = volumes
        self._ca_file = ca_file

    def save(self, args: JsonMapping, progress: Callable[[float], None], cancelled: Callable[[], bool]) -> JsonObject:
        """Perform `volume-save`."""
        image_id = arguments.ident(args, "image_id")
        url = split(arguments.text(args, "url"))
        source = self._volumes.source(args)
        folder = self._storages.named(arguments.text(args, "storage_path")).root / "exports"
        target = folder / f"{image_id}.qcow2"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            if shutil.disk_usage(folder).free < source[0].stat().st_size + _RESERVE_BYTES:
                raise BackendError("the storage has no room for a copy of the disk")
            copy_snapshot(target, *source, cancelled)
            progress(50.0)
            return {"format": "qcow2", **self._send(target, url, progress, cancelled)}
        except OSError as e:
            raise BackendError("the copy of the disk cannot be written", internal=str(e)) from e
        finally:
            target.unlink(missing_ok=True)

    def _send(
        self, path: Path, url: Any, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> JsonObject:
        size = path.stat().st_size
        digest = hashlib.sha256()

        def body() -> Iterator[bytes]:
            sent = 0
            with path.open("rb") as read:
                while chunk := read.read(_CHUNK):
                    if cancelled():
                        raise BackendError("cancelled")
                    digest.update(chunk)
                    sent += len(chunk)
                    progress(50.0 + 49.0 * sent / size)
                    yield chunk

        try:
            answer = self._put(url, size, body())
        except (http.client.HTTPException, TimeoutError, ConnectionError, ssl.SSLError) as e:
            raise UnreachableError("the image store broke off or does not answer", internal=repr(e)) from e
        if answer.get("size") != size or answer.get("sha256") != digest.hexdigest():
            raise BackendError("the image store took other bytes than were sent")
        return {"size": size, "checksum": str(answer.get("checksum", "")), "sha256": digest.hexdigest()}

    def _put(self, url: Any, size: int, body: Iterator[bytes]) -> Mapping[str, Any]:
        connection = connect(url, self._ca_file)
        try:
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
            connection.request("PUT", path, body=body, headers=headers)
            answer = connection.getresponse()
            said = answer.read(_ANSWER_BYTES)
        finally:
            connection.close()
        if answer.status == http.client.NOT_FOUND:
            raise ResourceNotFoundError("the image store does not wait for this image any more")
        if answer.status != http.client.OK:
            raise BackendError(f"the image store answered {answer.status}", internal=repr(said[:500]))
        try:
            found = json.loads(said)
        except ValueError as e:
            raise BackendError("the image store's answer is not JSON", internal=repr(e)) from e
        if not isinstance(found, dict):
            raise BackendError("the image store's answer is no object")
        return found
