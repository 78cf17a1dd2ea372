"""Hosts with libvirt.

    host.py           the adapter: performer of effects, hypervisor, consoles
    guests.py         guests as domains;   domain.py their XML;   seed.py their seeds;   power.py their states
    devices.py        what plugs into a guest that runs;   resize.py   volumes that grow
    volumes.py        volumes as files;    images.py the image cache;   download.py, qcow2.py
    networks.py       networks and reserved addresses;   dhcp.py ends leases
    connection.py     the connection and libvirt's event loop;   watch.py power states as they change;   console.py
    marks.py          what tells ours from others';   arguments.py   what effects may say
    probe.py          whether KVM really works;   requirements.py   what a host must have installed

The binding `libvirt` is imported when it is first used.
"""

from __future__ import annotations

from cloudcore_adapters.libvirt.host import HostSettings, LibvirtHost, StorageSetting
from cloudcore_adapters.libvirt.probe import Verdict, probe_virt
from cloudcore_adapters.libvirt.requirements import advice, missing_packages

__all__ = ["HostSettings", "LibvirtHost", "StorageSetting", "Verdict", "advice", "missing_packages", "probe_virt"]
