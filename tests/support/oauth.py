"""A service of OAuth2 on this computer: it checks what it is sent as the RFCs have it.

Codes with PKCE (RFC 7636), sign-in on a device (RFC 8628), refresh tokens that rotate: one that is
used twice ends all that came of the same sign-in (RFC 9700 section 4.14.2).
"""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from traymail.services.services import Services

CLIENT = "traymail-of-mine"
USER = "me@desk.example"
SCOPE = "https://mail.example/send offline_access"
_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"

# What `$BROWSER` names: it goes where it is led, as a browser does, and keeps the last page.
BROWSER = """\
import sys, urllib.error, urllib.request
try:
    page = urllib.request.urlopen(sys.argv[2]).read()
except urllib.error.HTTPError as error:
    page = error.read()
with open(sys.argv[1], "wb") as file:
    file.write(page)
"""


@dataclass
class _Grant:
    """One sign-in: what is good of it."""

    challenge: str = ""
    redirect: str = ""
    refresh: str = ""
    used: set[str] = field(default_factory=set)
    access: set[str] = field(default_factory=set)
    ended: bool = False


@dataclass
class _Device:
    code: str
    approved: bool | None = None
    expired: bool = False


@dataclass
class Provider:
    """What a test sees of the service. ``wrong`` is what no client may send."""

    url: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    """The access tokens that are good, each with its user: a mail server may share them."""
    exchanges: list[str] = field(default_factory=list)
    """The kinds of grants that were asked for, in their order."""
    times: list[float] = field(default_factory=list)
    """When each came."""
    forms: list[dict[str, str]] = field(default_factory=list, repr=False)
    """What each said."""
    polls: list[float] = field(default_factory=list)
    visits: list[dict[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    user: str = USER
    """Who signs in."""
    client: str = CLIENT
    scope: str = SCOPE
    life: int = 3600
    interval: int | None = 1
    device_life: int = 600
    client_secret: str = ""
    length: int = 0
    """So long are tokens at least."""
    deny: bool = False
    rotates: bool = True
    acts: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """What the next exchanges are answered instead."""
    echoes: str = ""
    """An error that every exchange ends with, telling all that it was sent."""
    hold: Event | None = None
    devices: dict[str, _Device] = field(default_factory=dict)
    _codes: dict[str, _Grant] = field(default_factory=dict)
    _grants: list[_Grant] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _lock: Lock = field(default_factory=Lock)

    def config(self) -> str:
        """Return the keys of an account that signs in here."""
        addresses = ", ".join(
            f'{name}_url = "{self.url}/{name}"' for name in ("authorize", "token", "device")
        )
        return (
            'auth = "oauth2"\n'
            f'oauth = {{ client_id = "{CLIENT}", {addresses}, scope = "{SCOPE}" }}\n'
        )

    def revoke(self) -> None:
        """End everything, as a user does on the page of the service."""
        with self._lock:
            for grant in self._grants:
                self._end(grant)

    def expire(self) -> None:
        """Let the access tokens end; they are renewed all the same."""
        self.tokens.clear()

    def approve(self, *, agreed: bool = True) -> None:
        """Let the user type the last code on another device."""
        list(self.devices.values())[-1].approved = agreed

    def authorize(self, query: dict[str, str]) -> str | None:
        """Return where the browser is led; None: an error is shown here."""
        self.visits.append(query)
        back = urlsplit(query.get("redirect_uri", ""))
        given = query.get("response_type"), query.get("code_challenge_method")
        if given != ("code", "S256") or len(query.get("code_challenge", "")) != 43:
            self.wrong.append(f"authorize: {query}")
        if query.get("client_id") != self.client or query.get("scope") != self.scope:
            return None
        if back.scheme != "http" or back.hostname not in {"127.0.0.1", "localhost"}:
            self.wrong.append(f"redirect: {query['redirect_uri']}")
        if len(query.get("state", "")) < 20:
            self.wrong.append("state")
        state = query["state"]
        if self.deny:
            said = {"error": "access_denied", "error_description": "The user said no"}
            return f"{query['redirect_uri']}?{urlencode(said | {'state': state})}"
        code = self._name("code")
        self._codes[code] = _Grant(query["code_challenge"], query["redirect_uri"])
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': state})}"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Return the answer to an exchange."""
        kind = form.get("grant_type", "")
        self.exchanges.append(kind)
        self.times.append(monotonic())
        self.forms.append(form)
        if self.hold is not None:
            self.hold.wait(60)
        if self.acts:
            return self.acts.pop(0)
        if self.echoes:
            return 400, {
                "error": self.echoes,
                "error_description": f"bad: {' '.join(form.values())}",
            }
        if form.get("client_id") != self.client:
            return 400, {"error": "invalid_client", "error_description": "no such client"}
        if form.get("client_secret", "") != self.client_secret:
            words = "client_secret is missing." if self.client_secret else "AADSTS700025: public"
            return 401, {"error": "invalid_client", "error_description": words}
        known = {
            "authorization_code": self._redeem,
            "refresh_token": self._refresh,
            _DEVICE: self._poll,
        }
        with self._lock:
            return known[kind](form)

    def device(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Return a code for a device."""
        secret = {"client_secret": self.client_secret} if self.client_secret else {}
        if form != {"client_id": self.client, "scope": self.scope, **secret}:
            self.wrong.append(f"device: {form}")
        code, user_code = self._name("device"), f"ABCD-{next(self._numbers):04d}"
        self.devices[code] = _Device(user_code)
        answer: dict[str, Any] = {
            "device_code": code,
            "user_code": user_code,
            "verification_uri": f"{self.url}/activate",
            "expires_in": self.device_life,
        }
        if self.interval is not None:
            answer["interval"] = self.interval
        return 200, answer

    def introspect(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Tell a mail server of a token (RFC 7662)."""
        user = self.tokens.get(form.get("token", ""))
        return 200, {"active": user is not None, "sub": user or ""}

    def _redeem(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        grant = self._codes.pop(form.get("code", ""), None)
        verifier = form.get("code_verifier", "")
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if grant is None or form.get("redirect_uri") != grant.redirect:
            return 400, {"error": "invalid_grant", "error_description": "no such code"}
        if challenge != grant.challenge or not 43 <= len(verifier) <= 128:
            self.wrong.append("verifier")
            return 400, {"error": "invalid_grant", "error_description": "PKCE"}
        self._grants.append(grant)
        return 200, self._granted(grant)

    def _refresh(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        token = form.get("refresh_token", "")
        for grant in self._grants:
            if token in grant.used:  # somebody has stolen it, the user or the other one
                self._end(grant)
            if token == grant.refresh and not grant.ended:
                return 200, self._granted(grant)
        words = "AADSTS70008: The refresh token has expired or was revoked."
        return 400, {"error": "invalid_grant", "error_description": words}

    def _poll(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.polls.append(monotonic())
        device = self.devices.get(form.get("device_code", ""))
        if device is None or device.expired:
            return 400, {"error": "expired_token"}
        if device.approved is None:
            return 400, {"error": "authorization_pending"}
        if not device.approved:
            return 400, {"error": "access_denied"}
        grant = _Grant()
        self._grants.append(grant)
        return 200, self._granted(grant)

    def _granted(self, grant: _Grant) -> dict[str, Any]:
        access = self._name("access")
        self.tokens[access] = self.user
        grant.access.add(access)
        answer: dict[str, Any] = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": self.life,
            "scope": self.scope,
        }
        if self.rotates or not grant.refresh:
            if grant.refresh:
                grant.used.add(grant.refresh)
            grant.refresh = answer["refresh_token"] = self._name("refresh")
        return answer

    def _end(self, grant: _Grant) -> None:
        grant.ended = True
        for one in grant.access:
            self.tokens.pop(one, None)

    def _name(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers)}-canary.".ljust(self.length, "~")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, provider: Provider, context: ssl.SSLContext | None) -> None:
        self.provider = provider
        self.context = context
        super().__init__(("127.0.0.1", 0), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 # as the base has it
        if self.context is not None:
            request = self.context.wrap_socket(request, server_side=True)
        try:
            super().finish_request(request, client_address)
        finally:
            request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 # as the base has it
        """Say nothing: clients that break off are what is tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:  # as the base has it
        url = urlsplit(self.path)
        target = self.server.provider.authorize(dict(parse_qsl(url.query)))
        if not url.path.endswith("/authorize") or target is None:
            self._answer(400, b"AADSTS700016: no such client", "text/plain")
            return
        self.send_response(302)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:  # as the base has it
        body = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
        provider = self.server.provider
        kind = self.headers.get("Content-Type", "")
        if kind != "application/x-www-form-urlencoded" or "?" in self.path:
            provider.wrong.append(f"{kind} {self.path}")
        form = dict(parse_qsl(body, strict_parsing=True))
        asked = {
            "token": provider.token,
            "device": provider.device,
            "devicecode": provider.device,  # Microsoft's
            "introspect": provider.introspect,
        }
        status, document = asked[self.path.rpartition("/")[2]](form)
        self._answer(status, json.dumps(document).encode(), "application/json")

    def _answer(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def provider(context: ssl.SSLContext | None = None) -> Iterator[Provider]:
    """Serve on a free port until the block ends; with TLS when there is a context."""
    one = Provider()
    server = _Server(one, context)
    one.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, args=(0.05,), name="oauth")
    thread.start()
    try:
        yield one
    finally:
        if one.hold is not None:
            one.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
    assert one.wrong == []


def hurried(services: Services, seconds: float) -> Services:
    """Return the same for windows, where somebody who signs in is waited for no longer."""
    return replace(services, accounts=replace(services.accounts, sign_in_seconds=seconds))


def browser(folder: Path) -> tuple[str, Path]:
    """Return what `$BROWSER` is to be, and the file in which it keeps the last page."""
    script, page = folder / "browser.py", folder / "page.html"
    script.write_text(BROWSER)
    return f"'{sys.executable}' '{script}' '{page}' %s", page
