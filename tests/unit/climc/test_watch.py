"""Watching lists, following the feed, and waiting for a resource to be as it should."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from cloudcore.cloud import Cloud
from cloudcore.model.listing import Listing
from cloudcore.ports.session import Session
from cloudcore_adapters.client.feed import follow
from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.runtime import Runtime

Climc = Callable[..., tuple[int, str, str]]


class Attentive:
    """A session that says when the feed is first followed, so that nothing changes before somebody watches."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.began = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def list(self, plural: str, params: Any = ()) -> Listing:
        if plural == "history" and "after" in params:
            self.began.set()
        return self._session.list(plural, params or {})


class Place:
    """A cloud whose history is numbered by a thread, as a program does."""

    def __init__(self) -> None:
        self.cloud: Cloud
        self.cloud, password = memory_cloud()
        self.session: Session = self.cloud.login("sysadmin", password, project="system")
        self.session.create("keypairs", {"name": "old", "description": "1"})
        self.cloud.number_history()
        self.watched = Attentive(self.session)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._number)
        self.thread.start()

    def _number(self) -> None:
        while not self.ended.wait(0.05):
            self.cloud.number_history()

    def after(self, seconds: float, *work: Callable[[], Any]) -> None:
        """Do each in turn, with a pause before, once somebody watches."""

        def all_of_it() -> None:
            assert self.watched.began.wait(60)
            for one in work:
                time.sleep(seconds)
                one()

        threading.Thread(target=all_of_it).start()


@pytest.fixture
def place() -> Iterator[Place]:
    place = Place()
    yield place
    place.ended.set()
    place.thread.join()


@pytest.fixture
def climc(place: Place, capsys: pytest.CaptureFixture[str]) -> Climc:
    def call(*argv: str) -> tuple[int, str, str]:
        code = run(argv, Runtime({}, place.watched))  # type: ignore[arg-type]
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


def life(place: Place) -> None:
    session = place.session
    place.after(
        0.5,
        lambda: session.create("keypairs", {"name": "new"}),
        lambda: session.update("keypairs", "old", {"description": "2"}),
        lambda: session.delete("keypairs", "new"),
    )


def test_a_list_goes_on_with_each_change(climc: Climc, place: Place) -> None:
    life(place)
    code, out, err = climc("keypair-list", "-w", "--watch-seconds", "4", "--columns", "name,description")
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()] == [
        ["EVENT", "NAME", "DESCRIPTION"],
        ["-", "old", "1"],
        ["added", "new", "-"],
        ["changed", "old", "2"],
        ["deleted", "new", "-"],
    ]


@pytest.mark.parametrize("kind", ["json", "yaml", "csv", "name"])
def test_programs_can_read_it_as_it_comes(climc: Climc, place: Place, kind: str) -> None:
    life(place)
    _, out, _ = climc("keypair-list", "-w", "--watch-seconds", "4", "--columns", "name", "-o", kind)
    if kind == "name":
        assert out.split() == ["old", "new", "old", "new"]
        return
    if kind == "csv":
        assert out.split() == ["event,name", ",old", "added,new", "changed,old", "deleted,new"]
        return
    told = [json.loads(line) for line in out.splitlines()] if kind == "json" else list(yaml.safe_load_all(out))
    assert [(one["event"], one["object"]["name"]) for one in told] == [
        ("there", "old"),
        ("added", "new"),
        ("changed", "old"),
        ("deleted", "new"),
    ]


def test_filters_decide_what_comes_and_goes(climc: Climc, place: Place) -> None:
    life(place)
    _, out, _ = climc("keypair-list", "-w", "--watch-seconds", "3", "--filter", "description.equals('2')", "-o", "name")
    assert out.split() == ["old"]


def test_the_action_log_can_be_followed(climc: Climc, place: Place) -> None:
    place.after(0.5, lambda: place.session.update("keypairs", "old", {"description": "2"}))
    code, out, err = climc("keypair-event", "old", "-w", "--watch-seconds", "2.5", "--columns", "action,obj_name")
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()] == [
        ["ACTION", "OBJ_NAME"],
        ["create", "old"],
        ["update", "old"],
    ]
    assert climc("keypair-event", "a", "b", "-w")[0] == 2


def test_waiting_ends_when_it_is_so(climc: Climc, place: Place) -> None:
    place.after(0.5, lambda: place.session.update("keypairs", "old", {"description": "2"}))
    code, out, _ = climc("wait", "keypair", "old", "--for", "description=2", "--timeout", "20", "-o", "json")
    assert code == 0
    assert json.loads(out)["description"] == "2"


@pytest.mark.parametrize("word", ["keypair", "keypairs"])
def test_what_is_so_already_is_not_waited_for(climc: Climc, word: str) -> None:
    assert climc("wait", word, "old", "--for", "description=1", "--for", "description=7", "--for", "name=old")[0] == 0


def test_waiting_for_the_end_of_a_resource(climc: Climc, place: Place) -> None:
    place.after(0.5, lambda: place.session.delete("keypairs", "old"))
    assert climc("wait", "keypair", "old", "--for", "deleted", "--timeout", "20") == (0, "", "")
    assert climc("wait", "keypair", "never-there", "--for", "deleted")[0] == 0


@pytest.mark.parametrize(
    ("code", "argv"),
    [
        (6, ("keypair", "old", "--for", "description=2", "--timeout", "0.3")),
        (3, ("keypair", "nobody", "--for", "description=2")),
        (2, ("unicorn", "old", "--for", "description=2")),
        (2, ("keypair", "old", "--for", "description")),
        (2, ("keypair", "old", "--for", "deleted", "--for", "name=x")),
        (2, ("keypair", "old")),
    ],
)
def test_waiting_in_vain_says_why(climc: Climc, code: int, argv: tuple[str, ...]) -> None:
    got, out, err = climc("wait", *argv)
    assert (got, out) == (code, "")
    assert "rror: " in err


def test_one_that_goes_meanwhile_is_not_found(climc: Climc, place: Place) -> None:
    place.after(0.5, lambda: place.session.delete("keypairs", "old"))
    assert climc("wait", "keypair", "old", "--for", "description=2", "--timeout", "20")[0] == 3


class Feed:
    """Answers pages from a list and keeps what was asked."""

    def __init__(self, *pages: Listing) -> None:
        self.pages = list(pages)
        self.asked: list[dict[str, Any]] = []

    def list(self, plural: str, params: dict[str, Any]) -> Listing:
        assert plural == "history"
        self.asked.append(params)
        return self.pages.pop(0)


def test_following_goes_on_from_where_it_is_and_rests_when_nobody_waits() -> None:
    feed = Feed(Listing(items=[{"position": 4}], next_marker="4"), Listing(items=[], next_marker="7"))
    slept: list[float] = []
    now = iter([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 100.0])
    pages = list(follow(feed, "3", {"obj_type": "server"}, timeout_s=60, clock=lambda: next(now), sleep=slept.append))  # type: ignore[arg-type]
    assert [page.next_marker for page in pages] == ["4", "7"]
    assert [asked["after"] for asked in feed.asked] == ["3", "4"]
    assert all(asked["wait"] <= 25 for asked in feed.asked)
    assert slept == [0.3]
