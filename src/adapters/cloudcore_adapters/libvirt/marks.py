"""Marks: in the metadata of libvirt's XML and beside files, so that we touch only what is ours."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import attrs

from cloudcore.model.effects import Mark

NAMESPACE = "urn:cloudcore:mark:1"
FILE = "mark.json"
FORMAT = 1
_TAG = f"{{{NAMESPACE}}}mark"


def element(mark: Mark) -> ET.Element:
    """The mark as the `<metadata>` of a domain or network."""
    metadata = ET.Element("metadata")
    ET.SubElement(
        metadata, _TAG, deployment=mark.deployment, resource=mark.resource, fence=str(mark.fence), version=str(FORMAT)
    )
    return metadata


def in_xml(xml: ET.Element) -> Mark | None:
    """The mark of a domain or network, or None for what is not marked."""
    return _mark(dict(found.attrib)) if (found := xml.find(f"metadata/{_TAG}")) is not None else None


def write(folder: Path, mark: Mark, **facts: Any) -> None:
    """Write the mark, with facts about what it marks, into a folder; on disk when this returns."""
    body = {"version": FORMAT, **attrs.asdict(mark), **facts}
    new = folder / f".{FILE}"
    with new.open("w", encoding="utf-8") as out:
        json.dump(body, out)
        out.flush()
        os.fsync(out.fileno())
    new.replace(folder / FILE)
    sync_folder(folder)


def read(folder: Path) -> tuple[Mark, dict[str, Any]] | None:
    """The mark and the facts in a folder, or None for a folder without a readable mark."""
    try:
        body = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(body, dict) or (mark := _mark(body)) is None:
        return None
    return mark, body


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _mark(body: Mapping[str, Any]) -> Mark | None:
    deployment, resource, fence = (body.get(name) for name in ("deployment", "resource", "fence"))
    if not isinstance(deployment, str) or not isinstance(resource, str) or not str(fence).isdecimal():
        return None
    return Mark(deployment=deployment, resource=resource, fence=int(str(fence)))
