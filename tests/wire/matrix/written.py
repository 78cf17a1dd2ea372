"""The operations that are no types': quotas, tokens, grants, members, the bytes of images, logs, the scheduler."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.wire.matrix.asking import OWNERS, PREFIX, Operation, Request
from tests.wire.matrix.world import NOW, SECRET, TARGETS, World

from cloudcore.operations.usages import RANGES
from cloudcore.quotas.family import FAMILIES


def written() -> Iterator[Operation]:
    """All of them."""
    yield from _quotas()
    yield from _reports()
    yield from _identity()
    yield from _images()
    yield from _logs()
    yield from _counts()
    yield from _doors()


DOORS = "doors"
"""What is asked without a token: versions, health, logins, and addresses that the platform has signed."""


def _doors() -> Iterator[Operation]:
    for path in (
        "/",
        "/version",
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/docs",
        "/identity/",
        "/v3",
        "/v3/version",
        "/image/v1/version",
    ):
        yield Operation(DOORS, f"GET {path}", _plain("GET", path), ("own",))
    yield Operation(DOORS, "GET a file of the page", _plain("GET", "/docs/api.js"), ("own",))
    for method in ("GET", "POST"):
        for path in ("/ping", "/v3/ping", "/image/v1/ping"):
            yield Operation(DOORS, f"{method} {path}", _plain(method, path), ("own",))
    for word, secret in (("", SECRET), (" by a wrong password", f"not-{SECRET}")):
        yield Operation(DOORS, f"login{word}", _login(secret), ("own",))
        yield Operation(DOORS, f"login by v2{word}", _login_v2(secret), ("own",))
    for method in ("GET", "HEAD", "PUT"):
        yield Operation(DOORS, f"{method} by a forged signature", _forged(method))


def _login(secret: str) -> Callable[..., Request | None]:
    """By one's own name, for no place; who is nobody sends a user's."""

    def ask(world: World, who: str, _target: str) -> Request | None:
        user = {"id": world.users.get(who, "u-project_owner"), "password": secret}
        auth = {"identity": {"methods": ["password"], "password": {"user": user}}}
        return Request("POST", "/v3/auth/tokens", {"auth": auth})

    return ask


def _login_v2(secret: str) -> Callable[..., Request | None]:
    def ask(world: World, who: str, _target: str) -> Request | None:
        name = world.users.get(who, "u-project_owner")
        sent = {"username": name, "password": secret}
        return Request("POST", "/v2.0/tokens", {"auth": {"passwordCredentials": sent}})

    return ask


def _forged(method: str) -> Callable[..., Request | None]:
    """The address of an image's bytes, with a signature that anybody could write."""

    def ask(world: World, who: str, target: str) -> Request | None:
        ident = world.row("images", target, who)
        query = f"e={int(NOW.timestamp()) + 60}&s={'0' * 64}"
        return None if ident is None else Request(method, f"/internal/images/{ident}?{query}", None)

    return ask


def _quotas() -> Iterator[Operation]:
    for family in FAMILIES.values():
        group = f"{family.service} {family.plural}"
        base = f"{PREFIX[family.service]}/{family.plural}"
        kinds = ("projects", "domains") if family.has_projects else ("domains",)
        limits = {family.plural: {next(iter(family.counters), "x"): 5}} if family.counters else {family.plural: {}}

        def fixed(method: str, path: str, body: Any = None) -> Callable[..., Request | None]:
            return lambda _world, _who, _target: Request(method, path, body)

        def of(kind: str, method: str, base: str, more: str = "", body: Any = None) -> Callable[..., Request | None]:
            def ask(_world: World, _who: str, target: str) -> Request | None:
                if target not in OWNERS or (kind == "domains" and target == "peer"):
                    return None
                owner = OWNERS[target][kind != "domains"]
                return Request(method, f"{base}/{kind}/{owner}{more}" if kind else f"{base}/{owner}{more}", body)

            return ask

        yield Operation(group, "show", fixed("GET", base), ("own",))
        yield Operation(group, "set", fixed("POST", base, limits), ("own",))
        for kind in kinds:
            yield Operation(group, f"show default {kind}", fixed("GET", f"{base}/defaults/{kind}"), ("own",))
            yield Operation(group, f"set default {kind}", fixed("POST", f"{base}/defaults/{kind}", limits), ("own",))
        yield Operation(group, "clear pending", fixed("DELETE", f"{base}/pending"), ("own",))
        if family.has_projects:
            yield Operation(group, "show project", of("", "GET", base))
            yield Operation(group, "set project", of("", "POST", base, body=limits))
            yield Operation(group, "clear pending project", of("", "DELETE", base, "/pending"))
        for kind in kinds:
            yield Operation(group, f"list {kind}", fixed("GET", f"{base}/{kind}"), ("own",))
            yield Operation(group, f"show {kind}", of(kind, "GET", base))
            yield Operation(group, f"set {kind}", of(kind, "POST", base, body=limits))
            yield Operation(group, f"clear pending {kind}", of(kind, "DELETE", base, "/pending"))


