"""Every status of a server and the ways between them.

create    schedule → network → disk → start_deploy → deploying → ready (→ start_start → starting → running)
start     start_start → starting → running
stop      start_stop → stopping → ready
restart   start_stop → stopping → start_start → starting → running
reset     the same; a soft one presses the reset button and the guest stays on
suspend   start_suspend → suspending → suspend
resume    resuming → running
sync      sync_config → ready or running, as it was
migrate   start_migrate → migrating (→ starting) → ready or running, on another host; move: off one that lives
live      start_migrate → live_migrating → running, on another host and without a stop; where it fails, on its own
delete    start_delete → deleting → gone
recycle   start_delete → deleting → ready, in the recycle bin

What works on a disk of a server puts it into a status of its own meanwhile, and back to where it was however it ends: the
snapshot or the disk says what failed.
What is done to disks, cards and sizes goes through a status of its own and back to running or ready.
"""

from __future__ import annotations

from enum import StrEnum

from cloudcore.model.lifecycle import Lifecycle, Transition


class ServerStatus(StrEnum):
    """Statuses of a server; `ready` is stopped."""

    INIT = "init"
    SCHEDULE = "schedule"
    SCHED_FAIL = "sched_fail"
    NETWORK = "network"
    NET_FAIL = "net_fail"
    DISK = "disk"
    DISK_FAIL = "disk_fail"
    START_DEPLOY = "start_deploy"
    DEPLOYING = "deploying"
    DEPLOY_FAIL = "deploy_fail"
    CREATE_FAIL = "create_fail"
    READY = "ready"
    START_START = "start_start"
    STARTING = "starting"
    START_FAIL = "start_fail"
    RUNNING = "running"
    START_STOP = "start_stop"
    STOPPING = "stopping"
    STOP_FAIL = "stop_fail"
    START_SUSPEND = "start_suspend"
    SUSPENDING = "suspending"
    SUSPEND = "suspend"
    SUSPEND_FAILED = "suspend_failed"
    RESUMING = "resuming"
    RESUME_FAILED = "resume_failed"
    SYNC_CONFIG = "sync_config"
    SYNC_FAIL = "sync_fail"
    QGA_SET_PASSWORD = "qga_set_password"  # noqa: S105 - a status
    QGA_EXEC_COMMAND_FAILED = "qga_exec_command_failed"
    REBUILD_ROOT = "rebuild_root"
    REBUILD_ROOT_FAIL = "rebuild_root_fail"
    START_DELETE = "start_delete"
    DELETING = "deleting"
    DELETE_FAIL = "delete_fail"
    SYNCSTATUS = "syncstatus"
    SNAPSHOT_START = "snapshot_start"
    SNAPSHOT = "snapshot"
    SNAPSHOT_DELETE = "snapshot_delete"
    DISK_RESET = "disk_reset"
    START_INSTANCE_SNAPSHOT = "start_instance_snapshot"
    START_SAVE_DISK = "start_save_disk"
    SAVE_DISK = "save_disk"
    START_SNAPSHOT_RESET = "start_snapshot_reset"
    SNAPSHOT_RESET_FAILED = "snapshot_reset_failed"
    UNKNOWN = "unknown"
    START_MIGRATE = "start_migrate"
    MIGRATING = "migrating"
    LIVE_MIGRATING = "live_migrating"
    MIGRATE_FAILED = "migrate_failed"
    ATTACH_DISK = "attach_disk"
    ATTACH_DISK_FAIL = "attach_disk_fail"
    DETACH_DISK = "detach_disk"
    DETACH_DISK_FAIL = "detach_disk_fail"
    START_RESIZE_DISK = "start_resize_disk"
    RESIZE_DISK = "resize_disk"
    RESIZE_DISK_FAIL = "resize_disk_fail"
    CHANGE_FLAVOR = "change_flavor"
    CHANGE_FLAVOR_FAIL = "change_flavor_fail"
    RESTART_NETWORK = "restart_network"
    RESTART_NETWORK_FAILED = "restart_network_failed"
    SYNC_ISOLATED_DEVICE_FAILED = "sync_isolated_device_failed"
    IO_THROTTLE = "io_throttle"
    IO_THROTTLE_FAIL = "io_throttle_fail"
    DISK_CHANGE_STORAGE = "disk_change_storage"
    DISK_CHANGE_STORAGE_FAIL = "disk_change_storage_fail"


