"""Write the reference pages from the code, or check them: generate.py --write | --check.

Resource types give the pages of fields, actions and lifecycles; the error tree, the commands of `climc` and the options
of `cloudcore` give the others. `--check` also follows every relative link of every document. Nothing else in
docs/reference may claim to be generated.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import click

from cloudcore.model import errors
from cloudcore.model.lifecycle import Lifecycle
from cloudcore.model.resource import ActionKind, Field, Resource, Show, fields_of
from cloudcore.model.spec import default_of
from cloudcore.operations.types import TYPES
from cloudcore_adapters.rest.errors import STATUS
from cloudcore_apps.climc.app import Commands, by_noun
from cloudcore_apps.climc.index import load_index
from cloudcore_apps.main import COMMANDS, LazyGroup

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- Written by docs/generate.py from the code. Change the code, then run `nox -s docs -- --write`. -->\n\n"
DOCUMENTS = ("*.md", "docs/**/*.md")
DIFFERENCES = ROOT / "tests" / "wire" / "exchanges" / "differences.json"
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
NAMED = re.compile(r"`((?:src|tests|docs|examples)/[\w./-]+)(?:::(\w+))?`")


@cache
def pages() -> Mapping[str, str]:
    """Every generated page by its path under docs/reference."""
    areas: dict[str, list[Resource[Any]]] = {}
    for resource in TYPES:
        areas.setdefault(resource.area, []).append(resource)
    written = {f"resources/{area}.md": _area(area, types) for area, types in areas.items()}
    written |= {
        "resources.md": _resources(areas),
        "lifecycles.md": _lifecycles(),
        "errors.md": _errors(),
        "climc.md": _climc(),
        "cloudcore.md": _cloudcore(),
        "differences.md": _differences(),
    }
    return {name: NOTE + text.rstrip() + "\n" for name, text in written.items()}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def _resources(areas: Mapping[str, Sequence[Resource[Any]]]) -> str:
    text = (
        "# Resource types\n\nEach type is declared in `src/cloudcore/resources/AREA/`; its table is `AREA_PLURAL`.\n\n"
    )
    rows = [
        (f"[{r.plural}](resources/{area}.md#{r.plural})", area, r.service, r.level.name.lower(), _sentence(r.doc))
        for area, types in areas.items()
        for r in types
    ]
    return text + _table(("type", "area", "service", "owned by", "what it is"), rows)


def _area(area: str, types: Sequence[Resource[Any]]) -> str:
    return f"# Resource types: {area}\n\n" + "\n".join(_resource(resource) for resource in types)


def _resource(resource: Resource[Any]) -> str:
    verbs = " ".join(sorted(str(verb) for verb in resource.verbs if resource.offers(verb))) or "none"
    facts = [
        ("singular", f"`{resource.singular}`"),
        ("service", resource.service),
        ("owned by", resource.level.name.lower()),
        ("verbs", verbs),
        ("table", f"`{resource.table}`"),
        ("unique", "; ".join(" + ".join(f"`{n}`" for n in names) for names in resource.unique) or "only the id"),
        ("history", "recorded" if resource.recorded else "not recorded"),
    ]
    if resource.joint:
        facts.append(("joins", f"`{resource.joint.left}` and `{resource.joint.right}`"))
    if resource.lifecycle:
        facts.append(("statuses", f"[lifecycle](../lifecycles.md#{resource.plural})"))
    text = f"## {resource.plural}\n\n{_sentence(resource.doc)}\n\n" + _table(("", ""), facts) + "\n"
    rows = [_field(field) for field in fields_of(resource.entity) if field.spec.show is not Show.NEVER]
    text += _table(("field", "type", "meaning", "sent by callers", "default"), rows)
    if resource.extra_params:
        text += "\nAlso accepted when creating:\n\n" + _table(
            ("parameter", "type", "meaning"),
            [(f"`{one.name}`", _type_of(one), one.spec.doc) for one in resource.extra_params],
        )
    if resource.actions:
        text += "\n" + _table(("action", "request", "meaning"), [_action(resource, a) for a in resource.actions])
    return text


def _field(field: Field) -> tuple[str, ...]:
    spec = field.spec
    sent = [word for word, on in (("create", spec.create), ("update", spec.update)) if on]
    if spec.required:
        sent = ["create (required)", *sent[1:]]
    if spec.admin:
        sent.append("administrators only")
    marks = [word for word in ("secret", "sealed", "volatile") if getattr(spec, word)]
    if spec.show is Show.DETAIL:
        marks.append("only in details")
    meaning = spec.doc + (f" ({', '.join(marks)})" if marks else "")
    if field.ref:
        meaning += f"; id of one of the [{field.ref.target}](../resources.md), {_guard(field.ref.on_delete.value)}"
    return f"`{field.name}`", _kind(field), meaning, ", ".join(sent) or "—", _default(field)


def _guard(on_delete: str) -> str:
    return {"refuse": "which cannot go before", "cascade": "goes with it", "clear": "cleared with it"}[on_delete]


def _kind(field: Field) -> str:
    spec = field.spec
    name = {"str": "text", "dict": "object", "datetime": "time", "bool": "yes/no", "int": "integer", "float": "number"}
    parts = [name.get(field.kind.__name__, field.kind.__name__)]
    if spec.unit:
        parts.append(f"in {spec.unit.value}")
    if spec.minimum is not None or spec.maximum is not None:
        low, high = spec.minimum, spec.maximum
        parts.append(f"{'' if low is None else low}…{'' if high is None else high}")
    choices = [str(default_of(c)) for c in field.enum] if field.enum else spec.choices
    if choices:
        parts.append("one of " + ", ".join(f"`{c}`" if c else "empty" for c in choices))
    elif field.kind is str:
        parts.append(f"up to {spec.width}")
    return ", ".join(parts) + (" or null" if field.nullable else "")


def _default(field: Field) -> str:
    if not field.has_default:
        return "—"
    value = default_of(field.default)
    return "null" if value is None else f"`{value!r}`"


def _action(resource: Resource[Any], action: Any) -> tuple[str, ...]:
    path = {
        ActionKind.PERFORM: f"POST /{resource.plural}/ID/{action.name}",
        ActionKind.CLASS: f"POST /{resource.plural}/{action.name}",
        ActionKind.SPEC: f"GET /{resource.plural}/ID/{action.name}",
        ActionKind.PROPERTY: f"GET /{resource.plural}/{action.name}",
    }[action.kind]
    params = "; ".join(_param(one) for one in action.params)
    return f"`{action.name}`", f"`{path}`", _sentence(action.doc) + (f" {params}" if params else "")


def _param(one: Field) -> str:
    needed = ", required" if one.spec.required else ""
    return f"`{one.name}` ({_type_of(one)}{needed}): {one.spec.doc}"


def _type_of(one: Field) -> str:
    """The type of a parameter as people read it."""
    spec = one.spec
    if one.kind is object:
        return "text, object or list"
    if one.kind is list:
        return "list of " + ("objects" if spec.of is dict else "texts")
    if one.kind is str and spec.unit is not None:
        return f"size, in {spec.unit.value} if bare"
    return _kind(attrs.evolve(one, nullable=False))


def _lifecycles() -> str:
    text = "# Lifecycles\n\nEvery status that a resource can have and the long operations that move it.\n"
    for resource in TYPES:
        if resource.lifecycle:
            text += f"\n## {resource.plural}\n\n"
            if resource.lifecycle.transitions:
                text += f"{_diagram(resource.lifecycle)}\n{_ways(resource.lifecycle)}"
            else:
                text += (
                    f"Begins as `{resource.lifecycle.initial}`; set, not moved: {_codes(resource.lifecycle.states)}.\n"
                )
    return text


def _diagram(lifecycle: Lifecycle) -> str:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {lifecycle.initial}"]
    seen: set[str] = set()
    for way in lifecycle.transitions:
        first = way.through[0] if way.through else way.to
        arrows = [f"    {source} --> {first}: {way.name}" for source in way.sources or (lifecycle.initial,)]
        chain = [*way.through, way.to]
        arrows += [f"    {a} --> {b or '[*]'}" for a, b in pairwise(chain)]
        arrows += [f"    {chain[-2]} --> {other}" for other in way.also_to if len(chain) > 1]
        arrows += [f"    {first} --> {failure}: {way.name} failed" for failure in way.failures]
        lines += [arrow for arrow in dict.fromkeys(arrows) if arrow not in seen]
        seen.update(arrows)
    return "\n".join([*lines, "```", ""])


def _ways(lifecycle: Lifecycle) -> str:
    rows = [
        (
            f"`{way.name}`",
            _codes(way.sources) or "(new)",
            _codes(way.through),
            _codes((way.to, *way.also_to)) if way.to else "gone",
            _codes(way.failures),
            f"`{way.flow}`",
            str(way.deadline_s),
        )
        for way in lifecycle.transitions
    ]
    return _table(("operation", "allowed in", "through", "ends in", "or, failed, in", "flow", "deadline, s"), rows)


def _codes(values: Iterable[Any]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _errors() -> str:
    text = (
        "# Errors\n\nWhat `str(error)` says is safe to show to any caller; the log alone has what a driven system said.\n"
        "The class goes over the wire as `class`, with the status as `code`; see `cloudcore.model.errors`.\n\n"
    )
    return text + _table(("error", "class on the wire", "status", "meaning"), _error_rows(errors.CloudcoreError, 0))


def _error_rows(kind: type[errors.CloudcoreError], depth: int) -> Iterator[tuple[str, ...]]:
    status = next(STATUS[parent] for parent in kind.__mro__ if parent in STATUS)
    yield "&emsp;" * depth + f"`{kind.__name__}`", f"`{kind.code}`", str(status), _first_line(kind.__doc__)
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _error_rows(child, depth + 1)


def _climc() -> str:
    text = (
        "# climc\n\nEvery command with its arguments. `climc COMMAND --help` explains each option;\n"
        "options that all commands share are left out here.\n"
    )
    group = Commands("climc")
    context = click.Context(group, info_name="climc")
    for noun, verbs in by_noun(load_index()).items():
        rows = []
        for verb in verbs:
            name = f"{noun}-{verb}" if verb else noun
            command = group.get_command(context, name)
            if command is not None:
                rows.append((f"`{name}`", _first_line(command.help), _arguments(command)))
        text += f"\n## {noun}\n\n" + _table(("command", "what it does", "arguments and options"), rows)
    return text


def _arguments(command: click.Command) -> str:
    shared = {"help", "output_format", "columns"}
    words = []
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            words.append(f"`{parameter.make_metavar(click.Context(command))}`")
        elif parameter.name not in shared and not getattr(parameter, "hidden", False):
            words.append(f"`{max(parameter.opts, key=len)}`")
    return " ".join(words)


def _cloudcore() -> str:
    text = "# cloudcore\n\nThe program that runs a cloud.\n"
    group = LazyGroup("cloudcore")
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        if command is None:
            raise LookupError(name)
        text += f"\n## cloudcore {name}\n\n{inspect.cleandoc(command.help or COMMANDS[name][1])}\n"
        rows = [
            (", ".join(f"`{opt}`" for opt in (*option.opts, *option.secondary_opts)), option.help or "", _given(option))
            for option in command.params
            if isinstance(option, click.Option) and not option.hidden
        ]
        text += "\n" + _table(("option", "meaning", "default"), rows) if rows else ""
    return text


def _differences() -> str:
    text = (
        "# Differences from the original\n\nClients of Cloudpods find here what they found there. Recorded exchanges are "
        "replayed in every run of the tests\n(`tests/wire/test_replay.py`); this is all in which the answers differ, on "
        "purpose.\n\n"
    )
    rows = [(one["what"], one["theirs"], one["why"]) for one in json.loads(DIFFERENCES.read_text(encoding="utf-8"))]
    return text + _table(("what", "the original", "here, and why"), rows)


def _given(option: click.Option) -> str:
    default = option.default
    known = isinstance(default, str | int | float) and not isinstance(default, bool) and default != ""
    return f"`{default}`" if known else ""


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if not text or text.endswith((".", "!", "?")) else text + "."


def _first_line(text: str | None) -> str:
    return (text or "").strip().split("\n")[0]


def stale() -> list[str]:
    """The generated pages that differ from the code, and pages that nothing generates any more."""
    wanted = pages()
    wrong = [
        f"docs/reference/{name} is not what the code says"
        for name, text in wanted.items()
        if not (REFERENCE / name).exists() or (REFERENCE / name).read_text(encoding="utf-8") != text
    ]
    for path in sorted(REFERENCE.rglob("*.md")):
        name = path.relative_to(REFERENCE).as_posix()
        if name not in wanted and path.read_text(encoding="utf-8").startswith(NOTE):
            wrong.append(f"docs/reference/{name} is generated no more")
    return wrong


def broken_links() -> list[str]:
    """Relative links that lead to no file, or to no heading of it, and files and tests that are named but not there."""
    wrong = []
    for pattern in DOCUMENTS:
        for page in sorted(ROOT.glob(pattern)):
            text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
            for target in LINK.findall(text):
                if "://" in target or target.startswith("mailto:"):
                    continue
                name, _, anchor = target.partition("#")
                file = (page.parent / name).resolve() if name else page
                if not file.exists() or (anchor and anchor not in _anchors(file)):
                    wrong.append(f"{page.relative_to(ROOT)}: {target} leads nowhere")
            wrong += [f"{page.relative_to(ROOT)}: there is no {gone}" for gone in _gone(text)]
    return wrong


def _gone(text: str) -> Iterator[str]:
    """Paths and tests that are named in the text and not there; a path with a word in capitals is a pattern."""
    for path, test in NAMED.findall(text):
        if re.search(r"\b[A-Z]{4,}\b|THING", path):
            continue
        file = ROOT / path
        if not file.exists():
            yield path
        elif test and not re.search(rf"def {test}\b", file.read_text(encoding="utf-8")):
            yield f"{path}::{test}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def write() -> None:
    """Write every page and remove those that nothing generates any more."""
    for name, text in pages().items():
        path = REFERENCE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for line in stale():
        (ROOT / line.split()[0]).unlink()


def main(arguments: list[str] | None = None) -> int:
    """Write, or print what is wrong; 1 when something is."""
    parser = argparse.ArgumentParser(description="Write or check the documents.")
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--write", action="store_true", help="write the generated pages")
    chosen.add_argument("--check", action="store_true", help="fail when a page is stale or a link is broken")
    if parser.parse_args(arguments).write:
        write()
    wrong = stale() + broken_links()
    for line in wrong:
        print(line)
    print(f"{len(pages())} generated pages, {len(wrong)} faults")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