def _reports() -> Iterator[Operation]:
    def of(kind: str) -> Callable[..., Request | None]:
        def ask(_world: World, _who: str, target: str) -> Request | None:
            if target not in OWNERS or (kind == "domain" and target == "peer"):
                return None
            return Request("GET", f"{PREFIX['compute']}/quota_reports?{kind}={OWNERS[target][kind != 'domain']}")

        return ask

    for kind in ("project", "domain"):
        yield Operation("compute quota_reports", f"list of {kind}", of(kind))


def _plain(method: str, path: str, body: Any = None, **headers: str) -> Callable[..., Request | None]:
    return lambda _world, _who, _target: Request(method, path, body, headers)


def _subject(method: str) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        own = world.tokens.get(who, "none")
        tokens = {"own": own, "peer": world.tokens["normal_user"], "missing": "none"}
        if target not in tokens or (target == "peer" and who == "normal_user"):
            return None
        return Request(method, "/v3/auth/tokens", None, {"X-Subject-Token": tokens[target]})

    return ask


def _granting(method: str, place: str, vary: str, *, role: bool = True) -> Callable[..., Request | None]:
    """A role of a user in a project or domain; one of the three stands in each relation, the others are his own."""

    def ask(world: World, who: str, target: str) -> Request | None:
        idents = [
            world.row(plural, target if plural == vary else "own", who, "-2" if plural == "users" else "")
            for plural in (place, "users", "roles")
        ]
        if None in idents:
            return None
        path = f"/v3/{place}/{idents[0]}/users/{idents[1]}/roles"
        return Request(method, f"{path}/{idents[2]}" if role else path)

    return ask


def _in_system(method: str, vary: str, *, role: bool = True) -> Callable[..., Request | None]:
    """A role of a user in the system; see `_granting`."""
    granting = _granting(method, "projects", vary, role=role)

    def ask(world: World, who: str, target: str) -> Request | None:
        request = granting(world, who, target)
        if request is None:
            return None
        return Request(method, "/v3/system/" + request.path.split("/", 4)[4])

    return ask


def _inherited(method: str, vary: str, *, role: bool = True, place: str = "domains") -> Callable[..., Request | None]:
    """A role that the projects of a domain, or below a project, inherit; see `_granting`."""
    granting = _granting(method, place, vary, role=role)

    def ask(world: World, who: str, target: str) -> Request | None:
        request = granting(world, who, target)
        if request is None:
            return None
        return Request(method, f"{request.path.replace('/v3/', '/v3/OS-INHERIT/')}/inherited_to_projects")

    return ask


def _of_user(method: str, path: str, plural: str = "", body: Any = None) -> Callable[..., Request | None]:
    """Something below a user in OpenStack's manner; `plural` is the type of what is named."""

    def ask(world: World, who: str, target: str) -> Request | None:
        user = world.row("users", target, who, "-2")
        ident = world.row(plural, target, who) if plural else ""
        if user is None or ident is None:
            return None
        return Request(method, f"/v3/users/{user}/{path}{'/' if plural else ''}{ident}", body)

    return ask


def _member(method: str, vary: str) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        group = world.row("groups", target if vary == "groups" else "own", who)
        user = world.row("users", target if vary == "users" else "own", who, "-2")
        return None if group is None or user is None else Request(method, f"/v3/groups/{group}/users/{user}")

    return ask


