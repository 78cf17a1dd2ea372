"""What cloud-init finds in a guest's seed: our part, and beside it what the owner wants, each unable to become the other.

Values are written as JSON, which is YAML and leaves nothing to quoting. The owner's text stands in a MIME part of its own,
in base64, or, where it is MIME already, behind a boundary that is the hash of all that is bounded.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any

_MERGE = "list(append)+dict(no_replace,recurse_list)+str()"
"""The owner's lists come after ours, and keys that we set stay ours."""
_WIDTH = 76


def meta_data(instance_id: str, hostname: str, keys: Sequence[str]) -> str:
    """`meta-data`. instance_id: another than before makes cloud-init begin anew."""
    meta: dict[str, Any] = {"instance-id": instance_id, "local-hostname": hostname}
    if keys:
        meta["public-keys"] = list(keys)
    return _json(meta) + "\n"


def cloud_config(hostname: str, keys: Sequence[str]) -> str:
    """Our part of `user-data`, without secrets."""
    lines = ["#cloud-config", f"hostname: {_json(hostname)}"]
    if keys:
        lines += ["ssh_authorized_keys:", *(f"  - {_json(key)}" for key in keys)]
    return "\n".join(lines) + "\n"


def with_password(config: str, account: str, password: str) -> str:
    """Our part with the password of an account, in the words of both older and newer releases of cloud-init."""
    lines = [
        "ssh_pwauth: true",
        "chpasswd:",
        "  expire: false",
        f"  list: {_json(f'{account}:{password}' + chr(10))}",
        "  users:",
        f"  - name: {_json(account)}",
        f"    password: {_json(password)}",
        "    type: text",
    ]
    if account == "root":
        lines.append("disable_root: false")
    return config + "\n".join(lines) + "\n"


def with_files(config: str, files: Sequence[tuple[str, str, bool]]) -> str:
    """Our part with files to write once for each instance: path, content, and whether it is appended to what is there."""
    if not files:
        return config
    lines = ["write_files:"]
    for path, content, append in files:
        encoded = base64.b64encode(content.encode()).decode("ascii")
        lines += [f"  - path: {_json(path)}", "    encoding: b64", f"    content: {_json(encoded)}"]
        lines += ["    append: true"] if append else []
    return config + "\n".join(lines) + "\n"


def merged(ours: str, users: str) -> str:
    """`user-data` of our part and the owner's."""
    if not users.strip():
        return ours
    boundary = hashlib.sha256(f"{ours}\0{users}".encode()).hexdigest()[:40]
    parts = "".join(f"--{boundary}\n{part}\n" for part in (_part(ours), _own(users)))
    return f'Content-Type: multipart/mixed; boundary="{boundary}"\nMIME-Version: 1.0\n\n{parts}--{boundary}--\n'


def _own(users: str) -> str:
    # A MIME document is a part as it stands: headers, an empty line, its body.
    first = users.lstrip().lower()
    return users if first.startswith(("content-type:", "mime-version:")) else _part(users, f"Merge-Type: {_MERGE}\n")


def _part(text: str, headers: str = "") -> str:
    # cloud-init tells the kind of a plain part by its first line, as it does with one that stands alone.
    body = base64.b64encode(text.encode()).decode("ascii")
    lines = "\n".join(body[at : at + _WIDTH] for at in range(0, len(body), _WIDTH))
    return f'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: base64\n{headers}\n{lines}'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)
