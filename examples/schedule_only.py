"""Use the scheduler alone: your own hosts, no database, no service, nothing else of cloudcore."""

from __future__ import annotations

from cloudcore.scheduling import (
    DiskRequest,
    HostRow,
    Inventory,
    NetworkRow,
    NicRequest,
    Request,
    StorageRow,
    relaxations,
    schedule,
)


def main() -> None:
    inventory = Inventory.build(
        hosts=[
            HostRow(id="h1", name="anna", cpu_count=8, mem_size=16384, mem_claimed=4096),
            HostRow(id="h2", name="bert", cpu_count=8, mem_size=16384),
            HostRow(id="h3", name="cleo", cpu_count=8, mem_size=16384, host_status="offline"),
        ],
        storages=[StorageRow(id=f"disk-of-{host}", capacity=100_000) for host in ("h1", "h2", "h3")],
        networks=[NetworkRow(id="lan", wire_id="w1", free_ports=20)],
        host_storages=[(host, f"disk-of-{host}") for host in ("h1", "h2", "h3")],
        host_wires=[(host, "w1") for host in ("h1", "h2", "h3")],
    )
    request = Request(
        count=3,
        vcpus=2,
        memory_mib=4096,
        disks=[DiskRequest(size_mib=20_000)],
        nets=[NicRequest()],
        seed="example",
    )
    decision = schedule(inventory, request)
    print(decision.explain())
    assert decision.refusal is None
    assert [placement.host_name for placement in decision.placements] == ["bert", "anna", "bert"]

    decision = schedule(inventory, Request(vcpus=2, memory_mib=65536, seed="example"))
    assert decision.refusal is not None
    print(decision.refusal.summary())
    assert "2 by host_memory (request: 65536 MiB, free at most: 16384 MiB)" in decision.refusal.summary()

    for relaxation in relaxations(inventory, decision.request):
        print("would fit:", relaxation.text)
        assert schedule(inventory, relaxation.request).refusal is None


if __name__ == "__main__":
    main()
