"""Who holds a token, and what it stands for: remembered for a moment, as services ask of the same tokens again and again."""

from __future__ import annotations

from functools import partial

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.auth.catalog import TokenFacts, token_v3
from cloudcore.auth.revocation import Watermarks
from cloudcore.auth.scopes import Scope
from cloudcore.auth.tokens import TokenPayload, TokenReader
from cloudcore.model.errors import InvalidCredentialError
from cloudcore.model.json import JsonObject
from cloudcore.operations.identity.recent import RecentAnswers
from cloudcore.operations.identity.revocations import RevocationCache
from cloudcore.operations.identity.tokens import caller_of, facts_of, payload_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading

VERIFY = ("identity", "tokens", "perform", "auth")
"""What whoever asks about tokens of others must be allowed."""


class _Shown:
    """The facts of a token's reply, and the reply once it was made. To be changed by nobody."""

    def __init__(self, facts: TokenFacts) -> None:
        self.facts = facts
        self.v3: JsonObject | None = None


class Verification:
    """Reads tokens of one process's cloud; safe for several threads, which at worst do the same twice."""

    def __init__(self, platform: Platform, revocations: RevocationCache) -> None:
        self._platform = platform
        self._revocations = revocations
        self._tokens = TokenReader(platform.verifier)
        self._recent = RecentAnswers(platform.uow, platform.clock, platform.resources)

    def payload(self, text: str) -> TokenPayload:
        """What a token says.

        Raises:
            InvalidCredentialError: it is not genuine, not in force or revoked.
        """
        return self._payload(text, self._revocations.watermarks())

    def caller(self, text: str) -> Caller:
        """Who holds a token; from nowhere and for no request yet. Errors as `payload` and `caller_of`."""
        payload = self.payload(text)

        def read() -> Caller:
            return reading(self._platform, lambda tx: caller_of(tx, payload, peer="", request_id=""))

        return self._recent.get(("caller", text), read)

    def facts(self, text: str, payload: TokenPayload) -> TokenFacts:
        """What a token's reply shows. Errors as `facts_of`."""
        read = partial(reading, self._platform, lambda tx: _Shown(facts_of(self._platform, tx, payload)))
        return self._recent.get(("facts", text), read).facts

    def at_once(self, token: str, subject: str, peer: str) -> tuple[str, JsonObject] | None:
        """The user id of whoever holds `token`, and the reply that tells him what `subject` stands for, if all of it is
        remembered and he may know; None where the storage has to be asked, or the answer is an error.

        Asks no storage. The reply is the same object as long as it says the same; it must not be changed.
        """
        marks = self._revocations.known()
        caller = self._recent.known(("caller", token), Caller)
        shown = self._recent.known(("facts", subject), _Shown)
        if marks is None or caller is None or shown is None:
            return None
        try:
            own = self._payload(token, marks)
            payload = own if subject == token else self._payload(subject, marks)
        except InvalidCredentialError:
            return None
        if payload.user_id != caller.user_id and not self._may_verify(attrs.evolve(caller, client_ip=peer)):
            return None
        if shown.v3 is None:
            shown.v3 = token_v3(payload, shown.facts)
        return caller.user_id, shown.v3

    def _payload(self, text: str, marks: Watermarks) -> TokenPayload:
        return payload_of(self._platform, text, marks, self._tokens)

    def _may_verify(self, caller: Caller) -> bool:
        policies = self._platform.policies.known(caller)
        return caller.is_platform or (policies is not None and policies.allowed(Scope.SYSTEM, *VERIFY).allowed)
