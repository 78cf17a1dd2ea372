"""Images; inspect/ looks into their bytes."""

from __future__ import annotations

from typing import Any

from cloudcore.model.resource import Resource
from cloudcore.resources.image.guestimage import GUESTIMAGES
from cloudcore.resources.image.image import IMAGES
from cloudcore.resources.image.subimage import SUBIMAGES

RESOURCES: tuple[Resource[Any], ...] = (IMAGES, SUBIMAGES, GUESTIMAGES)
