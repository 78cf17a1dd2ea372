"""What cloud-init finds: our part and the owner's, which cannot become each other."""

from __future__ import annotations

import base64
import json
from email import message_from_string
from email.message import Message

import pytest

from cloudcore.resources.compute.seed import cloud_config, merged, meta_data, with_files, with_password

yaml = pytest.importorskip("yaml")
KEY = "ssh-ed25519 AAAA me@there"
HOSTILE = [
    'a"b\\c',
    "x\nusers: [{name: evil}]",
    "x\n--boundary--\n#!/bin/sh\nrm -rf /",
    "${jndi:x}",
    "{{ 1 }}",
    "é\u2028\x85x",
]


def parts(text: str) -> list[Message]:
    message = message_from_string(text)
    return [part for part in message.walk() if not part.is_multipart()]


def body(part: Message) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_becomes_markup(value: str) -> None:
    config = with_password(cloud_config(value, [value]), "root", value)

    assert config.startswith("#cloud-config\n")
    read = yaml.safe_load(config)
    assert set(read) == {"hostname", "ssh_authorized_keys", "ssh_pwauth", "chpasswd", "disable_root"}
    assert (read["hostname"], read["ssh_authorized_keys"]) == (value, [value])
    assert read["chpasswd"]["users"] == [{"name": "root", "password": value, "type": "text"}]
    assert read["chpasswd"]["list"] == f"root:{value}\n"
    assert json.loads(meta_data("i-1", value, [value])) == {
        "instance-id": "i-1",
        "local-hostname": value,
        "public-keys": [value],
    }


@pytest.mark.parametrize("value", HOSTILE)
def test_no_file_becomes_markup(value: str) -> None:
    config = with_files(cloud_config("web", []), [(f"/{value}", value, False), ("/b", "x", True)])
    first, second = yaml.safe_load(config)["write_files"]
    assert (first["path"], base64.b64decode(first["content"]).decode()) == (f"/{value}", value)
    assert (second["append"], "append" in first) == (True, False)
    assert with_files(config, []) == config


def test_without_data_of_the_owner_there_is_our_part_alone() -> None:
    ours = cloud_config("web", [KEY])
    assert merged(ours, "") == merged(ours, " \n") == ours


@pytest.mark.parametrize(
    "users", ["#!/bin/sh\necho hi\n", "#cloud-config\npackages: [vim]\n", "#include\nhttp://x\n", *HOSTILE]
)
def test_the_owners_data_stands_beside_ours_byte_for_byte(users: str) -> None:
    ours = cloud_config("web", [KEY])

    first, second = parts(merged(ours, users))

    assert (body(first), body(second)) == (ours, users)
    assert second["Merge-Type"].startswith("list(append)")


def test_an_owners_mime_document_is_kept_with_its_parts() -> None:
    users = (
        'Content-Type: multipart/mixed; boundary="b"\nMIME-Version: 1.0\n\n'
        "--b\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n--b\n"
        "Content-Type: text/cloud-config\n\n#cloud-config\n--b--\n"
    )
    ours = cloud_config("web", [])

    found = [(part.get_content_type(), body(part).strip()) for part in parts(merged(ours, users))]

    assert found == [
        ("text/plain", ours.strip()),
        ("text/x-shellscript", "#!/bin/sh"),
        ("text/cloud-config", "#cloud-config"),
    ]


def test_an_owner_cannot_close_the_document_by_guessing_its_boundary() -> None:
    ours = cloud_config("web", [])
    boundary = message_from_string(merged(ours, "Content-Type: text/plain\n\nx")).get_boundary()
    users = f"Content-Type: text/plain\n\nx\n--{boundary}--\n"

    assert message_from_string(merged(ours, users)).get_boundary() != boundary
    assert len(parts(merged(ours, users))) == 2
