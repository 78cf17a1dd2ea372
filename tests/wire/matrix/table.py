"""Asking all operations for all callers, and the table in which the answers are kept."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from tests.wire.matrix.asking import Operation, Request
from tests.wire.matrix.world import CALLERS, COLUMNS, TARGETS, World

CODES: tuple[tuple[str, str, str], ...] = (
    ("S", "++++N", "everything"),
    ("D", "++NNN", "what is of the domain"),
    ("E", "++N+N", "what is of the domain, and what is shared"),
    ("e", "++NFN", "what is of the domain; sees what is shared and may not do this to it"),
    ("P", "+NNNN", "what is of the project (or the user's own)"),
    ("Q", "+NN+N", "what is of the project, and what is shared"),
    ("q", "+NNFN", "what is of the project; sees what is shared and may not do this to it"),
    ("o", "+FFFN", "what is his own; sees the others and may not do this to them"),
    ("O", "+FFFF", "for himself; the same answer about everybody else"),
    ("d", "+FNNN", "what is of the project; sees what is of the domain"),
    ("c", "+FNFN", "what is of the project; sees what is of the domain and what is shared"),
    ("k", "++FFN", "what is of the domain; sees the others"),
    ("n", "NNNNN", "nothing; finds nothing"),
    ("h", "NNN+N", "what is shared alone"),
    ("s", "FFFFN", "nothing; sees everything"),
    ("a", "FFNFN", "nothing; sees what is of the domain and what is shared"),
    ("b", "FFNNN", "nothing; sees what is of the domain"),
    ("v", "FNNFN", "nothing; sees what is of the project and what is shared"),
    ("w", "FNNNN", "nothing; sees what is of the project"),
    ("x", "NNNFN", "nothing; sees what is shared"),
    (".", "FFFFF", "nothing at all, whether it is there or not"),
    ("u", "UUUUU", "is not let in without a token"),
)
"""Letter, answers for the five relations, and what they mean. The first one that fits stands for all that fit."""

ALONE = {"+": "+", "F": "-", "N": "n", "U": "u", "!": "!"}
"""The letters of operations that are about no thing in particular."""

MULTI_STATUS = 207
LETTERS = {401: "U", 403: "F", 404: "N"}
Answers = Mapping[tuple[str, str], Mapping[str, str]]
"""(group, name) → caller → one letter for each of `TARGETS`, a blank where no row stands in that relation; or the code."""


def answers(
    world: World, operations: Iterable[Operation], callers: Sequence[str] = CALLERS
) -> dict[tuple[str, str], dict[str, str]]:
    """What each operation answers to each caller: `+` let in, `N` not found, `F` forbidden, `U` who are you, `!` broken.

    A refusal for any other reason (bad input, a wrong status) comes after the door: the caller was let in.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for operation in operations:
        row = found.setdefault((operation.group, operation.name), {})
        for who in callers:
            row[who] = _cells(world, operation, who)
    return found


def _cells(world: World, operation: Operation, who: str) -> str:
    cells: list[str] = []
    for target in TARGETS:
        request = operation.ask(world, who, target) if target in operation.targets else None
        if request is not None and request.listed:
            return _listed(world, request, who)
        cells.append(" " if request is None else _letter(status(world, who, request)))
    return "".join(cells)


def status(world: World, who: str, request: Request) -> int:
    """The status of the answer; of one of several, of the first."""
    told = world.ask(who, request.method, request.path, request.body, request.headers)
    return int(json.loads(world.body)["data"][0]["status"]) if request.each and told == MULTI_STATUS else told


def _letter(told: int) -> str:
    return LETTERS.get(told, "+" if told < 500 else "!")


def _listed(world: World, request: Request, who: str) -> str:
    letter = _letter(told := status(world, who, request))
    if told != 200:
        return "".join(letter if target in request.listed else " " for target in TARGETS)
    plural = request.rows or request.path.partition("?")[0].rpartition("/")[2]
    found = {item["id"] for item in json.loads(world.body)[plural]}
    return "".join(
        " " if target not in request.listed else "+" if request.listed[target] in found else "N" for target in TARGETS
    )


