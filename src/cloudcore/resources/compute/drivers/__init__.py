"""Hypervisors and clouds as data: one `Driver` value each.

driver.py says what a driver is; kvm.py and simulated.py are the ones there are; `driver_for` finds one by name.
"""

from __future__ import annotations

from cloudcore.model.errors import NotSupportedError
from cloudcore.resources.compute.drivers.driver import Driver, Family
from cloudcore.resources.compute.drivers.kvm import KVM
from cloudcore.resources.compute.drivers.simulated import SIMULATED

__all__ = ["ALL", "Driver", "Family", "driver_for"]

ALL: tuple[Driver, ...] = (KVM, SIMULATED)


def driver_for(hypervisor: str) -> Driver:
    """The driver of that name.

    Raises:
        NotSupportedError: there is none; the message names those that there are.
    """
    found = next((driver for driver in ALL if driver.hypervisor == hypervisor), None)
    if found is None:
        names = ", ".join(driver.hypervisor for driver in ALL)
        raise NotSupportedError(
            f"hypervisor {hypervisor[:64]!a} is not available; there is {names}", field="hypervisor"
        )
    return found
