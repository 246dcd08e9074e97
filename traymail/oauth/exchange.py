"""What is asked of a service of sign-in, and what it answers (RFC 6749, RFC 7636, RFC 8628)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from traymail.core.account import HTTP_PORTS, Account, Auth, Security
from traymail.core.answers import json_table
from traymail.core.errors import DeliveryError, Reply, Stage, TransientFailure, UnknownOutcome
from traymail.core.message import Address
from traymail.core.replies import as_error, diagnose
from traymail.core.reply_rules import Trouble
from traymail.core.secret import Secret
from traymail.core.sign_in import USUAL_INTERVAL
from traymail.core.validators import is_loopback
from traymail.senders.http import post_once
from traymail.senders.smtp_wire import SmtpError

_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept": "application/json",
    "User-Agent": "traymail",
}
# What passes by itself: RFC 6749 section 4.1.2.1, and what gateways say.
_PASSING = {"temporarily_unavailable", "server_error"}
_PASSING_STATUS = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
# RFC 6749 appendix A: access and refresh tokens are visible signs of ASCII.
_TOKEN = re.compile(r"[!-~]{1,30000}")
_LONGEST_SHOWN = 2000
_USUAL_LIFE = timedelta(hours=1)
_LONGEST_LIFE = timedelta(days=3650)
_SHORTEST_INTERVAL = timedelta(seconds=1)
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass(frozen=True, slots=True)
class Granted:
    """What a service grants. ``refresh`` None: the one from before goes on to count."""

    access: Secret
    life: timedelta
    refresh: Secret | None


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a service gives a device that has no browser."""

    code: Secret
    user_code: str
    page: str
    whole_page: str
    life: timedelta
    interval: timedelta


class Refused(Exception):
    """A service refuses; ``error`` is its word of RFC 6749, ``said`` all that it says."""

    def __init__(self, error: str, said: str) -> None:
        super().__init__(said)
        self.error = error
        self.said = said


class Service:
    """The service that an account signs in with. Every call may raise Refused or DeliveryError.

    The DeliveryError is one that passes, or what a wrong certificate means.
    """

    def __init__(self, account: Account, client_secret: Secret | None) -> None:
        self._account = account
        self._client_secret = client_secret

    def redeem(self, code: Secret, verifier: Secret, redirect: str) -> Granted:
        """Return what the code of a browser is worth."""
        given = {
            "grant_type": "authorization_code",
            "code": code.reveal(),
            "redirect_uri": redirect,
            "code_verifier": verifier.reveal(),
        }
        return _granted(self._ask(self._account.oauth.token_url, given, code, verifier))

    def refresh(self, token: Secret, access: Secret) -> Granted:
        """Return a new access token, and a new token to renew it with where they rotate.

        ``access`` is the one so far: the service knows it, too, and it may be good for a while.
        """
        given = {"grant_type": "refresh_token", "refresh_token": token.reveal()}
        try:
            return _granted(self._ask(self._account.oauth.token_url, given, token, access))
        except Refused as refused:
            if refused.error:
                raise
            # A service that refuses has a word for it (RFC 6749 section 5.2). Without one it is a
            # gateway that answers, or the page of a hotel: no reason to end a sign-in.
            raise _later(refused.said) from refused

    def device_code(self) -> DeviceCode:
        """Return a code that the user types on another device."""
        oauth = self._account.oauth
        given = {"scope": oauth.scope} if oauth.scope else {}
        return _device_code(self._ask(oauth.device_url, given))

    def poll(self, device: DeviceCode) -> Granted:
        """Return what a device is granted; Refused also says that the user is not ready."""
        given = {"grant_type": DEVICE_GRANT, "device_code": device.code.reveal()}
        return _granted(self._ask(self._account.oauth.token_url, given, device.code))

    def _ask(self, url: str, given: Mapping[str, str], *secrets: Secret) -> dict[str, Any]:
        fields = {"client_id": self._account.oauth.client_id, **given}
        if self._client_secret is not None:
            fields["client_secret"] = self._client_secret.reveal()
            secrets = (*secrets, self._client_secret)
        place, path = _place(url, self._account)
        try:
            answer, words = post_once(place, path, _HEADERS, urlencode(fields).encode(), *secrets)
        except SmtpError as error:
            raise _unreachable(error) from error
        return _answered(answer.status, answer.content, words)


