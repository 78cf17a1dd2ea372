"""A hypervisor of your own: here its guests are processes, its volumes plain files. The adapter is the class `ProcessHost`.

Run it: python examples/own_hypervisor.py

`tests/contracts/test_own_hypervisor.py` holds it to the core of the suite that every hypervisor has to pass.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cloudcore.model.effects import Effect, Mark
from cloudcore.model.errors import InvalidInputError, NotSupportedError
from cloudcore.model.host import BridgeFacts, Facts, Found, FoundKind, StorageFacts
from cloudcore_adapters.agent import EffectRunner
from cloudcore_apps.inprocess import in_process

ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", re.ASCII)
LARGEST_MIB = 1 << 24
Args = dict[str, Any]


class ProcessHost:
    """A `Performer` of effects, and the `Hypervisor` that answers questions about what they made.

    fetch: the bytes of the image that the arguments of `image-cache` name.
    """

    def __init__(self, facts: Facts, deployment: str, fetch: Callable[[Args], Iterable[bytes]]) -> None:
        self._facts, self.deployment, self.fetch = facts, deployment, fetch
        self.folder = Path(facts.storages[0].path)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def perform(
        self, effect: Effect, fence: int, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> Args:
        """Bring an effect about; the same twice gives the same. What is not here is refused for good."""
        del fence, progress, cancelled  # an agent has looked at the fence, and nothing here takes long
        work: Callable[[Args], Args] | None = getattr(self, f"_{effect.kind.replace('-', '_')}", None)
        if work is None:
            raise NotSupportedError(f"this hypervisor has no {effect.kind}")
        return work(effect.args)

    def facts(self) -> Facts:
        """What the host is and has."""
        return self._facts

    def power_state(self, guest_id: str) -> str:
        """Whether the guest's process lives."""
        process = self.processes.get(guest_id)
        if process is not None and process.poll() is None:
            return "on"
        return "off" if self._note("guest", guest_id).exists() else "missing"

    def inventory(self) -> Sequence[Found]:
        """Everything here that carries a mark."""
        notes = [(kind, note) for kind in FoundKind for note in sorted(self.folder.glob(f"{kind}/*.json"))]
        return [
            Found(kind=kind, ident=n.stem, mark=Mark(**json.loads(n.read_text("utf-8"))["mark"])) for kind, n in notes
        ]

    def _image_cache(self, args: Args) -> Args:
        path = self._place("image", args, "image_id")
        if not path.exists():
            content = b"".join(self.fetch(args))
            if hashlib.sha256(content).hexdigest() != args["checksum"]:
                raise InvalidInputError("the image has another checksum", field="checksum")
            mark = {"deployment": self.deployment, "resource": path.stem, "fence": 1}
            self._write("image", path.stem, {"mark": mark}, content)
        return {"path": str(path), "size": path.stat().st_size}

    def _image_uncache(self, args: Args) -> Args:
        path = self._place("image", args, "image_id")
        if any(json.loads(n.read_text("utf-8"))["image"] == path.stem for n in self.folder.glob("volume/*.json")):
            raise InvalidInputError("volumes began as this image")
        return self._remove("image", path.stem)

    def _volume_create(self, args: Args) -> Args:
        path, size, image = self._place("volume", args, "volume_id"), args["size_mib"], args["backing_image_id"]
        if args["mark"]["deployment"] != self.deployment:
            raise InvalidInputError("the mark is another deployment's")
        if type(size) is not int or not 0 < size <= LARGEST_MIB or args.get("source"):
            raise InvalidInputError("no such size, or a copy of a snapshot", field="size_mib")
        cached = self._place("image", {**args, "image_id": image}, "image_id") if image is not None else None
        if cached is not None and not cached.exists():
            raise InvalidInputError("the image is not cached", field="backing_image_id")
        if not path.exists():
            about = {"mark": args["mark"], "image": image}
            self._write("volume", path.stem, about, cached.read_bytes() if cached else b"", size << 20)
        return {"path": str(path), "size_mib": path.stat().st_size >> 20}

    def _volume_delete(self, args: Args) -> Args:
        return self._remove("volume", self._place("volume", args, "volume_id").stem)

    def _guest_create(self, args: Args) -> Args:
        self._write("guest", args["desc"]["guest_id"], {"mark": args["desc"]["mark"]})
        return {"power_state": self.power_state(args["desc"]["guest_id"])}

    def _guest_start(self, args: Args) -> Args:
        if not all(self._place("volume", disk, "volume_id").exists() for disk in args["desc"]["disks"]):
            raise InvalidInputError("a volume of the guest is not here")
        if self._guest_create(args)["power_state"] != "on":
            self.processes[args["guest_id"]] = subprocess.Popen(["sleep", "infinity"], start_new_session=True)
        return {"power_state": "on"}

    def _guest_stop(self, args: Args) -> Args:
        if (process := self.processes.pop(args["guest_id"], None)) is not None:
            process.terminate()
            process.wait(10)
        return self._guest_probe(args)

    def _guest_probe(self, args: Args) -> Args:
        return {"power_state": self.power_state(args["guest_id"])}

    def _guest_delete(self, args: Args) -> Args:
        self._guest_stop(args)
        return self._remove("guest", args["guest_id"])

    def _place(self, kind: str, args: Args, name: str) -> Path:
        if args["storage_path"] != str(self.folder) or not isinstance(args[name], str) or not ID.fullmatch(args[name]):
            raise InvalidInputError(f"no {kind} of this host", field=name)
        return self.folder / kind / f"{args[name]}.bytes"

    def _note(self, kind: str, ident: str) -> Path:
        return self.folder / kind / f"{ident}.json"

    def _write(self, kind: str, ident: str, about: Args, content: bytes = b"", size: int = 0) -> None:
        """The note comes first, so that nothing is ever here without its mark; the content appears whole."""
        (self.folder / kind).mkdir(parents=True, exist_ok=True)
        self._note(kind, ident).write_text(json.dumps(about), "utf-8")
        part = self.folder / kind / f"{ident}.part"
        part.write_bytes(content)
        os.truncate(part, max(size, len(content)))
        part.replace(part.with_suffix(".bytes"))

    def _remove(self, kind: str, ident: str) -> Args:
        for suffix in ("part", "bytes", "json"):
            (self.folder / kind / f"{ident}.{suffix}").unlink(missing_ok=True)
        return {}


