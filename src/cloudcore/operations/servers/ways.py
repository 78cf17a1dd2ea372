"""Whether servers can go to other hosts while they run, and what they need of these then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from cloudcore.model.json import JsonMapping
from cloudcore.scheduling.request import TAKES_RUNNING, Live, Mark

EMULATED = "qemu"
COLUMNS = ("id", "name", "migrate_uri", "sys_info", "cpu_desc", "cpu_microcode", "page_size_kb")


@attrs.frozen(kw_only=True)
class Way:
    """One host, as what gives and takes running servers. uri: how others reach it; empty: they don't."""

    id: str
    name: str
    uri: str
    virt_type: str
    cpu_desc: str
    cpu_microcode: str
    page_size_kb: int

    @property
    def needs(self) -> Live:
        """What a guest of it needs of another host to run on; an emulated processor is that of QEMU and not the machine's."""
        free = self.virt_type == EMULATED
        return Live(
            cpu_desc="" if free else self.cpu_desc,
            cpu_microcode="" if free else self.cpu_microcode,
            page_size_kb=self.page_size_kb,
        )


@attrs.frozen
class Ways:
    """All hosts, by id."""

    hosts: Mapping[str, Way]

    def uri(self, host_id: str) -> str:
        """How others reach a host."""
        return self.hosts[host_id].uri if host_id in self.hosts else ""

    def barred(self, server: Any) -> str:
        """Why this server can't leave its host while it runs, whatever there is elsewhere; empty where it can."""
        here = self.hosts.get(server.host_id)
        if here is None or not here.uri:
            name = here.name if here is not None else server.host_id
            return f"host {name} neither gives nor takes servers that run: it was started without --migrate-uri"
        return "a CD is in its drive: eject it first" if server.cdrom_image_id else ""

    def mark(self, host_id: str) -> Mark:
        """What a request has for the hosts that take the running servers of this one."""
        here = self.hosts[host_id]
        like = {one.id for one in self.hosts.values() if one.uri and one.virt_type == here.virt_type}
        return Mark(name=TAKES_RUNNING, strategy="require", hosts=frozenset(like))

    def needs(self, host_id: str, *, any_cpu: bool = False) -> Live:
        """What a guest of this host needs of another one to run on. any_cpu: whoever asks says that its processor does."""
        needs = self.hosts[host_id].needs
        return attrs.evolve(needs, cpu_desc="", cpu_microcode="") if any_cpu else needs

    def like(self) -> Mapping[str, frozenset[str]]:
        """Host → those, itself among them, to which its running servers could go; none of those that give and take none."""
        groups: defaultdict[tuple[str, Live], list[str]] = defaultdict(list)
        for one in self.hosts.values():
            if one.uri:
                groups[one.virt_type, one.needs].append(one.id)
        return {ident: found for idents in groups.values() for found in [frozenset(idents)] for ident in idents}


def ways(rows: Iterable[tuple[Any, ...]]) -> Ways:
    """As the records of the hosts say it: their `COLUMNS`."""
    return Ways({row[0]: _way(*row) for row in rows})


def _way(
    ident: str, name: str, uri: str, info: JsonMapping | None, cpu_desc: str, cpu_microcode: str, page_size_kb: int
) -> Way:
    return Way(
        id=ident,
        name=name,
        uri=uri,
        virt_type=str((info or {}).get("virt_type", "")),
        cpu_desc=cpu_desc,
        cpu_microcode=cpu_microcode,
        page_size_kb=page_size_kb,
    )
