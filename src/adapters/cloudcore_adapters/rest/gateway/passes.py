"""Who is asking the gateway: a session in cookies, or as `Authorization: Bearer`.

A session is two tokens, `<root>~<current>`: the unscoped one of the login, and one for the project that was chosen. Both
are signed by identity, so that the gateway keeps nothing, and ending the root ends whatever came of it.

`cloudcore_session` holds them and is out of reach of scripts. `yunionauth` is for scripts: when the session ends, who it
is, and `session`. For a login by a browser that is a mark of the session and not the session, good only together with the
other cookie; a program gets the session itself, for it has no pages that could lose it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote, unquote, urlsplit

import attrs
import orjson

from cloudcore.auth.request import TOTP
from cloudcore.model.errors import ForbiddenError, UnauthorizedError
from cloudcore.model.json import JsonMapping
from cloudcore.operations.identity.second_factor import FactorState
from cloudcore_adapters.rest.request import MAX_TOKEN, Call
from cloudcore_adapters.rest.site import Site

SECRET = "cloudcore_session"  # noqa: S105 - a name
SHOWN = "yunionauth"
CHOSEN = ("scope", "domain", "tenant", "isadmin", "region")
"""Cookies that tell a page what was chosen; they decide nothing here."""
MARK = "b."
UNKEPT = ("Cache-Control", "no-store")
"""Of answers that are one caller's own."""
BEARER = "bearer "
_LOCAL = ("same-origin", "none")


@attrs.frozen(kw_only=True)
class Pass:
    """A session as it was shown. root is empty for one that began elsewhere; by_cookie: a browser may have added it."""

    current: str = attrs.field(repr=False)
    root: str = attrs.field(default="", repr=False)
    by_cookie: bool = False

    @property
    def text(self) -> str:
        """The session in one text."""
        return f"{self.root}~{self.current}" if self.root else self.current


def pass_of(site: Site, call: Call) -> Pass | None:
    """The session that a request shows: a token in the header, a bearer, or cookies; None without any.

    Raises:
        UnauthorizedError: it is too long, or a mark without the session that it is of.
        ForbiddenError: it came with a request of another site's page.
    """
    if call.token is not None:
        return Pass(current=call.token)
    bearer = call.header("Authorization")
    cookies = cookies_of(call)
    secret = cookies.get(SECRET, "")
    if bearer.lower().startswith(BEARER):
        shown = bearer[len(BEARER) :].strip()
        if not shown.startswith(MARK):
            return _read(shown)
        if not secret or not hmac.compare_digest(shown, mark_of(secret)):
            raise UnauthorizedError("the session is that of a browser and comes with its cookies only")
    found = secret or _shown_session(cookies.get(SHOWN, ""))
    if not found:
        return None
    check_same_site(site, call)
    return attrs.evolve(_read(found), by_cookie=True)


def mark_of(session: str) -> str:
    """What stands for a session where scripts can read it; leads back to nothing."""
    return MARK + hashlib.sha256(b"cloudcore gateway session\0" + session.encode()).hexdigest()


def check_same_site(site: Site, call: Call) -> None:
    """Refuse what a page of another site sent: browsers say where a request comes from, and pages can't change that.

    Raises:
        ForbiddenError: it comes from elsewhere.
    """
    fetched = call.header("Sec-Fetch-Site").lower()
    if fetched in _LOCAL:
        return
    origin = call.header("Origin") or call.header("Referer")
    if not fetched and not origin:
        return  # no browser
    own = {call.header("Host").lower(), urlsplit(site.public_url).netloc.lower()} - {""}
    if fetched or _netloc(origin) not in own:
        raise ForbiddenError("pages of other sites may not use a session")


def _netloc(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def enter(site: Site, call: Call) -> Pass:
    """The session of a request, which from here on is that of its caller.

    Raises:
        UnauthorizedError: there is none.
    """
    held = pass_of(site, call)
    if held is None:
        raise UnauthorizedError("there is no session: log in at /api/v1/auth/login")
    call.held = held.current
    return held


def is_browser(call: Call) -> bool:
    """Whether the request may be that of a page: browsers send one of these with every POST."""
    return any(call.header(name) for name in ("Origin", "Sec-Fetch-Site", "Referer"))


def _read(text: str) -> Pass:
    if len(text) > 2 * MAX_TOKEN:
        raise UnauthorizedError("the session is too long")
    root, tilde, current = text.rpartition("~")
    return Pass(current=current, root=root if tilde else "")


def _shown_session(cookie: str) -> str:
    """The session in the cookie for scripts, where it is one; empty for anything else."""
    try:
        told = orjson.loads(base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4)))
    except ValueError:
        return ""
    session = told.get("session") if isinstance(told, dict) else None
    return session if isinstance(session, str) and not session.startswith(MARK) else ""


def cookies_of(call: Call) -> dict[str, str]:
    """The cookies of a request; of a repeated one the first counts, which is the one for the longer path."""
    found: dict[str, str] = {}
    for pair in call.header("Cookie").split(";"):
        name, equals, value = pair.strip().partition("=")
        if equals:
            found.setdefault(name, unquote(value.strip('"')))
    return found


def cookie(site: Site, call: Call, name: str, value: str, *, age_s: int, secret: bool = False) -> tuple[str, str]:
    """A header that sets a cookie for `age_s` seconds, or with 0 takes it away. secret: out of reach of scripts."""
    text = f"{name}={quote(value, safe='.~-_')}; Path={'/api' if secret else '/'}; Max-Age={age_s}"
    text += "; SameSite=Strict; HttpOnly" if secret else "; SameSite=Lax"
    https = call.scope.get("scheme") == "https" or site.public_url.startswith("https:")
    return "Set-Cookie", text + ("; Secure" if https else "")


def session_cookies(
    site: Site, call: Call, held: Pass, token: JsonMapping, chosen: JsonMapping, factor: FactorState, *, now: datetime
) -> list[tuple[str, str]]:
    """The headers that hand a session over.

    token: the document of its current token; chosen: values by `CHOSEN`; factor: how its user stands to his second factor.
    """
    ends = datetime.fromisoformat(str(token["expires_at"]))
    age_s = max(int((ends - now).total_seconds()), 0)
    told = {
        "exp": token["expires_at"],
        "session": mark_of(held.text) if is_browser(call) else held.text,
        "totp_verified": TOTP in token["methods"],
        "totp_init": factor.made,
        "totp_on": factor.wanted,
        "system_totp_on": True,
        "is_sso": False,
        "user_id": token["user"]["id"],
        "user": token["user"]["name"],
    }
    shown = base64.urlsafe_b64encode(orjson.dumps(told)).decode().rstrip("=")
    return [
        UNKEPT,
        cookie(site, call, SECRET, held.text, age_s=age_s, secret=True),
        cookie(site, call, SHOWN, shown, age_s=age_s),
        *(cookie(site, call, name, str(chosen.get(name) or ""), age_s=age_s) for name in CHOSEN),
    ]


def no_cookies(site: Site, call: Call) -> list[tuple[str, str]]:
    """The headers that take a session away."""
    return [
        UNKEPT,
        cookie(site, call, SECRET, "", age_s=0, secret=True),
        *(cookie(site, call, name, "", age_s=0) for name in (SHOWN, *CHOSEN)),
    ]