class PowerState(StrEnum):
    """What the hypervisor says of a server."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


S = ServerStatus

CREATE_FAILURES = (S.CREATE_FAIL, S.SCHED_FAIL, S.NET_FAIL, S.DISK_FAIL)
"""The server never came to be; it can only be deleted."""

SIDE_FAILURES: tuple[ServerStatus, ...] = (
    S.SUSPEND_FAILED,
    S.SYNC_FAIL,
    S.DEPLOY_FAIL,
    S.QGA_EXEC_COMMAND_FAILED,
    S.ATTACH_DISK_FAIL,
    S.DETACH_DISK_FAIL,
    S.RESIZE_DISK_FAIL,
    S.SNAPSHOT_RESET_FAILED,
    S.RESTART_NETWORK_FAILED,
    S.CHANGE_FLAVOR_FAIL,
    S.IO_THROTTLE_FAIL,
    S.DISK_CHANGE_STORAGE_FAIL,
    S.SYNC_ISOLATED_DEVICE_FAILED,
    S.MIGRATE_FAILED,
)
"""Something beside power failed and left the guest as it was, on or off: nothing that a server can do is locked by it."""

SAVED = (S.SUSPEND, S.RESUME_FAILED)
"""The server is off and its memory is kept on its host; what needs it on or off waits until it is resumed or stopped."""

MADE = (
    S.READY,
    S.RUNNING,
    S.START_FAIL,
    S.STOP_FAIL,
    S.DELETE_FAIL,
    S.REBUILD_ROOT_FAIL,
    S.UNKNOWN,
    *SAVED,
    *SIDE_FAILURES,
)
"""The server exists on its host, as far as is known."""

CHANGEABLE = (S.READY, S.RUNNING, *SIDE_FAILURES)
"""Devices can be changed: whether the guest is on or off is known."""


def _beside(name: str, flow: str, through: tuple[ServerStatus, ...], failed: ServerStatus, seconds: int) -> Transition:
    """Something beside power: back to running or ready, as it was."""
    return Transition(
        name=name,
        sources=CHANGEABLE,
        through=through,
        to=S.READY,
        failed=failed,
        flow=flow,
        deadline_s=seconds,
        also_to=(S.RUNNING,),
    )


def _meanwhile(name: str, flow: str, through: tuple[ServerStatus, ...], seconds: int) -> Transition:
    """Something that is done to disks of the server: however it ends, back to running or ready, as it was."""
    return Transition(
        name=name,
        sources=CHANGEABLE,
        through=through,
        to=S.READY,
        failed=S.READY,
        flow=flow,
        deadline_s=seconds,
        also_to=(S.RUNNING,),
        also_failed=(S.RUNNING,),
    )


DEVICES = (
    _beside("attachdisk", "server-attach-disk", (S.ATTACH_DISK,), S.ATTACH_DISK_FAIL, 600),
    _beside("createdisk", "server-create-disk", (S.ATTACH_DISK,), S.ATTACH_DISK_FAIL, 10_800),
    _beside("resize-disk", "server-resize-disk", (S.START_RESIZE_DISK, S.RESIZE_DISK), S.RESIZE_DISK_FAIL, 1200),
    _beside("attachnetwork", "server-attach-network", (S.SYNC_CONFIG,), S.SYNC_FAIL, 600),
    _beside("detachnetwork", "server-detach-network", (S.SYNC_CONFIG,), S.SYNC_FAIL, 600),
    _beside("change-ipaddr", "server-change-address", (S.RESTART_NETWORK,), S.RESTART_NETWORK_FAILED, 600),
    _beside("change-config", "server-change-config", (S.CHANGE_FLAVOR, S.STARTING), S.CHANGE_FLAVOR_FAIL, 10_800),
    _beside("change-bandwidth", "server-change-bandwidth", (S.SYNC_CONFIG,), S.SYNC_FAIL, 600),
    _beside("set-network-num-queues", "server-set-queues", (S.SYNC_CONFIG,), S.SYNC_FAIL, 600),
    _beside("insertiso", "server-change-medium", (S.SYNC_CONFIG,), S.SYNC_FAIL, 2400),
    _beside("ejectiso", "server-change-medium", (S.SYNC_CONFIG,), S.SYNC_FAIL, 600),
    _beside("set-isolated-device", "server-set-devices", (S.SYNC_CONFIG,), S.SYNC_ISOLATED_DEVICE_FAILED, 600),
    _beside("io-throttle", "server-io-throttle", (S.IO_THROTTLE,), S.IO_THROTTLE_FAIL, 600),
    _beside(
        "change-disk-storage",
        "server-change-storage",
        (S.DISK_CHANGE_STORAGE,),
        S.DISK_CHANGE_STORAGE_FAIL,
        20 * 3600,
    ),
    _beside("detachdisk", "server-detach-disk", (S.DETACH_DISK,), S.DETACH_DISK_FAIL, 600),
)

LOGIN = (
    Transition(
        name="deploy",
        sources=(S.READY, S.START_FAIL, *SIDE_FAILURES),
        through=(S.START_DEPLOY, S.DEPLOYING, S.START_START, S.STARTING),
        to=S.READY,
        failed=S.DEPLOY_FAIL,
        flow="server-deploy",
        deadline_s=1200,
        also_to=(S.RUNNING,),
        also_failed=(S.START_FAIL,),
    ),
    Transition(
        name="set-password",
        sources=(S.RUNNING, *SIDE_FAILURES),
        through=(S.QGA_SET_PASSWORD,),
        to=S.RUNNING,
        failed=S.QGA_EXEC_COMMAND_FAILED,
        flow="server-set-password",
        deadline_s=120,
    ),
    Transition(
        name="rebuild-root",
        sources=(S.READY, S.START_FAIL, S.REBUILD_ROOT_FAIL, *SIDE_FAILURES),
        through=(S.REBUILD_ROOT, S.DEPLOYING, S.START_START, S.STARTING),
        to=S.READY,
        failed=S.REBUILD_ROOT_FAIL,
        flow="server-rebuild-root",
        deadline_s=10_800,
        also_to=(S.RUNNING,),
        also_failed=(S.START_FAIL,),
    ),
)
"""The last in the table: their starts and a deployment of a create are looked up as what they are."""

SERVER_LIFECYCLE = Lifecycle(
    states=ServerStatus,
    initial=S.INIT,
    stable=(S.INIT, S.READY, S.RUNNING, S.SUSPEND, S.UNKNOWN),
    transitions=(
        Transition(
            name="start",
            sources=(S.READY, S.START_FAIL, *SAVED, *SIDE_FAILURES),
            through=(S.START_START, S.STARTING),
            to=S.RUNNING,
            failed=S.START_FAIL,
            flow="server-start",
            deadline_s=6000,
            also_failed=(S.RESUME_FAILED,),
        ),
        Transition(
            name="stop",
            sources=(S.RUNNING, S.STOP_FAIL, *SIDE_FAILURES),
            through=(S.START_STOP, S.STOPPING),
            to=S.READY,
            failed=S.STOP_FAIL,
            flow="server-stop",
            deadline_s=900,
            force=(S.READY, S.START_FAIL, S.UNKNOWN, *SAVED),
        ),
        Transition(
            name="restart",
            sources=(S.RUNNING, S.STOP_FAIL, *SIDE_FAILURES),
            through=(S.START_STOP, S.STOPPING, S.START_START, S.STARTING),
            to=S.RUNNING,
            failed=S.STOP_FAIL,
            flow="server-restart",
            deadline_s=1500,
            force=(S.START_FAIL, S.UNKNOWN),
            also_failed=(S.START_FAIL,),
        ),
        Transition(
            name="reset",
            sources=(S.RUNNING, S.STOP_FAIL, *SIDE_FAILURES),
            through=(S.START_STOP, S.STOPPING, S.START_START, S.STARTING),
            to=S.RUNNING,
            failed=S.STOP_FAIL,
            flow="server-reset",
            deadline_s=1500,
            also_failed=(S.START_FAIL,),
        ),
        Transition(
            name="suspend",
            sources=(S.RUNNING, *SIDE_FAILURES),
            through=(S.START_SUSPEND, S.SUSPENDING),
            to=S.SUSPEND,
            failed=S.SUSPEND_FAILED,
            flow="server-suspend",
            deadline_s=1800,
        ),
        Transition(
            name="resume",
            sources=SAVED,
            through=(S.RESUMING,),
            to=S.RUNNING,
            failed=S.RESUME_FAILED,
            flow="server-resume",
            deadline_s=1800,
        ),
        Transition(
            name="sync",
            sources=(S.READY, S.RUNNING, *SIDE_FAILURES),
            through=(S.SYNC_CONFIG,),
            to=S.READY,
            failed=S.SYNC_FAIL,
            flow="server-sync",
            deadline_s=600,
            also_to=(S.RUNNING,),
        ),
        Transition(
            name="delete",
            sources=(S.INIT, *MADE, *CREATE_FAILURES),
            through=(S.START_DELETE, S.DELETING),
            to=None,
            failed=S.DELETE_FAIL,
            flow="server-delete",
            deadline_s=3600,
        ),
        Transition(
            name="recycle",
            sources=MADE,
            through=(S.START_DELETE, S.DELETING),
            to=S.READY,
            failed=S.DELETE_FAIL,
            flow="server-recycle",
            deadline_s=900,
        ),
        Transition(
            name="syncstatus",
            sources=MADE,
            through=(S.SYNCSTATUS,),
            to=S.READY,
            failed=S.UNKNOWN,
            flow="server-syncstatus",
            deadline_s=300,
            also_to=(S.RUNNING, S.SUSPEND),
        ),
        Transition(
            name="migrate",
            sources=(S.READY, S.RUNNING, S.START_FAIL, S.STOP_FAIL, S.UNKNOWN, *SIDE_FAILURES),
            through=(S.START_MIGRATE, S.MIGRATING, S.STARTING),
            to=S.READY,
            failed=S.MIGRATE_FAILED,
            flow="server-migrate",
            deadline_s=1200,
            also_to=(S.RUNNING,),
        ),
        _beside("move", "server-move", (S.START_MIGRATE, S.MIGRATING, S.STARTING), S.MIGRATE_FAILED, 1800),
        _meanwhile("live-migrate", "server-live-migrate", (S.START_MIGRATE, S.LIVE_MIGRATING), 5 * 3600),
        *DEVICES,
        _meanwhile("snapshot", "snapshot-create", (S.SNAPSHOT_START, S.SNAPSHOT), 1800),
        _meanwhile("snapshot-delete", "snapshot-delete", (S.SNAPSHOT_DELETE,), 3600),
        _meanwhile("instance-snapshot", "instance-snapshot-create", (S.START_INSTANCE_SNAPSHOT,), 1800),
        _meanwhile("instance-snapshot-delete", "instance-snapshot-delete", (S.SNAPSHOT_DELETE,), 3600),
        Transition(
            name="instance-snapshot-reset",
            sources=(S.READY, *SIDE_FAILURES),
            through=(S.START_SNAPSHOT_RESET, S.STARTING),
            to=S.READY,
            failed=S.SNAPSHOT_RESET_FAILED,
            flow="instance-snapshot-reset",
            deadline_s=3600,
            also_to=(S.RUNNING,),
        ),
        _meanwhile("save-image", "image-save", (S.START_SAVE_DISK, S.SAVE_DISK), 6 * 3600),
        Transition(
            name="disk-reset",
            sources=(S.READY, *SIDE_FAILURES),
            through=(S.DISK_RESET, S.START_START, S.STARTING),
            to=S.READY,
            failed=S.READY,
            flow="disk-reset",
            deadline_s=3600,
            also_to=(S.RUNNING,),
        ),
        Transition(
            name="create",
            sources=(),
            through=(
                S.SCHEDULE,
                S.NETWORK,
                S.DISK,
                S.START_DEPLOY,
                S.DEPLOYING,
                S.START_START,
                S.STARTING,
            ),
            to=S.READY,
            failed=S.CREATE_FAIL,
            flow="server-create",
            deadline_s=8 * 3600,
            also_to=(S.RUNNING,),
            also_failed=(S.SCHED_FAIL, S.NET_FAIL, S.DISK_FAIL, S.START_FAIL),
        ),
        *LOGIN,
    ),
)
"""`create` comes after what it is made of: a start that is part of it is looked up as the start that it is."""