def facts_of(folder: Path) -> Facts:
    """What the host is and has: one storage, and a network that leads nowhere."""
    storage = StorageFacts(name="files", path=str(folder), capacity_mib=100_000, used_mib=0)
    bridge = BridgeFacts(name="none0", mac="52:54:00:aa:00:01", cidr="10.77.0.0/24", gateway="10.77.0.1")
    return Facts(
        hostname="processes",
        uuid="52000000-0000-4000-8000-000000000001",
        arch="x86_64",
        cpu_count=8,
        cpu_desc="borrowed",
        cpu_mhz=2000,
        memory_mib=16384,
        virt_type="simulated",
        version="1",
        storages=(storage,),
        bridges=(bridge,),
    )


def main() -> None:
    place = in_process()

    def fetch(args: Args) -> Iterator[bytes]:
        data = place.cloud.open_image(args["image_id"], args["format"])
        for offset in range(0, data.size, 1 << 20):
            yield data.read(offset, 1 << 20)

    with tempfile.TemporaryDirectory() as name:
        host = ProcessHost(facts_of(Path(name) / "host"), place.cloud.platform.settings.deployment, fetch)
        agent = EffectRunner(host, Path(name) / "journal")  # journal, fences and a bounded pool of threads
        place.add_host(host.facts(), agent)
        session = place.admin
        session.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
        place.settle()
        wanted = {"name": "web", "vcpu_count": 1, "vmem_size": 256, "disks": ["tiny:1g"], "nets": ["default"]}
        session.create("servers", {**wanted, "auto_start": True, "disable_delete": False})
        place.settle()
        server = session.get("servers", "web")
        print("server:", server["status"], "as process", host.processes[server["id"]].pid)
        print("host:  ", ", ".join(sorted(str(found.kind) for found in host.inventory())))
        assert server["status"] == "running"
        session.delete("servers", "web", {"override_pending_delete": True})
        place.settle()
        assert not any(found.kind is FoundKind.GUEST for found in host.inventory())
        assert agent.close()


if __name__ == "__main__":
    main()
