"""A process of its own that asks, again and again, whether a token is good, and says when that changed.

    python revocation_watcher.py DATABASE_URL SEED < token

Each line: `good` or `void`, only when it differs from the last, and the wall clock in seconds when the last question was
put that was answered with `good`. A slow machine answers late, but no question put too late may be answered with `good`.
"""

from __future__ import annotations

import sys
import time

import attrs

from cloudcore.cloud import Cloud
from cloudcore.model.errors import InvalidCredentialError
from cloudcore.operations.platform import Platform
from cloudcore.operations.types import TYPES
from cloudcore_adapters.memory.cloud import memory_platform
from cloudcore_adapters.memory.secrets import MemorySealer, MemoryTokenSigner
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork, open_engine

FOR_S = 30


def platform_on(url: str, seed: str) -> Platform:
    """The ports of one of several processes of a deployment: the same database, the same keys."""
    sealer = MemorySealer(seed.encode())
    uow = SqlUnitOfWork(open_engine(url), TYPES, SystemIds(), clock=SystemClock(), sealer=sealer)
    signer = MemoryTokenSigner(seed.encode())
    return attrs.evolve(memory_platform(uow=uow), signer=signer, verifier=signer)


def state_of(cloud: Cloud, token: str) -> str:
    """Whether a request with the token would be served."""
    try:
        cloud.session_for(token, peer="", request_id="").list("keypairs")
    except InvalidCredentialError:
        return "void"
    return "good"


def main() -> None:
    """Watch until the token is void, or for half a minute."""
    cloud, token, said = Cloud(platform_on(sys.argv[1], sys.argv[2])), sys.stdin.readline().strip(), ""
    end = time.time() + FOR_S
    good_at = 0.0
    while said != "void" and time.time() < end:
        asked_at = time.time()
        state = state_of(cloud, token)
        if state == "good":
            good_at = asked_at
        if state != said:
            sys.stdout.write(f"{state} {good_at}\n")
            sys.stdout.flush()
            said = state


if __name__ == "__main__":
    main()
