"""The long operations of the platform: one file each, listed here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cloudcore.tasks.flow import Flow
from cloudcore.tasks.flows.disk_create import DISK_CREATE
from cloudcore.tasks.flows.disk_delete import DISK_DELETE
from cloudcore.tasks.flows.disk_reset import DISK_RESET
from cloudcore.tasks.flows.disk_resize import DISK_RESIZE
from cloudcore.tasks.flows.guest_image_save import GUEST_IMAGE_SAVE
from cloudcore.tasks.flows.image_cache import IMAGE_CACHE
from cloudcore.tasks.flows.image_convert import IMAGE_CONVERT
from cloudcore.tasks.flows.image_delete import IMAGE_DELETE
from cloudcore.tasks.flows.image_import import IMAGE_IMPORT
from cloudcore.tasks.flows.image_probe import IMAGE_PROBE
from cloudcore.tasks.flows.image_save import IMAGE_SAVE
from cloudcore.tasks.flows.image_uncache import IMAGE_UNCACHE
from cloudcore.tasks.flows.image_upload import IMAGE_UPLOAD
from cloudcore.tasks.flows.instance_snapshot_create import INSTANCE_SNAPSHOT_CREATE
from cloudcore.tasks.flows.instance_snapshot_delete import INSTANCE_SNAPSHOT_DELETE
from cloudcore.tasks.flows.instance_snapshot_reset import INSTANCE_SNAPSHOT_RESET
from cloudcore.tasks.flows.server_attach_disk import SERVER_ATTACH_DISK
from cloudcore.tasks.flows.server_attach_network import SERVER_ATTACH_NETWORK
from cloudcore.tasks.flows.server_change_address import SERVER_CHANGE_ADDRESS
from cloudcore.tasks.flows.server_change_config import SERVER_CHANGE_CONFIG
from cloudcore.tasks.flows.server_change_medium import SERVER_CHANGE_MEDIUM
from cloudcore.tasks.flows.server_change_storage import SERVER_CHANGE_STORAGE
from cloudcore.tasks.flows.server_create import SERVER_CREATE
from cloudcore.tasks.flows.server_create_disk import SERVER_CREATE_DISK
from cloudcore.tasks.flows.server_delete import SERVER_DELETE
from cloudcore.tasks.flows.server_deploy import SERVER_DEPLOY
from cloudcore.tasks.flows.server_detach_disk import SERVER_DETACH_DISK
from cloudcore.tasks.flows.server_detach_network import SERVER_DETACH_NETWORK
from cloudcore.tasks.flows.server_live_migrate import SERVER_LIVE_MIGRATE
from cloudcore.tasks.flows.server_migrate import SERVER_MIGRATE
from cloudcore.tasks.flows.server_move import SERVER_MOVE
from cloudcore.tasks.flows.server_rebuild_root import SERVER_REBUILD_ROOT
from cloudcore.tasks.flows.server_recycle import SERVER_RECYCLE
from cloudcore.tasks.flows.server_reset import SERVER_RESET
from cloudcore.tasks.flows.server_resize_disk import SERVER_RESIZE_DISK
from cloudcore.tasks.flows.server_restart import SERVER_RESTART
from cloudcore.tasks.flows.server_resume import SERVER_RESUME
from cloudcore.tasks.flows.server_set_devices import SERVER_SET_DEVICES
from cloudcore.tasks.flows.server_set_password import SERVER_SET_PASSWORD
from cloudcore.tasks.flows.server_start import SERVER_START
from cloudcore.tasks.flows.server_stop import SERVER_STOP
from cloudcore.tasks.flows.server_suspend import SERVER_SUSPEND
from cloudcore.tasks.flows.server_sync import SERVER_SYNC
from cloudcore.tasks.flows.server_syncstatus import SERVER_SYNCSTATUS
from cloudcore.tasks.flows.server_throttle import SERVER_CHANGE_BANDWIDTH, SERVER_IO_THROTTLE, SERVER_SET_QUEUES
from cloudcore.tasks.flows.snapshot_create import SNAPSHOT_CREATE
from cloudcore.tasks.flows.snapshot_delete import SNAPSHOT_DELETE
from cloudcore.tasks.flows.task_notify import TASK_NOTIFY

ALL: tuple[Flow, ...] = (
    SERVER_CREATE,
    SERVER_START,
    SERVER_STOP,
    SERVER_RESTART,
    SERVER_RESET,
    SERVER_SUSPEND,
    SERVER_RESUME,
    SERVER_SYNC,
    SERVER_SYNCSTATUS,
    SERVER_MIGRATE,
    SERVER_MOVE,
    SERVER_LIVE_MIGRATE,
    SERVER_DEPLOY,
    SERVER_SET_PASSWORD,
    SERVER_REBUILD_ROOT,
    SERVER_DELETE,
    SERVER_RECYCLE,
    SERVER_ATTACH_DISK,
    SERVER_CREATE_DISK,
    SERVER_DETACH_DISK,
    SERVER_RESIZE_DISK,
    SERVER_CHANGE_STORAGE,
    SERVER_ATTACH_NETWORK,
    SERVER_DETACH_NETWORK,
    SERVER_CHANGE_ADDRESS,
    SERVER_CHANGE_CONFIG,
    SERVER_CHANGE_BANDWIDTH,
    SERVER_SET_QUEUES,
    SERVER_IO_THROTTLE,
    SERVER_SET_DEVICES,
    SERVER_CHANGE_MEDIUM,
    DISK_CREATE,
    DISK_RESIZE,
    DISK_DELETE,
    DISK_RESET,
    SNAPSHOT_CREATE,
    SNAPSHOT_DELETE,
    INSTANCE_SNAPSHOT_CREATE,
    INSTANCE_SNAPSHOT_DELETE,
    INSTANCE_SNAPSHOT_RESET,
    IMAGE_UPLOAD,
    IMAGE_SAVE,
    GUEST_IMAGE_SAVE,
    IMAGE_DELETE,
    IMAGE_CACHE,
    IMAGE_UNCACHE,
    IMAGE_CONVERT,
    IMAGE_IMPORT,
    IMAGE_PROBE,
    TASK_NOTIFY,
)
FLOWS: Mapping[str, Flow] = MappingProxyType({flow.name: flow for flow in ALL})
