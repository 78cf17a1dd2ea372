"""Upload and download of an image of 1 GiB over HTTP, against a plain copy of the same file through loopback.

The plain copy is what the kernel does best: `sendfile` into a socket in one process, `recv` and `write` in another, one
`fsync` at the end. The cloud parses HTTP, hashes the bytes twice (MD5, SHA-256), and keeps a record. Both sides of each
transfer, and the plain copy before and after each, run in one go, so that a busy machine is busy for all of them.

Before each of them a file of the same size is written and removed. On a virtual machine the first use of memory that was
given back to its host costs more than the whole copy; whoever wrote after the others had taken what was free paid it.

Run alone: `python tests/perf/image_bench.py [MIB]`.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

MIB = 1 << 20
SIZE_MIB = 1024
ROUNDS = 3
CHUNK = MIB
_RECEIVER = """
import os, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
peer, _ = listener.accept()
buffer = memoryview(bytearray(1 << 20))
handle = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
while count := peer.recv_into(buffer):
    os.write(handle, buffer[:count])
os.fsync(handle)
peer.sendall(b"done")
"""

_FETCHER = """
import os, socket, sys
peer = socket.create_connection((sys.argv[2], int(sys.argv[3])))
buffer = memoryview(bytearray(1 << 20))
handle = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
sys.stdin.readline()
peer.sendall(sys.argv[4].encode())
head = b""
while b"\\r\\n\\r\\n" not in head:
    head += peer.recv(4096)
head, _, first = head.partition(b"\\r\\n\\r\\n")
assert head.startswith(b"HTTP/1.1 200"), head
left = int(sys.argv[5]) - len(first)
os.write(handle, first)
while left and (count := peer.recv_into(buffer)):
    os.write(handle, buffer[:count])
    left -= count
assert left == 0, left
os.fsync(handle)
print("done", flush=True)
"""


def benchmarks(size_mib: int = SIZE_MIB) -> dict[str, dict[str, object]]:
    """image_copy_ratio: the worse of upload and download, in speeds of the plain copy; image_memory_mib: by how much the
    server's memory grew at most, during all of them."""
    with tempfile.TemporaryDirectory(prefix="cloudcore-bench-") as folder:
        path = Path(folder) / "image.raw"
        _fill(path, size_mib)
        with Up(Path(folder) / "data") as up:
            up.transfer(path, Path(folder) / "warm", warm=True)
            before = up.resident_mib()
            up.forget_peak()
            plain, uploads, downloads = [_plain(path, Path(folder) / "plain")], [], []
            for _ in range(ROUNDS):
                upload, download = up.transfer(path, Path(folder) / "copy")
                uploads.append(upload)
                downloads.append(download)
                plain.append(_plain(path, Path(folder) / "plain"))
            grown = up.peak_mib() - before
    base = statistics.median(plain)
    upload_s, download_s = statistics.median(uploads), statistics.median(downloads)
    return {
        "image_plain_copy_mib_s": {"value": round(size_mib / base), "unit": "MiB/s"},
        "image_upload_mib_s": {"value": round(size_mib / upload_s), "unit": "MiB/s"},
        "image_download_mib_s": {"value": round(size_mib / download_s), "unit": "MiB/s"},
        "image_copy_ratio": {"value": round(base / max(upload_s, download_s), 3), "unit": "of a plain copy"},
        "image_memory_mib": {"value": round(grown, 1), "unit": "MiB"},
    }


def _fill(path: Path, size_mib: int) -> None:
    """Bytes that no file system makes smaller; the first ones are no format's."""
    with path.open("wb") as file:
        file.write(bytes(MIB))
        for _ in range(size_mib - 1):
            file.write(os.urandom(MIB))