def _image(method: str, **headers: str) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        ident = world.row("images", target, who)
        return None if ident is None else Request(method, f"/image/v1/images/{ident}", None, headers)

    return ask


def _identity() -> Iterator[Operation]:
    yield Operation("identity auth", "verify token", _subject("GET"))
    yield Operation("identity auth", "verify token by v2", _token_v2)
    yield Operation("identity auth", "revoke token", _subject("DELETE"))
    for word in ("projects", "domains", "system", "catalog", "policies", "tokens/invalid"):
        yield Operation("identity auth", word, _plain("GET", f"/v3/auth/{word}"), ("own",))
    for word in ("projects", "domains"):
        yield Operation("identity auth", f"federated {word}", _plain("GET", f"/v3/OS-FEDERATION/{word}"), ("own",))
    yield Operation("identity auth", "policies of another", _policies_of)
    yield Operation("identity auth", "role assignments", _plain("GET", "/v3/role_assignments"), ("own",))
    for place in ("projects", "domains"):
        for name in (place, "users", "roles"):
            for word, method in (("give", "PUT"), ("take", "DELETE"), ("look", "GET"), ("head", "HEAD")):
                yield Operation("identity grants", f"{word} in {place} by {name}", _granting(method, place, name))
        for name in (place, "users"):
            ask = _granting("GET", place, name, role=False)
            yield Operation("identity grants", f"list in {place} by {name}", ask)
    yield from _nested()
    for word, method, more, body in (
        ("look at tags", "GET", "", None),
        ("set tags", "PUT", "", {"tags": ["x"]}),
        ("head a tag", "HEAD", "/x", None),
        ("look at a tag", "GET", "/x", None),
        ("clear tags", "DELETE", "", None),
        ("add a tag", "PUT", "/x", None),
        ("remove a tag", "DELETE", "/x", None),
    ):
        yield Operation("identity projects", word, _tagged(method, more, body))
    for name in ("groups", "users"):
        for word, method in (("join", "PUT"), ("leave", "DELETE"), ("look", "GET"), ("head", "HEAD")):
            yield Operation("identity grants", f"{word} group by {name}", _member(method, name))
    for path in ("/v2.0/tenants", "/v3/tenants"):
        yield Operation("identity auth", path, _plain("GET", path), ("own",))
    for parent, word in (("groups", "users"), ("users", "groups"), ("users", "projects")):
        yield Operation("identity grants", f"list {word} of {parent}", _below(parent, word))


def _nested() -> Iterator[Operation]:
    """What only OpenStack's clients ask: inherited roles, and credentials below their user."""
    for name in ("domains", "users", "roles"):
        for word, method in (("give", "PUT"), ("take", "DELETE"), ("look", "GET"), ("head", "HEAD")):
            yield Operation("identity grants", f"{word} inherited by {name}", _inherited(method, name))
    yield Operation("identity grants", "list inherited", _inherited("GET", "domains", role=False))
    for name in ("projects", "users", "roles"):
        for word, method in (("give", "PUT"), ("take", "DELETE"), ("look", "GET"), ("head", "HEAD")):
            ask = _inherited(method, name, place="projects")
            yield Operation("identity grants", f"{word} below a project by {name}", ask)
    ask = _inherited("GET", "projects", role=False, place="projects")
    yield Operation("identity grants", "list below a project", ask)
    for name in ("users", "roles"):
        for word, method in (("give", "PUT"), ("take", "DELETE"), ("look", "GET"), ("head", "HEAD")):
            yield Operation("identity grants", f"{word} in the system by {name}", _in_system(method, name))
    yield Operation("identity grants", "list in the system", _in_system("GET", "users", role=False))
    apps, keys, group = "application_credentials", "credentials/OS-EC2", "identity application_credentials"
    new = {"application_credential": {"name": "nested"}}
    changed = {"application_credential": {"description": "changed"}}
    yield Operation(group, "create below a user", _of_user("POST", apps, body=new))
    yield Operation(group, "list below a user", _of_user("GET", apps))
    yield Operation(group, "show below a user", _of_user("GET", apps, apps))
    yield Operation(group, "change below a user", _of_user("PUT", apps, apps, changed))
    yield Operation(group, "patch below a user", _of_user("PATCH", apps, apps, changed))
    yield Operation(group, "delete below a user", _of_user("DELETE", apps, apps))
    yield Operation("identity credentials", "create for ec2", _of_user("POST", keys, body={"tenant_id": "red"}))
    yield Operation("identity credentials", "list for ec2", _of_user("GET", keys))
    yield Operation("identity credentials", "show for ec2", _of_user("GET", keys, "credentials"))
    yield Operation("identity credentials", "delete for ec2", _of_user("DELETE", keys, "credentials"))


