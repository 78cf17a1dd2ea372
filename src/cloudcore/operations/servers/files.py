"""Files that a new or newly deployed server finds: `deploy_configs`. cloud-init writes them at the next start."""

from __future__ import annotations

import json
import re

from cloudcore.model.errors import InvalidInputError, MissingParameterError, TooLargeError
from cloudcore.model.json import Json, JsonMapping, JsonObject
from cloudcore.model.reading import read_str, said
from cloudcore.resources.compute.spec.text import absolute_path, as_list, as_object

MAX_FILES = 16
MAX_BYTES = 65_536
"""Of all files of a server together."""
_KEY = re.compile(r"deploy\.([0-9]{1,4})\.(path|content|action)", re.ASCII)
_ACTIONS = ("create", "append")


def read_deploy_configs(body: JsonMapping) -> str:
    """The files of a body, as JSON that is kept sealed; empty for none.

    Each is `{path, content, action}`; action is `create`, which replaces what is there, or `append`. Old clients send
    `deploy.0.path`, `deploy.0.content` and `deploy.0.action` instead.

    Raises:
        InvalidInputError: names the field.
        TooLargeError: more than 64 KiB in all.
    """
    sent = body.get("deploy_configs")
    if sent in (None, "", []):
        sent = _dotted(body)
    if not sent:
        return ""
    files = [
        _file(one, f"deploy_configs.{place}") for place, one in enumerate(as_list(sent, "deploy_configs", MAX_FILES))
    ]
    if sum(len(str(one["content"]).encode()) for one in files) > MAX_BYTES:
        raise TooLargeError(f"deploy_configs hold more than {MAX_BYTES} bytes", field="deploy_configs")
    return json.dumps(files, ensure_ascii=False)


def _dotted(body: JsonMapping) -> list[Json]:
    found: dict[int, JsonObject] = {}
    for key, value in body.items():
        if match := _KEY.fullmatch(key):
            found.setdefault(int(match[1]), {})[match[2]] = value
    return [found[place] for place in sorted(found)]


def _file(value: Json, where: str) -> JsonObject:
    data = as_object(value, where)
    path = absolute_path(said(data, "path"), f"{where}.path")
    if not path or path == "/":
        raise MissingParameterError(f"{where}.path is missing", field=f"{where}.path")
    action = read_str(said(data, "action", otherwise="create"), f"{where}.action", 16)
    if action not in _ACTIONS:
        raise InvalidInputError(f"{where}.action must be create or append", field=f"{where}.action")
    content = data.get("content")
    text = read_str("" if content is None else content, f"{where}.content", MAX_BYTES, allow_newlines=True)
    return {"path": path, "content": text, "append": action == "append"}
