"""Tokens, logins and policies: what each request costs before it does anything.

Rates are per second of computing time of one process, so that a busy machine counts little: of this one, and of the
server's over HTTP.

Run alone: `python tests/perf/token_bench.py`.
"""

from __future__ import annotations

import itertools
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import attrs
from tests.perf.image_bench import Up
from tests.perf.standard_cloud import SECRET, standard_cloud

from cloudcore.auth.bindings import BoundPolicy
from cloudcore.auth.defaults import default_policies
from cloudcore.auth.documents import parse_document
from cloudcore.auth.policy import PolicySet
from cloudcore.auth.revocation import Watermark
from cloudcore.auth.scopes import Scope
from cloudcore.auth.tokens import TokenPayload, TokenReader, TokenScope, encode
from cloudcore.cloud import TYPES, Cloud
from cloudcore.operations.identity.revocations import RevocationCache, revoke
from cloudcore.operations.identity.tokens import payload_of
from cloudcore.ports.password_hasher import PasswordHasher
from cloudcore.ports.unit_of_work import Author
from cloudcore_adapters.crypto.live_ring import LiveRing
from cloudcore_adapters.crypto.passwords import Argon2PasswordHasher
from cloudcore_adapters.memory.cloud import memory_platform
from cloudcore_adapters.memory.world import SystemClock, SystemIds

TOKENS = 2_000
REVOKED = 500
"""Users whose older tokens are void: each verification looks whether the token is one of theirs."""
ROUNDS = 5
LOGINS = 15
HTTP_REQUESTS = 2_000
CONNECTIONS = 4
ACTIONS = ("list", "get", "create", "update", "delete", "perform")


def benchmarks() -> dict[str, dict[str, object]]:
    """Figures by name; see docs/reference/performance.md."""
    cold, warm = _verifying()
    return {
        "verify_cold_per_s": {"value": round(cold), "unit": "1/s of a core"},
        "verify_per_s": {"value": round(warm), "unit": "1/s of a core"},
        "verify_http_per_s": {"value": round(_over_http()), "unit": "1/s of a core"},
        "login_overhead_ms": {"value": round(_login_overhead() * 1000, 2), "unit": "ms"},
        "policy_us": {"value": round(_policy() * 1e6, 2), "unit": "µs"},
    }


def _verifying() -> tuple[float, float]:
    """Verifications a second: of tokens that were never seen, and of those that were."""
    clock, ids = SystemClock(), SystemIds()
    with tempfile.TemporaryDirectory(prefix="cloudcore-bench-") as folder:
        ring = LiveRing(Path(folder) / "ring.json", clock)
        platform = attrs.evolve(memory_platform(clock=clock, ids=ids), signer=ring, verifier=ring)
        with platform.uow.write(Author()) as tx:
            for _ in range(REVOKED):
                revoke(tx, Watermark.USER, ids.new_id())
            tx.commit()
        marks = RevocationCache(platform.uow, clock)
        texts = [encode(_payload(ids, clock.now()), ring) for _ in range(TOKENS)]
        cold: list[float] = []
        for _ in range(ROUNDS):
            reader = TokenReader(ring)
            cold.append(_rate(texts, lambda text, r=reader: payload_of(platform, text, marks.watermarks(), r)))
        warm = [
            _rate(texts * 10, lambda text: payload_of(platform, text, marks.watermarks(), reader))
            for _ in range(ROUNDS)
        ]
    return statistics.median(cold), statistics.median(warm)


def _payload(ids: SystemIds, now: datetime) -> TokenPayload:
    return TokenPayload(
        user_id=ids.new_id(),
        user_domain_id="default",
        scope=TokenScope.PROJECT,
        scope_id=ids.new_id(),
        scope_domain_id="default",
        role_ids=(ids.new_id(), ids.new_id()),
        methods=("password",),
        issued_at=now,
        expires_at=now + timedelta(days=1),
        audit_id=ids.new_id(),
        source="api",
        ip="127.0.0.1",
    )


def _rate(items: Sequence[str], act: Callable[[str], object]) -> float:
    """So many a second of computing time."""
    begun = time.process_time()
    for item in items:
        act(item)
    return len(items) / (time.process_time() - begun)


