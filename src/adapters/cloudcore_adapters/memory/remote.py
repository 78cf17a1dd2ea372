"""A world of files in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from cloudcore.model.errors import DeadlineError, ResourceNotFoundError
from cloudcore.model.remote import parse_url
from cloudcore.ports.remote_file import RemoteFile

_CHUNK = 1 << 16


class MemoryRemoteFiles:
    """A `RemoteFiles` with the files that it is given."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """files: by URL."""
        self._files = dict(files)

    @contextmanager
    def open(self, url: str, *, cancelled: Callable[[], bool]) -> Iterator[RemoteFile]:
        """See `RemoteFiles.open`."""
        parse_url(url)
        if url not in self._files:
            raise ResourceNotFoundError("there is no such file", field="copy_from")
        data = self._files[url]
        yield RemoteFile(size=len(data), chunks=_chunks(data, cancelled))


def _chunks(data: bytes, cancelled: Callable[[], bool]) -> Iterator[bytes]:
    for at in range(0, len(data), _CHUNK):
        if cancelled():
            raise DeadlineError("the download was cancelled")
        yield data[at : at + _CHUNK]
