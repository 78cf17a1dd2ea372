"""The second factor of a session: making it, proving it, and the questions for the day that it is lost.

A session of somebody who is asked for passcodes is good for these alone until one has been taken. What says so is signed by
identity: the methods of the token.
"""

from __future__ import annotations

import base64
import io
import re
from typing import Any

from cloudcore.auth.totp import DIGITS
from cloudcore.model.errors import InvalidCredentialError, InvalidInputError
from cloudcore.model.json import JsonObject
from cloudcore.model.reading import read_str, said
from cloudcore.ports.session import Session
from cloudcore_adapters.rest.gateway.login import authenticate, hand_over
from cloudcore_adapters.rest.gateway.passes import UNKEPT, Pass, cookies_of, enter
from cloudcore_adapters.rest.request import Call
from cloudcore_adapters.rest.responses import Reply, json_reply
from cloudcore_adapters.rest.site import Args, Site

QUESTIONS = "questions"
_PASSCODE = re.compile(rf"[0-9]{{{DIGITS}}}", re.ASCII)


def begin(site: Site, call: Call, _args: Args) -> Reply:
    """`POST /auth/initcredential`: make the caller's second factor, told once, as a QR code, as a secret and as an address."""
    session = _entering(site, call)
    return _told(site.cloud.second_factor.begin(session))


async def reset(site: Site, call: Call, _args: Args) -> Reply:
    """`POST /auth/credential`: another one, for whoever answers his questions."""
    await call.read_json(listed=QUESTIONS)
    return await site.workers.run(_reset, site, call)


def _reset(site: Site, call: Call) -> Reply:
    session = _entering(site, call)
    return _told(site.cloud.second_factor.reset(session, call.body.get(QUESTIONS)))


def prove(site: Site, call: Call, _args: Args) -> Reply:
    """`POST /auth/passcode`: prove it; from then on the session is good for everything."""
    held = enter(site, call)
    session = _entering(site, call)
    token = site.cloud.verify_v3(session, held.current)["token"]
    identity = proof(call.body, held.root or held.current)
    try:
        root, document = authenticate(site, call, identity, {} if held.root else _scope(token))
    except InvalidCredentialError as error:
        raise InvalidInputError("the passcode is wrong", field="passcode", internal=error.internal) from error
    proved = Pass(current=root)
    if held.root:
        derived: JsonObject = {"methods": ["token"], "token": {"id": root}}
        current, document = authenticate(site, call, derived, _scope(token))
        proved = Pass(current=current, root=root)
    return hand_over(site, call, proved, document, cookies_of(call).get("region", ""), body={})


def proof(body: JsonObject, token: str) -> JsonObject:
    """What identity is sent: a token, and the passcode beside it.

    Raises:
        InvalidInputError: it is none.
    """
    passcode = read_str(said(body, "passcode"), "passcode", 16)
    if not _PASSCODE.fullmatch(passcode):
        raise InvalidInputError(f"passcode must be {DIGITS} digits", field="passcode")
    return {"methods": ["token", "totp"], "token": {"id": token}, "totp": {"user": {"passcode": passcode}}}


def questions(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /auth/recovery`: the caller's questions."""
    session = _entering(site, call)
    return json_reply({"data": site.cloud.second_factor.questions(session)}, headers=(UNKEPT,))


async def set_questions(site: Site, call: Call, _args: Args) -> Reply:
    """`POST /auth/recovery`: questions with their answers, instead of those that there were."""
    await call.read_json(listed=QUESTIONS)
    return await site.workers.run(_set_questions, site, call)


def _set_questions(site: Site, call: Call) -> Reply:
    enter(site, call)
    site.cloud.second_factor.set_questions(site.session(call), call.body.get(QUESTIONS))
    return json_reply({}, headers=(UNKEPT,))


def _entering(site: Site, call: Call) -> Session:
    """The caller's session, also where he has still to prove his second factor."""
    enter(site, call)
    call.is_entering = True
    return site.session(call)


def _scope(token: JsonObject) -> JsonObject:
    project: JsonObject = token.get("project") or {}
    return {"project": {"id": project["id"]}} if project and not token.get("is_domain") else {}


def _told(made: JsonObject) -> Reply:
    return json_reply({**made, "qrcode": _picture(made["uri"])}, headers=(UNKEPT,))


def _picture(text: str) -> str:
    """A QR code as PNG in base64."""
    import segno

    code: Any = segno.make(text, micro=False, error="m")
    picture = io.BytesIO()
    code.save(picture, kind="png", scale=6, border=4)
    return base64.b64encode(picture.getvalue()).decode()