def _tagged(method: str, more: str, body: Any) -> Callable[..., Request | None]:
    """A tag of a project in OpenStack's manner."""

    def ask(world: World, who: str, target: str) -> Request | None:
        project = world.row("projects", target, who)
        return None if project is None else Request(method, f"/v3/projects/{project}/tags{more}", body)

    return ask


def _token_v2(world: World, who: str, target: str) -> Request | None:
    request = _subject("GET")(world, who, target)
    return None if request is None else Request("GET", f"/v2.0/tokens/{request.headers['X-Subject-Token']}")


def _below(parent: str, word: str) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        ident = world.row(parent, target, who)
        return None if ident is None else Request("GET", f"/v3/{parent}/{ident}/{word}")

    return ask


def _images() -> Iterator[Operation]:
    octets = {"Content-Type": "application/octet-stream"}
    yield Operation("image bytes", "list detail", _plain("GET", "/image/v1/images/detail"), ("own",))
    yield Operation("image bytes", "head", _image("HEAD"))
    yield Operation("image bytes", "download", _image("GET"))
    for method in ("PUT", "PATCH"):
        yield Operation("image bytes", f"{method} headers", _image(method, **{"X-Image-Meta-Name": "other"}))
    yield Operation("image bytes", "upload into", _image("PUT", **octets, **{"X-Image-Meta-Name": "other"}))
    yield Operation("image members", "list", _of_image("GET", "/members"))
    yield Operation("image members", "list of a project", _shared_images)
    for method in ("POST", "PUT", "DELETE"):
        yield Operation("image members", f"{method} in images", _of_image(method, "/members/blue"))
        yield Operation("image members", f"{method} in projects", _of_project(method))
    named = {"X-Image-Meta-Name": "new", "X-Image-Meta-Disk-Format": "raw"}
    yield Operation("image bytes", "create by headers", _plain("POST", "/image/v1/images", None, **named), ("own",))


def _of_image(method: str, more: str) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        ident = world.row("images", target, who)
        return None if ident is None else Request(method, f"/image/v1/images/{ident}{more}")

    return ask


def _of_project(method: str) -> Callable[..., Request | None]:
    def ask(_world: World, _who: str, target: str) -> Request | None:
        if target not in OWNERS:
            return None
        return Request(method, f"/image/v1/images/images-own/members/{OWNERS[target][1]}")

    return ask


def _shared_images(_world: World, _who: str, target: str) -> Request | None:
    return Request("GET", f"/image/v1/shared-images/{OWNERS[target][1]}") if target in OWNERS else None


def _logs() -> Iterator[Operation]:
    for path in ("/log/actions", "/log/events", "/log/history", "/compute/events", "/v3/events", "/image/v1/events"):
        yield Operation("log", path, _plain("GET", path), ("own",))
    for scope in ("project", "domain", "system"):
        yield Operation("log", f"/log/actions:{scope}", _plain("GET", f"/log/actions?scope={scope}"), ("own",))
    yield Operation(
        "log", "/log/actions/distinct-field", _plain("GET", "/log/actions/distinct-field?field=action"), ("own",)
    )
    yield Operation(
        "log", "/log/events/distinct-field", _plain("GET", "/log/events/distinct-field?field=action"), ("own",)
    )
    yield Operation("log", "purge", _plain("POST", "/log/actions/purge-splitable", {}), ("own",))
    yield Operation("log", "/log/baremetalevents", _plain("GET", "/log/baremetalevents"), ("own",))
    yield Operation("log", "bring /log/baremetalevents", _plain("POST", "/log/baremetalevents"), ("own",))
    for path in ("/compute/events", "/v3/events", "/image/v1/events"):
        asked = _plain("GET", f"{path}/distinct-field?field=action")
        yield Operation("log", f"{path}/distinct-field", asked, ("own",))
        yield Operation("log", f"purge {path}", _plain("POST", f"{path}/purge-splitable", {}), ("own",))
    yield Operation("log", "bring", _bring)
    for path in ("/compute/metadatas", "/v3/metadatas", "/image/v1/metadatas"):
        yield Operation("log", path, _plain("GET", path), ("own",))
    wanted = {"count": 1, "vcpu_count": 1, "vmem_size": 512, "disks": [{"image_id": "images-own", "size": 1024}]}
    for word in ("", "/test", "/forecast", "/candidate-list", "/forecast/x"):
        yield Operation(
            "scheduler", f"/scheduler{word}", _plain("POST", f"/scheduler/scheduler{word}", wanted), ("own",)
        )


