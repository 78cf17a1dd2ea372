"""Of which class things are: labels that their tags say. Servers go to hosts of the class of their project and image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from cloudcore.model.json import JsonMapping
from cloudcore.operations.platform import Platform
from cloudcore.operations.tags import CLASS
from cloudcore.resources.identity.project import PROJECTS

KNOWN = timedelta(seconds=10)
"""For so long it may be unknown that another process has changed the class of a project."""
MOST_KNOWN = 4096


def classes_of(tags: JsonMapping) -> dict[str, str]:
    """The labels of the class of something with these tags."""
    return {key.removeprefix(CLASS): str(value) for key, value in tags.items() if key.startswith(CLASS)}


def classes_of_projects(platform: Platform, idents: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    """The same of projects, by id; at most one look-up, none of those that were asked for of late."""
    wanted = sorted(set(idents))
    kept, now = platform.columns, platform.clock.now()
    # What this process writes shows at once.
    written = platform.uow.written(PROJECTS.plural, None)[0]
    with kept.lock:
        found = {
            ident: labels
            for ident in wanted
            for at, number, labels in (kept.classes.get(ident, (now, -1, {})),)
            if number == written and timedelta(0) <= now - at < KNOWN
        }
    missing = [ident for ident in wanted if ident not in found]
    if missing:
        tags = platform.directory.tags_of(PROJECTS.plural, missing)
        asked = {ident: classes_of(tags.get(ident, {})) for ident in missing}
        with kept.lock:
            if len(kept.classes) + len(asked) > MOST_KNOWN:
                kept.classes.clear()
            kept.classes.update({ident: (now, written, labels) for ident, labels in asked.items()})
        found |= asked
    return found