def _free_memory(folder: Path) -> None:
    """Have memory free for the pages of one more file that was in use a moment ago."""
    path = folder / "passing"
    with path.open("wb") as file:
        for _ in range(SIZE_MIB + SIZE_MIB // 16):
            file.write(bytes(MIB))
    path.unlink()


def _plain(source: Path, target: Path) -> float:
    """Seconds of a copy through a socket of this machine, until it is on disk."""
    _free_memory(target.parent)
    receiver = subprocess.Popen([sys.executable, "-c", _RECEIVER, str(target)], stdout=subprocess.PIPE, text=True)
    assert receiver.stdout is not None
    port = int(receiver.stdout.readline())
    begin = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as sender, source.open("rb") as file:
        sender.sendfile(file)
        sender.shutdown(socket.SHUT_WR)
        assert sender.recv(4) == b"done"
    taken = time.perf_counter() - begin
    receiver.communicate()
    target.unlink()
    return taken


class Up:
    """A cloud in a process of its own."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def __enter__(self) -> Up:
        command = [sys.executable, "-m", "cloudcore_apps.main", "up", "--data", str(self._data)]
        self._process = subprocess.Popen([*command, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        while "cloudcore env" not in (line := self._process.stdout.readline()):
            assert line, "it did not start"
        local = json.loads((self._data / "local.json").read_text())
        url = urlsplit(local["auth_url"])
        self.address = (str(url.hostname), int(url.port or 80))
        self._user = {"domain": {"name": "Default"}, "name": local["username"], "password": local["password"]}
        self._project = local["project"]
        self.token = self.login()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=30)

    def login(self) -> str:
        """A fresh token of the administrator."""
        scope = {"project": {"domain": {"name": "Default"}, "name": self._project}}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": self._user}}, "scope": scope}}
        answer = self._ask("POST", "/identity/v3/auth/tokens", json.dumps(body).encode(), {})
        return str(answer.headers["X-Subject-Token"])

    def computing_s(self) -> float:
        """Seconds of computing time that the process has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def transfer(self, source: Path, target: Path, *, warm: bool = False) -> tuple[float, float]:
        """Seconds of an upload and of a download onto disk; `warm` moves a little only."""
        size = 8 * MIB if warm else source.stat().st_size
        headers = {"X-Image-Meta-Name": f"i{time.monotonic_ns()}", "X-Image-Meta-Protected": "false"}
        headers |= {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        _free_memory(target.parent)
        begin = time.perf_counter()
        made = self._upload(source, size, headers)
        upload = time.perf_counter() - begin
        while json.loads(self._ask("GET", f"/image/v1/images/{made['id']}/status", b"", {}).read())["image"][
            "status"
        ] not in ("active", "killed"):
            time.sleep(0.02)
        download = self._download(made["id"], target, size)
        target.unlink()
        self._ask("DELETE", f"/image/v1/images/{made['id']}", b"", {}).read()
        return upload, download

    def resident_mib(self) -> float:
        """Memory that the process holds."""
        return self._status("VmRSS")

    def peak_mib(self) -> float:
        """The most that it held since `forget_peak`."""
        return self._status("VmHWM")

    def forget_peak(self) -> None:
        """Count the peak anew."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5", encoding="ascii")

    def _status(self, name: str) -> float:
        lines = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024

    def _ask(self, method: str, path: str, body: object, headers: dict[str, str]) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(*self.address, blocksize=CHUNK)
        token = {"X-Auth-Token": self.token} if hasattr(self, "token") else {"Content-Type": "application/json"}
        connection.request(method, path, body=body, headers={**token, **headers})  # type: ignore[arg-type]
        answer = connection.getresponse()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.read(500)!r}")
        return answer

    def _upload(self, source: Path, size: int, headers: dict[str, str]) -> dict[str, str]:
        connection = http.client.HTTPConnection(*self.address)
        connection.putrequest("POST", "/image/v1/images")
        for name, value in {"X-Auth-Token": self.token, **headers}.items():
            connection.putheader(name, value)
        connection.endheaders()
        with source.open("rb") as file:
            connection.sock.sendfile(file, 0, size)
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"upload: {answer.status} {answer.read(500)!r}")
        made: dict[str, str] = json.loads(answer.read())["image"]
        return made

    def _download(self, ident: str, target: Path, size: int) -> float:
        """Seconds of a download in a process like that of the plain copy."""
        head = f"GET /image/v1/images/{ident} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {self.token}\r\n\r\n"
        command = [
            sys.executable,
            "-c",
            _FETCHER,
            str(target),
            self.address[0],
            str(self.address[1]),
            head,
            str(size),
        ]
        fetcher = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert fetcher.stdin is not None
        assert fetcher.stdout is not None
        _free_memory(target.parent)
        time.sleep(0.3)
        begin = time.perf_counter()
        fetcher.stdin.write("go\n")
        fetcher.stdin.flush()
        if fetcher.stdout.readline() != "done\n":
            raise RuntimeError("the download broke off")
        taken = time.perf_counter() - begin
        fetcher.communicate()
        return taken


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    for name, figure in benchmarks(int(sys.argv[1]) if len(sys.argv) > 1 else SIZE_MIB).items():
        print(name, figure["value"], figure["unit"])