def _counts() -> Iterator[Operation]:
    for word in ("stats", "worker_stats", "process_stats", "app-options"):
        yield Operation("operating", word, _plain("GET", f"/compute/{word}"), ("own",))
        for path in ("/v3", "/image/v1"):
            yield Operation("operating", f"{path}/{word}", _plain("GET", f"{path}/{word}"), ("own",))
    for path in ("/compute/metadatas", "/v3/metadatas", "/image/v1/metadatas"):
        yield Operation("log", f"{path}/tag-value-pairs", _plain("GET", f"{path}/tag-value-pairs"), ("own",))
    for path in ("/compute/specs", "/compute/specs/hosts", "/compute/specs/hosts/x/resource"):
        yield Operation("operating", f"list {path}", _plain("GET", path), ("own",))
    for path in ("/compute/usages", "/v3/usages", "/image/v1/usages", "/compute/capabilities"):
        for scope in ("", "project", "domain", "system"):
            query = f"?scope={scope}" if scope else ""
            yield Operation("usages", f"{path}:{scope}".rstrip(":"), _plain("GET", path + query), ("own",))
    for plural in RANGES:
        yield Operation("usages", f"/compute/usages/{plural}", _within(plural))
    for scope in ("", "project", "domain", "system"):
        query = f"?scope={scope}" if scope else ""
        yield Operation("archived tasks", f"list:{scope}".rstrip(":"), _archived(query))
    yield Operation("archived tasks", "get", _archived_one())
    for path in ("/v3", "/image/v1"):
        yield Operation("archived tasks", f"list {path}", _archived("", path))
        yield Operation("archived tasks", f"get {path}", _archived_one(path))
    for path in ("/compute/tasks", "/v3/tasks", "/image/v1/tasks"):
        yield Operation("callbacks", path, _called_back(path))


def _archived(query: str, path: str = "/compute") -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        listed = {t: ident for t in TARGETS if (ident := world.row("tasks", t, who)) is not None}
        return Request("GET", f"{path}/archivedtasks{query}", listed=listed) if target == "own" else None

    return ask


def _archived_one(path: str = "/compute") -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        ident = world.row("tasks", target, who)
        return None if ident is None else Request("GET", f"{path}/archivedtasks/{ident}")

    return ask


def _within(plural: str) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        ident = world.row(plural, target, who)
        return None if ident is None else Request("GET", f"/compute/usages/{plural}/{ident}")

    return ask


def _called_back(path: str) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        ident = world.row("tasks", target, who)
        return None if ident is None else Request("POST", f"{path}/{ident}", {"task": {}})

    return ask


def _bring(world: World, who: str, target: str) -> Request | None:
    """A record of what a user did; `own` is what the caller did himself."""
    user = world.row("users", target, who)
    if user is None or target == "missing":
        return None
    action = {"obj_type": "server", "obj_id": "x", "obj_name": "x", "action": "look", "success": True}
    return Request("POST", "/log/actions", {"action": {**action, "user_id": user, "user": user}})


def _policies_of(world: World, who: str, target: str) -> Request | None:
    user = world.row("users", target, who)
    return None if user is None else Request("POST", "/v3/auth/policies", {"user_id": user, "project_id": "red"})
