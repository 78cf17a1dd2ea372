"""`Cloud`: the platform as one object, in process.

    cloud = Cloud(platform)
    session = cloud.login("sysadmin", password, project="system")
    session.create("servers", {...})

A `Cloud` holds the driven ports and four caches (policies, revocations, tokens, and who their
holders are); it starts no thread. Whoever owns it drives its
tasks (`worker`) and numbers its history (`number_history`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import GUEST, Caller, platform_caller
from cloudcore.auth.catalog import token_v2, token_v3
from cloudcore.auth.request import ASSUME, TOKEN, AuthRequest, ScopeRef, parse_v2, parse_v3
from cloudcore.auth.scopes import Scope
from cloudcore.auth.signedrequest import SignedRequest
from cloudcore.auth.tokens import TokenPayload
from cloudcore.model.errors import (
    CloudcoreError,
    Contention,
    ForbiddenError,
    InvalidCredentialError,
    ResourceNotFoundError,
    UnauthorizedError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.listing import Listing
from cloudcore.model.query import PLATFORM
from cloudcore.model.resource import Resource
from cloudcore.operations.identity.assignments import list_assignments
from cloudcore.operations.identity.grants import grant, ungrant
from cloudcore.operations.identity.guessing import Guesses
from cloudcore.operations.identity.login import login, signed_payload
from cloudcore.operations.identity.passwords import change_own
from cloudcore.operations.identity.profile import home_of, login_choices, permissions_of, profile_of
from cloudcore.operations.identity.revocations import RevocationCache, revoke_token
from cloudcore.operations.identity.second_factors import SecondFactors
from cloudcore.operations.identity.subject import guest_from, subject_of
from cloudcore.operations.identity.tokens import caller_of, catalog_of, domains_of, facts_of, projects_of
from cloudcore.operations.identity.verification import VERIFY, Verification
from cloudcore.operations.images import stored_image
from cloudcore.operations.numbering import newest, number
from cloudcore.operations.platform import Platform
from cloudcore.operations.policies import held_policies
from cloudcore.operations.recycling import expire
from cloudcore.operations.run import reading, writing
from cloudcore.operations.saving import take_saved
from cloudcore.operations.servers.login import user_data_of
from cloudcore.operations.session import CoreSession
from cloudcore.operations.snapshot_policies import drop_by_policy, keep_by_policy
from cloudcore.operations.types import TYPES
from cloudcore.ports.effects import EffectPort
from cloudcore.ports.session import Download
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.audit.tasknotice import TASKNOTICES, TaskNotice
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.identity.user import USERS
from cloudcore.resources.image.image import IMAGES
from cloudcore.tasks.engine import Engine
from cloudcore.tasks.task import Task
from cloudcore.tasks.worker import Worker

__all__ = ["TYPES", "Cloud", "CoreSession", "Platform"]


class Cloud:
    """The whole platform in process; safe to use from several threads."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.resources: Sequence[Resource[Any]] = platform.resources
        self._revocations = RevocationCache(platform.uow, platform.clock)
        self._guesses = Guesses(platform.clock)
        self._verification = Verification(platform, self._revocations)
        self.second_factor = SecondFactors(platform)

    # Sessions

    def session(self, caller: Caller) -> CoreSession:
        """The view of a caller whom somebody else has authenticated: an embedding product, the platform itself."""
        return CoreSession(self.platform, caller)

    def platform_session(self, reason: str) -> CoreSession:
        """The platform acting by itself, with every right; the reason appears in the history."""
        return self.session(platform_caller(reason))

    def login(
        self, user: str, password: str, *, project: str = "", domain: str = "", project_domain: str = ""
    ) -> CoreSession:
        """The view of a user of this cloud, in a project or, without one, unscoped.

        Raises:
            InvalidCredentialError: the user or the password is wrong.
            UnauthorizedError: he has no role in the project.
        """
        scope = ScopeRef(project_name=project, domain_name=project_domain or domain) if project else ScopeRef()
        request = AuthRequest(
            method="password", user_name=user, user_domain_name=domain, password=password, scope=scope
        )
        issued = login(self.platform, request, "", None, "")
        return self.session(reading(self.platform, lambda tx: caller_of(tx, issued.payload, peer="", request_id="")))

    def session_for(self, token: str | None, *, peer: str, request_id: str) -> CoreSession:
        """The view of whoever holds the token.

        Raises:
            UnauthorizedError: there is no token.
            InvalidCredentialError: it is not valid.
        """
        if not token:
            raise UnauthorizedError("authentication is required: send a token in X-Auth-Token")
        known = self._verification.caller(token)
        return self.session(attrs.evolve(known, client_ip=peer, request_id=request_id))

    def session_for_signed(self, request: SignedRequest, *, peer: str, request_id: str) -> CoreSession:
        """The view of whoever signed a request with an access key.

        Raises:
            InvalidCredentialError: the signature is not right, not in force, or was used before.
        """
        payload = signed_payload(self.platform, request, peer, request_id)
        return self.session(reading(self.platform, lambda tx: caller_of(tx, payload, peer=peer, request_id=request_id)))

    # Identity

    def authenticate_v3(
        self, body: JsonMapping, peer: str, request_id: str, *, to_default: bool = False
    ) -> tuple[str, JsonObject]:
        """A token for a v3 login body, and the body of the answer. to_default: see `AuthRequest`."""
        request = attrs.evolve(parse_v3(body), to_default=to_default)
        text, payload = self._authenticate(request, peer, request_id)
        facts = reading(self.platform, lambda tx: facts_of(self.platform, tx, payload))
        return text, token_v3(payload, facts, token_id=text)

    def authenticate_v2(self, body: JsonMapping, peer: str, request_id: str) -> JsonObject:
        """The body of the answer to a v2 login."""
        text, payload = self._authenticate(parse_v2(body), peer, request_id)
        facts = reading(self.platform, lambda tx: facts_of(self.platform, tx, payload))
        return token_v2(payload, facts, token_id=text)

    def verify_v3(self, session: CoreSession, subject: str) -> JsonObject:
        """What a token stands for; one's own, or with the privilege any.

        Raises:
            ForbiddenError: it is somebody else's.
            InvalidCredentialError: it is not valid.
        """
        payload = self._verified(session, subject)
        return token_v3(payload, self._verification.facts(subject, payload))

    def verify_at_once(self, token: str, subject: str, peer: str) -> tuple[str, JsonObject] | None:
        """Who holds `token`, and what `verify_v3` tells him of `subject`, where no storage has to be asked; or None.

        The reply must not be changed; it is the same object as long as it says the same.
        """
        return self._verification.at_once(token, subject, peer)

    def verify_v2(self, session: CoreSession, subject: str) -> JsonObject:
        """The older form of the same."""
        payload = self._verified(session, subject)
        return token_v2(payload, self._verification.facts(subject, payload), token_id=subject)

    def revoke(self, session: CoreSession, subject: str) -> None:
        """Void a token and all that were derived from it.

        Raises:
            ForbiddenError: it is somebody else's.
            ResourceNotFoundError: there is no such token in force.
        """
        try:
            payload = self._verification.payload(subject)
        except InvalidCredentialError as error:
            raise ResourceNotFoundError("there is no such token", internal=error.internal) from error
        if payload.user_id != session.caller.user_id:
            self._need(session.caller, "tokens", "delete")
        writing(self.platform, session.caller, lambda tx: revoke_token(tx, payload.audit_id, payload.expires_at))
        self._revocations.forget()

    def change_password(self, user_id: str, body: JsonMapping, *, peer: str, request_id: str) -> JsonObject:
        """Change a password by its owner; id and name of the user. body: `original_password` and `password`.

        Raises:
            InvalidCredentialError: the present password is wrong, or the account may not log in.
            WeakPasswordError: the new one is below the rules.
        """
        guest = attrs.evolve(GUEST, client_ip=peer, request_id=request_id)
        changed = change_own(self.platform, guest, user_id, body)
        self._revocations.forget()
        return changed

    def revoked_tokens(self, session: CoreSession) -> list[str]:
        """Audit ids of revoked tokens."""
        self._need(session.caller, "tokens", "perform", "auth")
        return sorted(self._revocations.watermarks().tokens)

    def check_operator(self, session: CoreSession) -> None:
        """Refuse whoever may not look into the processes of the deployment.

        Raises:
            ForbiddenError: he may not.
        """
        self._need(session.caller, "processes", "get")

    def policies_of(self, session: CoreSession) -> JsonObject:
        """Names and documents of the policies that the caller holds, by scope."""
        return held_policies(self.platform, session.caller)

    def policies_for(self, session: CoreSession, body: JsonMapping) -> JsonObject:
        """The same of another: of `user_id` in `project_id` coming from `login_ip`; without a user of somebody unknown.

        Raises:
            ForbiddenError: the caller may not ask about others.
        """
        if not body.get("user_id") and not body.get("user"):
            return held_policies(self.platform, guest_from(body))
        asked = reading(self.platform, lambda tx: subject_of(self.platform, tx, session.caller, body))
        return held_policies(self.platform, asked)

    def catalog(self, session: CoreSession) -> list[JsonObject]:
        """The service catalogue."""
        del session
        return reading(self.platform, lambda tx: catalog_of(tx, self.platform))

    def auth_projects(self, session: CoreSession) -> list[JsonObject]:
        """Projects that the caller can log in to."""
        found = reading(self.platform, lambda tx: projects_of(tx, session.caller.user_id))
        return [{**project.body(), "enabled": True, "domain_id": project.domain_id} for project in found]

    def auth_domains(self, session: CoreSession) -> list[JsonObject]:
        """Domains that the caller can log in to."""
        listing = domains_of(self.platform, session.caller.user_id)
        return [{"id": d.id, "name": d.name, "enabled": True} for d in listing]

    def grant(
        self,
        session: CoreSession,
        place: str,
        kind: str,
        actor: str,
        role: str,
        *,
        remove: bool,
        within: str = "projects",
        inherited: bool = False,
    ) -> None:
        """Give a user or group a role somewhere, or take it away; ids or names.

        kind: users or groups. within: what the place is: projects, domains, or system (`all`).
        inherited: in all projects below the place instead.
        """
        work = ungrant if remove else grant
        writing(
            self.platform,
            session.caller,
            lambda tx: work(
                self.platform, tx, session.caller, (within, place), (kind, actor), role, inherited=inherited
            ),
        )
        self._revocations.forget()

    def assignments(self, session: CoreSession, params: JsonMapping) -> Listing:
        """Role assignments."""
        return reading(self.platform, lambda tx: list_assignments(self.platform, tx, session.caller, params))

    def login_choices(self) -> JsonObject:
        """What a login form offers before anybody is known: `regions` and `domains`."""
        return reading(self.platform, login_choices)

    def home_of(self, session: CoreSession, wanted: str = "") -> str:
        """The id of the project in which the caller begins; empty where he has none."""
        return reading(self.platform, lambda tx: home_of(self.platform, tx, session.caller.user_id, wanted))

    def profile_of(self, session: CoreSession) -> JsonObject:
        """The caller with his scope, projects, policies and what there is to work with."""
        policies = self.policies_of(session)["names"]
        return reading(self.platform, lambda tx: profile_of(self.platform, tx, session.caller, policies))

    def permissions_of(self, session: CoreSession, asked: JsonMapping, policy: str = "") -> JsonObject:
        """Whether the caller may do each of `key: [scope, service, resource, action, …]`; see `permissions_of`."""
        return reading(self.platform, lambda tx: permissions_of(self.platform, tx, session.caller, asked, policy))

    # Work of the owner

    def worker(
        self,
        effects: EffectPort,
        owner: str,
        on_defect: Callable[[Task, Exception], None],
        on_change: Callable[[Task], None] = lambda _task: None,
        *,
        near: Collection[str] | None = None,
        everywhere: Collection[str] = (),
    ) -> Worker:
        """A driver of this cloud's tasks. owner: a name that no other process uses; the others as for `Worker` and `Engine`."""
        engine = Engine(
            flows=self.platform.flows,
            deployment=self.platform.settings.deployment,
            owner=owner,
            near=near,
            everywhere=everywhere,
            resources=self.platform.resources,
        )
        return Worker(uow=self.platform.uow, effects=effects, engine=engine, on_defect=on_defect, on_change=on_change)

    def number_history(self) -> int:
        """Give positions to new records of the history; how many. 0 when somebody else is doing it."""
        try:
            return number(self.platform)
        except Contention:
            return 0

    def history_position(self) -> int:
        """The position of the newest record of the history; 0 while there is none."""
        return reading(self.platform, newest)

    def empty_bin(self, on_refused: Callable[[str, CloudcoreError], None]) -> int:
        """Begin to delete what has been in the recycle bin for long enough; how many. on_refused: what cannot be, and why."""
        return expire(self.platform, on_refused)

    def open_image(self, ident: str, image_format: str = "") -> Download:
        """The bytes of an active image, for the platform's own hosts; without a format as it was uploaded.

        Raises:
            ResourceNotFoundError: there is none, or not in that format.
        """

        def found(tx: Transaction) -> Download:
            image = tx.of(IMAGES, PLATFORM).get(ident)
            if image is None:
                raise ResourceNotFoundError(f"image {ident} not found")
            return stored_image(self.platform, tx, image, image_format)

        return reading(self.platform, found)

    def take_image(self, ident: str, chunks: Iterable[bytes]) -> JsonObject:
        """Store what one of the platform's own hosts sends of a disk that becomes an image; see `take_saved`."""
        return take_saved(self.platform, ident, chunks)

    def follow_snapshot_policies(self, on_refused: Callable[[str, CloudcoreError], None]) -> int:
        """Begin the snapshots that policies ask for at this hour, and the removal of old ones; how many of both.

        To be called every few minutes at least, by any number of processes. on_refused: what cannot be done now, and why.
        """
        return keep_by_policy(self.platform, on_refused) + drop_by_policy(self.platform, on_refused)

    def image_source_of(self, image_id: str) -> str:
        """The URL that an image is to be fetched from, for whoever fetches it; empty for none."""
        image = reading(self.platform, lambda tx: tx.of(IMAGES, PLATFORM).get(image_id))
        return image.copy_from if image is not None else ""

    def notice_of(self, ident: str) -> TaskNotice | None:
        """Who wants to be told of a task's end, and what; for whoever tells him."""
        return reading(self.platform, lambda tx: tx.of(TASKNOTICES, PLATFORM).get(ident))

    def user_data_of(self, server_id: str, ours: str) -> str:
        """What the guest of a server finds as user data: our part, its password, and what its owner wants.

        For the host that makes it, and for nobody who stores it.
        """
        return reading(self.platform, lambda tx: user_data_of(tx, server_id, ours))

    def password_of(self, server_id: str) -> str:
        """The password that is being set in the guest of a server; empty for none. For its host."""
        server = reading(self.platform, lambda tx: tx.of(SERVERS, PLATFORM).get(server_id))
        return server.next_password if server is not None else ""

    def ready(self) -> bool:
        """Whether the storage answers."""
        try:
            return reading(self.platform, lambda tx: tx.of(USERS, PLATFORM).count() > 0)
        except Contention:
            return False

    # Pieces

    def _authenticate(self, request: AuthRequest, peer: str, request_id: str) -> tuple[str, TokenPayload]:
        parent = self._verification.payload(request.token) if request.method in (TOKEN, ASSUME) else None
        with self._guesses.watched(request, peer):
            issued = login(self.platform, request, peer, parent, request_id)
        return issued.text, issued.payload

    def _verified(self, session: CoreSession, subject: str) -> TokenPayload:
        payload = self._verification.payload(subject)
        if payload.user_id != session.caller.user_id:
            self._need(session.caller, *VERIFY[1:])
        return payload

    def _need(self, caller: Caller, resource: str, action: str, *extra: str) -> None:
        policies = self.platform.policies.policy_set(caller)
        if not caller.is_platform and not policies.allowed(Scope.SYSTEM, "identity", resource, action, *extra).allowed:
            raise ForbiddenError(f"not enough privilege to do identity {resource} {action}")
