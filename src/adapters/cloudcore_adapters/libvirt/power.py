"""Power states: libvirt's words in ours."""

from __future__ import annotations

from cloudcore_adapters.libvirt.connection import Domain, translated

ON, OFF, SAVED, PAUSED, CRASHED, MISSING = "on", "off", "saved", "paused", "crashed", "missing"


def power_state(domain: Domain) -> str:
    """One of `on`, `off`, `saved`, `paused`, `crashed`.

    QEMU that stopped by itself, after an internal error of the virtualisation, is paused for a reason that libvirt does not
    know: such a guest is `crashed`, for it cannot be resumed.
    """
    import libvirt

    with translated("reading the power state"):
        state, reason = domain.state()
    if state == libvirt.VIR_DOMAIN_PAUSED:
        broken = {
            libvirt.VIR_DOMAIN_PAUSED_UNKNOWN,
            libvirt.VIR_DOMAIN_PAUSED_CRASHED,
            libvirt.VIR_DOMAIN_PAUSED_POSTCOPY_FAILED,
        }
        if reason == libvirt.VIR_DOMAIN_PAUSED_STARTING_UP:
            return ON  # libvirt starts each guest paused and lets it go when all is in place
        return CRASHED if reason in broken else PAUSED
    if state == libvirt.VIR_DOMAIN_SHUTOFF:
        with translated("reading the power state"):
            return SAVED if domain.hasManagedSaveImage() else OFF
    return {
        libvirt.VIR_DOMAIN_RUNNING: ON,
        libvirt.VIR_DOMAIN_BLOCKED: ON,
        libvirt.VIR_DOMAIN_SHUTDOWN: ON,
        libvirt.VIR_DOMAIN_PMSUSPENDED: PAUSED,
        libvirt.VIR_DOMAIN_CRASHED: CRASHED,
    }.get(state, OFF)
