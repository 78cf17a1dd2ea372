"""What only shows on a real connection: bytes of headers, slow and broken senders, an orderly end."""

from __future__ import annotations

import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from tests.wire.scripted import TOKEN, ScriptedCloud

from cloudcore.model.errors import UnreachableError
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.server import BackgroundServer
from cloudcore_adapters.rest.serving import Limits

LIMITS = Limits(idle_seconds=0.3, json_seconds=0.3, chunk_bytes=4096, json_bytes=4096, drain_seconds=0.5)
HEAD = f"Host: localhost\r\nX-Auth-Token: {TOKEN}\r\n"


@pytest.fixture
def cloud():
    cloud = ScriptedCloud()
    cloud.stored["i1"] = b"x" * (32 << 20)
    return cloud


@pytest.fixture
def server(cloud) -> Iterator[BackgroundServer]:
    with BackgroundServer(build_app(cloud, limits=LIMITS)) as server:
        yield server


def connected(server: BackgroundServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def talk(server: BackgroundServer, request: str) -> bytes:
    """Send, then read to the end."""
    with connected(server) as connection:
        connection.sendall(request.encode())
        found = b""
        while piece := connection.recv(65536):
            found += piece
        return found


def eventually(condition) -> bool:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_header_names_go_out_as_written(server, cloud):
    cloud.answer = lambda *_: {"id": "i1", "disk_format": "qcow2", "properties": {"os_type": "Linux"}}
    answer = talk(server, f"HEAD /image/v1/images/i1 HTTP/1.1\r\n{HEAD}X-Request-Id: R-1\r\nConnection: close\r\n\r\n")
    lines = answer.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 200 OK"
    for line in (
        b"X-Image-Meta-Disk_format: qcow2",
        b"X-Image-Meta-Property-Os_type: Linux",
        b"X-Request-Id: R-1",
        b"X-Frame-Options: SAMEORIGIN",
        b"Content-Length: 0",
        b"Server: cloudcore",
    ):
        assert line in lines
    assert answer.endswith(b"\r\n\r\n")


def test_doubled_slash_reaches_the_resource(server, cloud):
    answer = talk(server, f"GET //compute//boxes HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
    assert cloud.asked == [("list", "boxes", {}, ())]
    assert cloud.peers == ["127.0.0.1"]


def test_oversized_json_gets_its_answer(server):
    with httpx.Client(base_url=server.url, headers={"X-Auth-Token": TOKEN}) as client:
        answer = client.post("/compute/boxes", content=b"x" * (1 << 20))
    assert (answer.status_code, answer.json()["class"]) == (413, "TooLargeEntity")


def test_json_body_that_does_not_come_is_408(server):
    answer = talk(server, f"POST /compute/boxes HTTP/1.1\r\n{HEAD}Content-Length: 50\r\nConnection: close\r\n\r\n{{")
    assert answer.startswith(b"HTTP/1.1 408")


def test_sender_that_asks_first_is_told_no_before_it_sends(server, cloud):
    request = "POST /image/v1/images HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\nExpect: 100-continue\r\n\r\n"
    assert talk(server, request).startswith(b"HTTP/1.1 401")
    allowed = f"POST /image/v1/images HTTP/1.1\r\n{HEAD}Content-Length: 900000\r\nExpect: 100-continue\r\n"
    with connected(server) as connection:
        connection.sendall(f"{allowed}Content-Type: application/octet-stream\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100")


def test_endless_refused_body_is_cut_off(cloud):
    limits = Limits(json_bytes=100, drain_bytes=100_000)
    with BackgroundServer(build_app(cloud, limits=limits)) as server, connected(server) as connection:
        connection.sendall(f"POST /compute/boxes HTTP/1.1\r\n{HEAD}Content-Length: 99999999\r\n\r\n".encode())
        connection.sendall(b"x" * 150_000)
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_stalled_upload_is_408_and_stores_nothing(server, cloud):
    request = (
        f"POST /image/v1/images HTTP/1.1\r\n{HEAD}Content-Type: application/octet-stream\r\n"
        f"Content-Length: 9000\r\nConnection: close\r\n\r\n" + "x" * 5000
    )
    assert talk(server, request).startswith(b"HTTP/1.1 408")
    assert "new" not in cloud.stored


def test_trickled_upload_is_408(server, cloud):
    header = (
        f"POST /image/v1/images HTTP/1.1\r\n{HEAD}Content-Type: application/octet-stream\r\n"
        f"Content-Length: 900000\r\nConnection: close\r\n\r\n"
    )
    with connected(server) as connection:
        connection.sendall(header.encode())
        connection.settimeout(0.05)
        answer = b""
        for _ in range(100):
            connection.sendall(b"x")
            try:
                answer = connection.recv(100)
                break
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408")
    assert "new" not in cloud.stored


def test_sender_that_goes_away_aborts_the_upload(server, cloud):
    with connected(server) as connection:
        connection.sendall(
            f"PUT /image/v1/images/i9 HTTP/1.1\r\n{HEAD}Content-Type: application/octet-stream\r\n"
            f"Content-Length: 100000\r\n\r\n".encode()
            + b"x" * 10_000
        )
        assert eventually(lambda: cloud.uploading == ["i9"])
    with httpx.Client(base_url=server.url, headers={"X-Auth-Token": TOKEN}) as client:
        answer = client.put("/image/v1/images/i9", content=b"abc", headers={"Content-Type": "application/octet-stream"})
    assert answer.status_code == 200
    assert cloud.stored["i9"] == b"abc"


def test_large_upload_and_download_come_through(server, cloud):
    content = bytes(range(251)) * 20_000
    with httpx.Client(base_url=server.url, headers={"X-Auth-Token": TOKEN}) as client:
        octets = {"Content-Type": "application/octet-stream"}
        assert client.put("/image/v1/images/i2", content=content, headers=octets).status_code == 200
        assert client.get("/image/v1/images/i2").content == content
    assert max(cloud.asked[0][3]) < 2 << 20


def test_connection_of_a_large_upload_ends_and_that_of_a_small_one_goes_on(server, cloud):
    for size, ends in ((100, False), (5_000_000, True)):
        with connected(server) as connection:
            put = f"PUT /image/v1/images/i2 HTTP/1.1\r\n{HEAD}Content-Type: application/octet-stream\r\n"
            connection.sendall(f"{put}Content-Length: {size}\r\n\r\n".encode() + b"y" * size)
            answer = connection.recv(65536)
            while ends and (piece := connection.recv(65536)):
                answer += piece
            assert answer.startswith(b"HTTP/1.1 200"), answer
            assert (b"Connection: close" in answer) is ends
        assert cloud.stored["i2"] == b"y" * size


def test_sender_of_too_large_an_image_sees_the_answer(cloud):
    limits = Limits(image_bytes=1 << 20, chunk_bytes=4096, drain_seconds=30)
    with BackgroundServer(build_app(cloud, limits=limits)) as server, connected(server) as connection:
        put = f"PUT /image/v1/images/i2 HTTP/1.1\r\n{HEAD}Content-Type: application/octet-stream\r\n"
        begun = time.monotonic()
        connection.sendall(f"{put}Content-Length: {3 << 20}\r\n\r\n".encode() + b"x" * (3 << 20))
        assert connection.recv(100).startswith(b"HTTP/1.1 413")
        assert time.monotonic() - begun < limits.drain_seconds
    assert "i2" not in cloud.stored


def test_readers_that_go_away_free_their_places(cloud):
    limits = Limits(downloads=1)
    with BackgroundServer(build_app(cloud, limits=limits)) as server:
        request = f"GET /image/v1/images/i1 HTTP/1.1\r\n{HEAD}\r\n"
        part = {"Range": "bytes=0-9"}
        for _ in range(3):
            with connected(server) as connection:
                connection.sendall(request.encode())
                assert connection.recv(12).startswith(b"HTTP/1.1")
            with httpx.Client(base_url=server.url, headers={"X-Auth-Token": TOKEN}) as client:
                assert eventually(lambda c=client: c.get("/image/v1/images/i1", headers=part).status_code == 206)


def test_one_reader_too_many_is_429(cloud):
    with BackgroundServer(build_app(cloud, limits=Limits(downloads=1))) as server, connected(server) as connection:
        connection.sendall(f"GET /image/v1/images/i1 HTTP/1.1\r\n{HEAD}\r\n".encode())
        assert connection.recv(12).startswith(b"HTTP/1.1 200")
        with httpx.Client(base_url=server.url, headers={"X-Auth-Token": TOKEN}) as client:
            assert client.get("/image/v1/images/i1").status_code == 429


def test_image_that_ends_early_breaks_the_connection_off(server, cloud, caplog):
    class Short(bytes):
        def __len__(self) -> int:
            return super().__len__() + 5

    cloud.stored["i3"] = Short(b"abc")
    with httpx.Client(base_url=server.url, headers={"X-Auth-Token": TOKEN}) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/image/v1/images/i3")
        assert client.get("/ping").text == "pong"
    assert "broke off" in caplog.text


def test_stop_lets_a_request_finish(cloud):
    inside, go_on = threading.Event(), threading.Event()

    def slow(_method, _args):
        inside.set()
        go_on.wait(10)
        return {"id": "b1"}

    cloud.answer = slow
    server = BackgroundServer(build_app(cloud))
    server.start()
    answers: list[bytes] = []
    reader = threading.Thread(
        target=lambda: answers.append(talk(server, f"GET /compute/boxes/b1 HTTP/1.1\r\n{HEAD}\r\n"))
    )
    reader.start()
    assert inside.wait(10)
    stopper = threading.Thread(target=server.stop)
    stopper.start()
    go_on.set()
    stopper.join()
    reader.join()
    assert answers[0].startswith(b"HTTP/1.1 200")
    with pytest.raises(OSError, match="refused"):
        connected(server)


def test_taken_port_is_an_error_of_the_caller(server, cloud):
    with pytest.raises(UnreachableError):
        BackgroundServer(build_app(cloud), port=server.port)


def test_importing_the_adapter_does_not_import_the_server_library():
    code = "import cloudcore_adapters.rest.app, cloudcore_adapters.rest.server, sys; sys.exit('uvicorn' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_answers_do_not_wait_for_acknowledgements(server):
    with httpx.Client(base_url=server.url, headers={"X-Auth-Token": TOKEN}) as client:
        client.get("/compute/boxes")
        times = []
        for _ in range(20):
            started = time.perf_counter()
            client.get("/compute/boxes")
            times.append(time.perf_counter() - started)
    # One that waits takes 40 ms every time; a busy machine is slow now and then.
    assert min(times) < 0.03


def self_signed(folder: Path) -> tuple[str, str]:
    """Paths of a certificate for this machine's loopback address, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(pem), str(secret)


def test_certificate_makes_it_speak_tls(cloud, tmp_path):
    pem, secret = self_signed(tmp_path)
    trust = ssl.create_default_context(cafile=pem)
    with BackgroundServer(build_app(cloud), certificate=pem, key=secret) as server:
        assert server.url.startswith("https://127.0.0.1:")
        assert httpx.get(f"{server.url}/ping", verify=trust).text == "pong"
        assert "https://" in httpx.get(f"{server.url}/", verify=trust).text


def test_foreground_server_ends_at_a_signal():
    code = (
        "from cloudcore_adapters.memory.cloud import memory_cloud\n"
        "from cloudcore_adapters.rest.app import build_app\n"
        "from cloudcore_adapters.rest.server import serve\n"
        "import sys\n"
        "serve(build_app(memory_cloud()[0]), port=int(sys.argv[1]))\n"
        "print('ended')\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(port)],
        env={"PYTHONPATH": ":".join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert eventually(lambda: answers(port))
        process.terminate()
        out, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out) in ((0, "ended\n"), (-signal.SIGTERM, ""))


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ping").text == "pong"
    except httpx.ConnectError:
        return False
