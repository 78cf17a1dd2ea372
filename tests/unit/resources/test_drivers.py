from __future__ import annotations

import pytest

from cloudcore.model.errors import InvalidInputError, InvalidStatusError, NotSupportedError, OutOfRangeError
from cloudcore.resources.compute.drivers import ALL, Driver, Family, driver_for
from cloudcore.resources.compute.server import ServerStatus

KVM = driver_for("kvm")
EVERY = pytest.mark.parametrize("driver", ALL, ids=lambda d: d.hypervisor)


def test_an_unknown_hypervisor_is_refused_with_what_there_is() -> None:
    with pytest.raises(NotSupportedError, match="kvm, simulated") as caught:
        driver_for("esxi\r\n")
    assert "\n" not in str(caught.value)


def test_each_driver_has_a_name_and_a_kind_of_host_of_its_own() -> None:
    assert len({d.hypervisor for d in ALL}) == len({d.host_type for d in ALL}) == len(ALL)
    assert driver_for("simulated").family is Family.CLOUD_MANAGED


@EVERY
def test_sizes_are_bounded_on_both_sides(driver: Driver) -> None:
    driver.check_size(1, driver.min_memory_mib)
    driver.check_size(driver.max_vcpus, driver.max_memory_mib)
    for vcpus, memory, field in (
        (0, driver.min_memory_mib, "vcpu_count"),
        (driver.max_vcpus + 1, driver.min_memory_mib, "vcpu_count"),
        (1, driver.min_memory_mib - 1, "vmem_size"),
        (1, driver.max_memory_mib + 1, "vmem_size"),
    ):
        with pytest.raises(OutOfRangeError) as caught:
            driver.check_size(vcpus, memory)
        assert caught.value.field == field


@EVERY
def test_devices_are_bounded(driver: Driver) -> None:
    driver.check_counts(driver.max_disks, driver.max_nics)
    for disks, nics in ((0, 1), (driver.max_disks + 1, 1), (1, driver.max_nics + 1)):
        with pytest.raises(OutOfRangeError):
            driver.check_counts(disks, nics)
    driver.check_disk_size(driver.min_root_mib, root=True)
    for size in (0, driver.max_disk_mib + 1):
        with pytest.raises(OutOfRangeError):
            driver.check_disk_size(size, root=False)


def test_values_are_chosen_by_name_in_any_case_or_by_default() -> None:
    assert KVM.choose("bios", "uefi") == "UEFI"
    assert KVM.choose("disk_drivers", "") == KVM.default_disk_driver == "virtio"
    assert (KVM.default_nic_driver, KVM.default_format, KVM.default_backend) == ("virtio", "qcow2", "local")
    assert (KVM.default_machine("x86_64"), KVM.default_machine("aarch64")) == ("pc", "virt")
    with pytest.raises(InvalidInputError) as caught:
        KVM.choose("nic_drivers", "rtl8139")
    assert caught.value.field == "nic_drivers"


@EVERY
def test_actions_depend_on_the_status(driver: Driver) -> None:
    driver.check_action("start", ServerStatus.READY)
    with pytest.raises(InvalidStatusError, match="allowed: ready"):
        driver.check_action("start", ServerStatus.DEPLOYING)
    with pytest.raises(NotSupportedError):
        driver.check_action("enchant", ServerStatus.RUNNING)
