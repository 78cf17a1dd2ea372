"""What `cloudcore up` says when it is ready."""

from __future__ import annotations

from pathlib import Path

import attrs


@attrs.frozen(kw_only=True)
class Greeting:
    """What was found and made. secrets: the folder with the keys. password: only when it was made just now. unknown: marked things without a record."""

    url: str
    hypervisor: str
    hosts: int
    data: Path
    secrets: Path
    password: str = attrs.field(default="", repr=False)
    unknown: tuple[str, ...] = ()


def text_of(greeting: Greeting) -> str:
    """The lines for a terminal."""
    hosts = "1 host" if greeting.hosts == 1 else f"{greeting.hosts} hosts"
    lines = [
        f"cloudcore is up on {greeting.url}",
        f"  hypervisor  {greeting.hypervisor} ({hosts})",
        f"  data        {greeting.data}",
        _login(greeting),
    ]
    if greeting.unknown:
        shown = ", ".join(greeting.unknown[:3])
        lines.append(
            f"  unknown     {len(greeting.unknown)} things carry our mark but have no record: {shown}; left alone"
        )
    lines += [
        "  next        in a second terminal: climc server-list",
        '              other clients: eval "$(cloudcore env)"',
    ]
    return "\n".join(lines)


def _login(greeting: Greeting) -> str:
    where = greeting.secrets / "admin-password"
    if greeting.password:
        return f"  login       sysadmin, password {greeting.password} (shown once; kept in {where})"
    return f"  login       sysadmin, password in {where}"
