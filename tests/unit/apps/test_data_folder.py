"""The data folder: who holds it, and its secrets."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cloudcore.model.errors import BackendError, ConflictError
from cloudcore_apps.data_folder import DataFolder, process_start


def test_one_holds_it_and_another_is_told_who(tmp_path: Path) -> None:
    folder, other = DataFolder(tmp_path / "data"), DataFolder(tmp_path / "data")
    assert other.holder() is None
    with folder:
        folder.note({"url": "http://127.0.0.1:1"})
        with pytest.raises(ConflictError, match=f"pid {os.getpid()}") as refused:
            other.hold()
        assert refused.value.data == {"pid": os.getpid()}
        holder = other.holder()
        assert holder is not None
        assert (holder.pid, holder.facts["url"]) == (os.getpid(), "http://127.0.0.1:1")
        assert holder.facts["started"] == process_start(os.getpid())
    assert other.holder() is None
    with other:
        assert folder.holder() is not None


def test_the_hold_of_a_killed_process_is_gone(tmp_path: Path) -> None:
    script = f"""
import os, signal
from pathlib import Path
from cloudcore_apps.data_folder import DataFolder
DataFolder(Path({str(tmp_path / "data")!r})).hold()
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    folder = DataFolder(tmp_path / "data")
    assert folder.holder() is None
    with folder:
        assert folder.holder() is not None


def test_it_is_its_owners_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    with DataFolder(tmp_path / "data") as folder:
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BackendError, match="cannot be used"):
        DataFolder(tmp_path / "file" / "data").hold()


def test_secrets_are_made_once(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as folder:
        assert folder.secret("url-key", b"first") == b"first"
        assert folder.secret("url-key", b"second") == b"first"
        password, made = folder.admin_password()
        assert (made, len(password)) == (True, 20)
        assert folder.admin_password() == (password, False)
        assert stat.S_IMODE((tmp_path / "admin-password").stat().st_mode) == 0o600


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as folder:
        folder.admin_password()
        (tmp_path / "admin-password").chmod(0o644)
        with pytest.raises(BackendError):
            folder.admin_password()


def test_the_deployment_stays_what_it_was(tmp_path: Path) -> None:
    first, second = "0c0ffee0-0000-4000-8000-000000000001", "0c0ffee0-0000-4000-8000-000000000002"
    with DataFolder(tmp_path) as folder:
        assert folder.deployment(first) == first
        assert folder.deployment(second) == first
        (tmp_path / "deployment").write_text("../../etc")
        with pytest.raises(BackendError, match="damaged"):
            folder.deployment(second)


@pytest.mark.parametrize("text", ["", "[]", '{"auth_url": 5}', "{"])
def test_damaged_facts_for_clients_are_refused(tmp_path: Path, text: str) -> None:
    with DataFolder(tmp_path) as folder:
        assert folder.read_local() is None
        folder.write_local({"auth_url": "http://127.0.0.1:1"})
        assert folder.read_local() == {"auth_url": "http://127.0.0.1:1"}
        (tmp_path / "local.json").write_text(text)
        with pytest.raises(BackendError, match="damaged"):
            folder.read_local()


@pytest.mark.parametrize("text", ["", "not json", "[1]", '{"pid": "7"}'])
def test_a_damaged_note_names_nobody(tmp_path: Path, text: str) -> None:
    with DataFolder(tmp_path) as folder:
        (tmp_path / "lock").write_text(text)
        holder = DataFolder(tmp_path).holder()
        assert holder is not None
        assert holder.pid == 0
        assert folder.holder() is not None