def refusal(account: Account, said: str) -> DeliveryError:
    """Return what a refusal of the service means for the account: it needs its user."""
    reply = Reply(None, said, Stage.AUTH)
    return as_error(diagnose(reply, account.provider, trouble=Trouble.SIGN_IN), reply)


def _place(url: str, account: Account) -> tuple[Account, str]:
    """Return the server of an address, as accounts describe them, and the path there."""
    parts = urlsplit(url)
    plain = parts.scheme == "http"
    place = Account(
        name=account.name,
        address=Address("nobody@localhost"),
        host=parts.hostname or "",
        port=parts.port or HTTP_PORTS[parts.scheme],
        security=Security.NONE if plain else Security.TLS,
        auth=Auth.NONE,
        ca_file=account.ca_file,
        timeout=account.timeout,
    )
    return place, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _unreachable(error: SmtpError) -> DeliveryError:
    found = diagnose(error.reply, "", trouble=error.trouble)
    if not issubclass(found.kind, TransientFailure | UnknownOutcome):
        return as_error(found, error.reply)
    return _later(error.reply.text)


def _later(said: str) -> DeliveryError:
    reply = Reply(None, said, Stage.CONNECT)
    return as_error(diagnose(reply, "", trouble=Trouble.SIGN_IN_LATER), reply)


def _answered(status: int, content: bytes, words: Callable[[bytes], str]) -> dict[str, Any]:
    """Return the document of a good answer."""
    document = json_table(content)
    error = document.get("error")
    error = error if isinstance(error, str) else ""
    if status == HTTPStatus.OK and not error:
        if not document:
            raise _later(f"HTTP {status}")
        return document
    description = document.get("error_description")
    said = f"{error}: {description}" if isinstance(description, str) and description else error
    said = words(said.encode("utf-8", "replace")) if error else f"HTTP {status}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING_STATUS or error in _PASSING:
        raise _later(said)
    raise Refused(error, said)


def _granted(document: Mapping[str, Any]) -> Granted:
    access = _token(document, "access_token")
    kind = document.get("token_type", "bearer")
    if access is None or not isinstance(kind, str) or kind.lower() != "bearer":
        raise Refused("", "no access token in the answer")
    life = _seconds(document.get("expires_in"), _USUAL_LIFE)
    return Granted(access, life, _token(document, "refresh_token"))


def _device_code(document: Mapping[str, Any]) -> DeviceCode:
    code = _token(document, "device_code")
    page = _page(document.get("verification_uri") or document.get("verification_url"))
    user_code = _shown(document.get("user_code"))
    if code is None or not page or not user_code:
        raise Refused("", "no device code in the answer")
    interval = _seconds(document.get("interval"), USUAL_INTERVAL)
    return DeviceCode(
        code,
        user_code,
        page,
        _page(document.get("verification_uri_complete")),
        _seconds(document.get("expires_in"), _USUAL_LIFE),
        max(interval, _SHORTEST_INTERVAL),
    )


def _token(document: Mapping[str, Any], key: str) -> Secret | None:
    value = document.get(key)
    return Secret(value) if isinstance(value, str) and _TOKEN.fullmatch(value) else None


def _page(value: object) -> str:
    """Return the address of a page where a code is safely typed, "" for what is none."""
    address = _shown(value)
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    plain = _TOKEN.fullmatch(address) and "@" not in parts.netloc
    return address if safe and host and plain else ""


def _shown(value: object) -> str:
    """Return words that a user reads and types; "" for what nobody could."""
    good = isinstance(value, str) and len(value) <= _LONGEST_SHOWN and value.isprintable()
    return str(value) if good else ""


def _seconds(value: object, usual: timedelta) -> timedelta:
    """Return a number of seconds; some services write it as a text."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:12])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return usual
    if not 0 < value < _LONGEST_LIFE.total_seconds():
        return usual
    return timedelta(seconds=value)
