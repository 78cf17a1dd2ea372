"""Formats, queries and columns: what reaches standard output, and what can never get there."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import Scripted, answer, session_on, token_answer
from tests.effort import examples

from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_apps.climc.formats import FORMULA, as_csv, as_markdown, as_names, as_yaml
from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.output import FORMATS
from cloudcore_apps.climc.runtime import Runtime

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
HOSTILE = [
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", " =1", "\t=1", "\r=1", "\n=1", "\uff1d1", "\x1b[2Ja", "a\u202eb", "\x9b2J",
]  # fmt: skip


class Terminal:
    """Runs commands against a cloud in memory."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        cloud, password = memory_cloud()
        self.session = cloud.login("sysadmin", password, project="system")
        self._capsys = capsys

    def __call__(self, *argv: str) -> tuple[int, str, str]:
        code = run(argv, Runtime({}, self.session))
        told = self._capsys.readouterr()
        return code, told.out, told.err


@pytest.fixture
def climc(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


@given(VALUES)
@settings(max_examples=examples(40), deadline=None)
def test_yaml_says_the_same_as_json(value: Any) -> None:
    text = as_yaml(value)

    assert yaml.safe_load(text) == value
    assert all(c.isprintable() or c == "\n" for c in text)


def test_yaml_is_blocks() -> None:
    told = as_yaml({"name": "web", "ips": ["10.0.0.1", "b c"], "tags": {}, "disks": [{"size": 5, "x": [1]}]})
    assert told == 'name: web\nips:\n  - "10.0.0.1"\n  - b c\ntags: {}\ndisks:\n  - size: 5\n    x:\n      - 1'


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula_or_controls_anything(text: str) -> None:
    told = as_csv(["name", text], [{"name": text, text: 1}])

    assert all(c.isprintable() or c == "\n" for c in told)
    for cell in next(csv.reader(io.StringIO(told))) + list(csv.reader(io.StringIO(told)))[1]:
        assert not cell.lstrip().startswith(FORMULA)


def test_csv_keeps_numbers_and_quotes_what_must_be() -> None:
    rows = [{"n": -5, "f": 1.5, "b": True, "none": None, "t": 'a "b", c', "o": {"k": [1]}, "e": ""}]
    told = list(csv.reader(io.StringIO(as_csv(["n", "f", "b", "none", "t", "o", "e"], rows))))
    assert told[1] == ["-5", "1.5", "true", "", 'a "b", c', '{"k":[1]}', ""]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("more", [(), ("--query", "[].description"), ("--query", "[].[name, description]")])
def test_hostile_text_reaches_no_terminal(kind: str, more: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": text, "description": text} for text in HOSTILE]
    cloud = session_on(Scripted(token_answer(), answer({"keypairs": rows, "total": len(rows)})))

    assert run(["keypair-list", "--columns", "name,description", "-o", kind, *more], Runtime({}, cloud)) == 0
    told = capsys.readouterr()
    assert told.out
    assert all(c.isprintable() or c == "\n" for c in told.out + told.err)
    if kind == "csv":
        assert not any(cell.lstrip().startswith(FORMULA) for row in csv.reader(io.StringIO(told.out)) for cell in row)


def test_markdown_stays_one_table() -> None:
    assert as_markdown(["a", "b"], [{"a": "x|y", "b": "<b>`*"}]) == (
        "| a | b |\n| --- | --- |\n| x\\|y | \\<b\\>\\`\\* |"
    )


def test_names_are_one_a_line() -> None:
    assert as_names([{"name": "a\nb", "id": "1"}, {"id": "2"}, "c"]) == "a\\nb\n2\nc"


def test_each_format_has_the_same_list(climc: Terminal) -> None:
    for name in ("a", "b"):
        climc("keypair-create", name)
    words = ("keypair-list", "--order-by", "name", "--order", "asc", "--columns", "name,scheme", "-o")
    rows = [{"name": "a", "scheme": "ED25519"}, {"name": "b", "scheme": "ED25519"}]
    assert json.loads(climc(*words, "json")[1]) == rows
    assert yaml.safe_load(climc(*words, "yaml")[1]) == rows
    assert climc(*words, "csv") == (0, "name,scheme\na,ED25519\nb,ED25519\n", "")
    assert climc(*words, "name")[1] == "a\nb\n"
    assert climc(*words, "markdown")[1].splitlines()[2] == "| a | ED25519 |"


def test_one_resource_has_every_format(climc: Terminal) -> None:
    climc("keypair-create", "a")
    assert yaml.safe_load(climc("keypair-show", "a", "-o", "yaml")[1])["name"] == "a"
    assert climc("keypair-show", "a", "-o", "name")[1] == "a\n"
    assert climc("keypair-show", "a", "-o", "csv", "--columns", "name,scheme")[1] == "name,scheme\na,ED25519\n"


def test_an_empty_list_is_empty_in_its_format(climc: Terminal) -> None:
    assert climc("keypair-list", "-o", "json")[1] == "[]\n"
    assert climc("keypair-list", "-o", "yaml")[1] == "[]\n"
    assert climc("keypair-list", "-o", "csv", "--columns", "name")[1] == "name\n"
    assert climc("keypair-list", "-o", "name")[1] == ""


@pytest.mark.parametrize(
    ("query", "kind", "told"),
    [
        ("[].name | sort(@)", "json", '[\n  "a",\n  "b"\n]\n'),
        ("[].name | sort(@)", "table", "a\nb\n"),
        ("[?name=='a'].{key: name, kind: scheme}", "table", "KEY  KIND\na    ED25519\n"),
        ("[?name=='a'].{key: name, kind: scheme}", "csv", "key,kind\na,ED25519\n"),
        ("[?name=='a'].[name, scheme]", "csv", "a,ED25519\n"),
        ("[?name=='a'].[name, scheme]", "table", "a  ED25519\n"),
        ("length(@)", "table", "2\n"),
        ("length(@)", "yaml", "2\n"),
        ("[?name=='nobody']", "table", ""),
        ("[?name=='a'] | [0]", "name", "a\n"),
    ],
)
def test_queries_choose_what_is_shown(climc: Terminal, query: str, kind: str, told: str) -> None:
    for name in ("a", "b"):
        climc("keypair-create", name)
    assert climc("keypair-list", "--query", query, "-o", kind) == (0, told, "")


@pytest.mark.parametrize("query", ["[?", "sum([].name)", "nosuch(@)"])
def test_a_wrong_query_is_wrong_usage(climc: Terminal, query: str) -> None:
    climc("keypair-create", "a")
    code, out, err = climc("keypair-list", "--query", query)
    assert (code, out) == (2, "")
    assert "--query" in err


def test_a_wrong_query_changes_nothing(climc: Terminal) -> None:
    assert climc("keypair-create", "a", "--query", "[?")[0] == 2
    assert climc("keypair-list", "-o", "name")[1] == ""
