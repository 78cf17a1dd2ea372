"""What the process says of itself to whoever runs the deployment: counters, workers, its own size, its limits."""

from __future__ import annotations

import resource
import threading
import time
from pathlib import Path

import attrs

from cloudcore.model.json import JsonObject
from cloudcore_adapters.rest.request import Call
from cloudcore_adapters.rest.responses import Reply, json_reply
from cloudcore_adapters.rest.site import Args, Site

_OPEN_FILES = Path("/proc/self/fd")


def stats(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /stats`: requests since the process began, by the first digit of their status."""
    site.cloud.check_operator(site.session(call))
    answered = dict(sorted(site.answered.items()))
    return json_reply({"total": sum(answered.values()), "by_status": {f"{k}xx": v for k, v in answered.items()}})


def worker_stats(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /worker_stats`: the pools of threads, how many of each work and how many requests wait for one."""
    site.cloud.check_operator(site.session(call))
    pools = (("requests", site.workers), ("transfers", site.transfers))
    return json_reply({"workers": [{"name": name, **pool.state()} for name, pool in pools]})


def process_stats(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /process_stats`: memory in bytes, processor time in seconds, threads, open files."""
    site.cloud.check_operator(site.session(call))
    used = resource.getrusage(resource.RUSAGE_SELF)
    return json_reply(
        {
            "mem_size": used.ru_maxrss * 1024,
            "cpu_seconds": round(time.process_time(), 3),
            "thread_num": threading.active_count(),
            "fd_num": len(list(_OPEN_FILES.iterdir())) if _OPEN_FILES.is_dir() else 0,
        }
    )


def app_options(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /app-options`: the limits and prefixes in force; nothing that is secret is among them."""
    site.cloud.check_operator(site.session(call))
    options: JsonObject = {"limits": attrs.asdict(site.limits), "prefixes": dict(site.prefix_of)}
    return json_reply({"app-options": options})
