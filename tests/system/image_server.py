"""A small HTTP server of one image, with ranges; it can be told to break off."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import attrs


@attrs.define
class ServedImage:
    """What is served. requests: the Range header of each request, or an empty string, in order.

    break_after: close the connection of the first request after so many bytes.
    pause: what to wait for before the first byte of each answer.
    taken: what was put here last. answer: the status of answers to that; other than 200: the bytes are not taken.
    """

    url: str
    size: int
    sha256: str
    requests: list[str] = attrs.field(factory=list)
    break_after: int | None = None
    pause: threading.Event | None = None
    taken: bytes = b""
    answer: int = 200
    said: dict[str, object] | None = None


@contextmanager
def serving(path: Path) -> Iterator[ServedImage]:
    """Serve a file on a free port of 127.0.0.1 for the duration."""
    data = path.read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            served.requests.append(wanted)
            if served.pause is not None:
                served.pause.wait(30)
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
            self.send_response(206 if wanted else 200)
            if wanted:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            end = len(data)
            if served.break_after is not None and len(served.requests) == 1:
                end = start + served.break_after
            self.wfile.write(data[start:end])
            if end < len(data):
                self.connection.close()

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if served.answer == 200:
                served.taken = body
            digests = {"sha256": hashlib.sha256(body).hexdigest(), "checksum": hashlib.md5(body).hexdigest()}
            said = json.dumps(served.said or {"size": len(body), **digests}).encode()
            self.send_response(served.answer)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    url = f"http://127.0.0.1:{server.server_address[1]}/image?signature=secret"
    served = ServedImage(url=url, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