@attrs.define
class _Timed:
    """A password hasher that says how long it took."""

    inner: PasswordHasher
    took_s: float = 0.0

    def hash(self, password: str) -> str:
        return self.inner.hash(password)

    def verify(self, password: str, hashed: str) -> bool:
        begun = time.perf_counter()
        try:
            return self.inner.verify(password, hashed)
        finally:
            self.took_s += time.perf_counter() - begun

    def needs_rehash(self, hashed: str) -> bool:
        return self.inner.needs_rehash(hashed)

    def dummy_verify(self, password: str) -> bool:
        return self.inner.dummy_verify(password)


def _login_overhead() -> float:
    """Seconds of a login without its hash, on the standard cloud: from the body of the request to the answer's."""
    hasher = _Timed(Argon2PasswordHasher())
    with standard_cloud(servers=0) as standard:
        cloud = Cloud(attrs.evolve(standard.cloud.platform, hasher=hasher))
        admin = cloud.session(standard.admin.caller)
        admin.create("users", {"name": "person", "password": SECRET, "domain_id": "default"})
        cloud.grant(admin, "project-0", "users", "person", "project_owner", remove=False)
        user = {"domain": {"name": "Default"}, "name": "person", "password": SECRET}
        scope = {"project": {"domain": {"name": "Default"}, "name": "project-0"}}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
        spent: list[float] = []
        for _ in range(LOGINS):
            hasher.took_s, begun = 0.0, time.perf_counter()
            cloud.authenticate_v3(body, "127.0.0.1", "")
            spent.append(time.perf_counter() - begun - hasher.took_s)
    return statistics.median(spent)


def _policy() -> float:
    """Seconds of one decision that was never asked for, by all default policies together."""
    questions = [
        (scope, resource.service, resource.plural, action)
        for scope, resource, action in itertools.product((Scope.SYSTEM, Scope.DOMAIN, Scope.PROJECT), TYPES, ACTIONS)
    ]
    bound = [BoundPolicy(name=p.name, scope=p.scope, document=parse_document(p.document)) for p in default_policies()]
    taken: list[float] = []
    for _ in range(ROUNDS):
        held = PolicySet.compile(bound)
        begun = time.process_time()
        for question in questions:
            held.allowed(*question)
        taken.append((time.process_time() - begun) / len(questions))
    return statistics.median(taken)


def _over_http() -> float:
    """Verifications for each second of the server's computing time, by a token that asks about another."""
    with tempfile.TemporaryDirectory(prefix="cloudcore-bench-") as folder, Up(Path(folder) / "data") as up:
        asked = [up.login() for _ in range(CONNECTIONS)]
        heads = [
            f"GET /identity/v3/auth/tokens HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {up.token}\r\nX-Subject-Token: {one}\r\n\r\n"
            for one in asked
        ]
        _all_at_once(up.address, heads, HTTP_REQUESTS // 10)
        rates: list[float] = []
        for _ in range(ROUNDS):
            before = up.computing_s()
            _all_at_once(up.address, heads, HTTP_REQUESTS)
            rates.append(HTTP_REQUESTS / (up.computing_s() - before))
    return statistics.median(rates)


def _all_at_once(address: tuple[str, int], heads: Sequence[str], count: int) -> None:
    """Ask `count` times in all, by a connection for each head."""
    each = count // len(heads)
    with ThreadPoolExecutor(len(heads)) as threads:
        for done in [threads.submit(_ask, address, head.encode(), each) for head in heads]:
            done.result()


def _ask(address: tuple[str, int], head: bytes, count: int) -> None:
    with socket.create_connection(address) as connection:
        for _ in range(count):
            connection.sendall(head)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += connection.recv(65536)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"{answer[:500]!r}")
            top, _, body = answer.partition(b"\r\n\r\n")
            length = int(top.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            while len(body) < length:
                body += connection.recv(65536)


if __name__ == "__main__":
    for name, figure in benchmarks().items():
        print(name, figure["value"], figure["unit"])
