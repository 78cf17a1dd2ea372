"""The simulated cloud, for tests that need a whole one."""

from __future__ import annotations

from cloudcore_apps.simulate.cloud import (
    CALLER,
    DEPLOYMENT,
    IMAGE_BYTES,
    IMAGE_URL,
    PROJECT,
    RESOURCES,
    Cloud,
    server_body,
)

__all__ = ["CALLER", "DEPLOYMENT", "IMAGE_BYTES", "IMAGE_URL", "PROJECT", "RESOURCES", "Cloud", "server_body"]
