"""NoCloud seeds: a small ISO 9660 image labelled `cidata`, which cloud-init reads at boot."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from cloudcore.model.errors import InvalidInputError, TooLargeError
from cloudcore_adapters.libvirt.processes import run

FILES = ("meta-data", "user-data", "network-config", "vendor-data")
MAX_BYTES = 1 << 20


def validate(seed: Sequence[tuple[str, str]]) -> None:
    """Check names and sizes.

    Raises:
        InvalidInputError: a name that NoCloud does not know, or twice.
        TooLargeError: more than 1 MiB in all.
    """
    names = [name for name, _ in seed]
    if any(name not in FILES for name in names) or len(set(names)) != len(names):
        raise InvalidInputError(f"desc.seed has only {', '.join(FILES)}, each once", field="desc.seed")
    if not all(isinstance(text, str) for _, text in seed):
        raise InvalidInputError("the files of desc.seed are text", field="desc.seed")
    if sum(len(text.encode(errors="replace")) for _, text in seed) > MAX_BYTES:
        raise TooLargeError("desc.seed holds more than 1 MiB", field="desc.seed")


def write(seed: Sequence[tuple[str, str]], target: Path) -> None:
    """Make the image; a seed that was there is replaced in one step. It may hold secrets: mode 0600."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".seed-") as folder:
        files = Path(folder) / "files"
        files.mkdir()
        for name, text in seed:
            (files / name).write_bytes(text.encode(errors="replace"))
        made = Path(folder) / "seed.iso"
        command = ["genisoimage", "-quiet", "-input-charset", "utf-8", "-volid", "cidata", "-joliet", "-rock"]
        run([*command, "-output", str(made), str(files)], timeout_s=30)
        made.chmod(0o600)
        made.replace(target)
