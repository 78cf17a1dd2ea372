"""Files that `server-create` and `server-deploy` are told of: read here, or taken as they are written."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from cloudcore_apps.climc.handmade.servers import body_of, files_of


def test_content_is_that_of_a_file_or_the_text_itself(tmp_path: Path) -> None:
    source = tmp_path / "hosts"
    source.write_text("::1 me\n")
    assert files_of(["/etc/motd:hello: you", f"+/etc/hosts:{source}"]) == [
        {"action": "create", "path": "/etc/motd", "content": "hello: you"},
        {"action": "append", "path": "/etc/hosts", "content": "::1 me\n"},
    ]
    assert body_of({"name": "web", "deploy": ("/a:b",)})["deploy_configs"][0]["path"] == "/a"
    assert "deploy_configs" not in body_of({"name": "web", "deploy": ()})


@pytest.mark.parametrize("text", ["", "/etc/motd", ":x"])
def test_what_names_no_file_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        files_of([text])