def code(cells: str) -> str:
    """The letter of the table for what one caller is answered; the cells themselves where no letter stands for them."""
    if len(alone := cells.strip()) == 1:
        return ALONE[alone]
    for letter, pattern, _ in CODES:
        if all(cell in (" ", wanted) for cell, wanted in zip(cells, pattern, strict=True)):
            return letter
    return f"[{cells.replace(' ', '-')}]"


def coded(found: Answers) -> dict[tuple[str, str], dict[str, str]]:
    """The codes of answers."""
    return {operation: {who: code(told) for who, told in row.items()} for operation, row in found.items()}


def render(found: Answers) -> str:
    """A table of codes as text: for each type, one line of codes with the operations that have it."""
    lines = [*_legend()]
    for group, rows in groupby(found.items(), key=lambda item: item[0][0]):
        lines += ["", group]
        by_codes: dict[str, list[str]] = {}
        for (_, name), cells in rows:
            by_codes.setdefault(_joined(cells), []).append(name)
        for codes, names in by_codes.items():
            text = textwrap.wrap(
                ", ".join(names), max(40, 119 - max(len(codes), 40)), break_long_words=False, break_on_hyphens=False
            )
            lines += [f"  {codes if place == 0 else '':<38}  {part}" for place, part in enumerate(text)]
    return "\n".join(lines) + "\n"


def parse(text: str) -> dict[tuple[str, str], dict[str, str]]:
    """The codes of a rendered table, by operation and caller."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for group, lines in _blocks(text.partition("\n\nidentity")[2]):
        for codes, names in lines:
            told = re.findall(r"\[[^]]*\]|\S", codes)
            assert len(told) == len(CALLERS), (group, codes)
            for name in names.split(", "):
                found[group, name] = dict(zip(CALLERS, told, strict=True))
    return found


def _blocks(text: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for block in f"identity{text}".split("\n\n"):
        group, *rest = block.strip("\n").split("\n")
        lines: list[tuple[str, str]] = []
        for line in rest:
            codes, gap, names = line[2:].partition("  ") if line[2] != " " else ("", "  ", line.strip())
            assert gap, line
            if codes:
                lines.append((codes, names.strip()))
            else:
                lines[-1] = (lines[-1][0], f"{lines[-1][1]} {names.strip()}")
        yield group, lines


def cells(letter: str) -> str:
    """The answers that a code stands for, one for each of `TARGETS`; of one answer only, that one."""
    patterns = {code: pattern for code, pattern, _ in CODES}
    alone = {code: answer for answer, code in ALONE.items()}
    return letter.strip("[]") if letter.startswith("[") else patterns.get(letter) or alone[letter]


def _joined(cells: Mapping[str, str]) -> str:
    groups = groupby(((group, name) for group, name, _, _ in COLUMNS if name in cells), key=lambda each: each[0])
    return " ".join("".join(cells[name] for _, name in members) for _, members in groups)


def _legend() -> list[str]:
    lines = ["Who may do what to whose, as the running system answers. Written by:"]
    lines += ["  CLOUDCORE_UPDATE_GOLDEN=1 pytest tests/wire/test_matrix.py -m slow   (some minutes; all of it)"]
    lines += ["  CLOUDCORE_UPDATE_GOLDEN=1 pytest tests/wire/test_matrix.py -k same   (what is new or gone)", ""]
    lines += ["Each line: one letter for each caller, in groups, and the operations that answer so. Callers:"]
    for group, members in groupby(COLUMNS, key=lambda each: each[0]):
        lines += textwrap.wrap(
            f"{group}: " + " ".join(name for _, name, _, _ in members),
            116,
            initial_indent="  ",
            subsequent_indent="    ",
        )
    lines += ["", "Letters, and the answers for a thing that is own, a peer's, another domain's, shared, missing:"]
    lines += [f"  {letter}  {pattern}  {meaning}" for letter, pattern, meaning in CODES]
    lines += ["  + let in   N not found   F forbidden   U not known   in brackets: answers that have no letter"]
    lines += ["  Where there is one answer only, because nothing in particular is asked about: + let in   - forbidden"]
    return lines
