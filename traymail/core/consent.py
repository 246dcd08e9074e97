"""What a configuration from elsewhere could run, or give a secret to: the user decides first."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from traymail.core.account import Account, Auth, Security
from traymail.core.address import clean
from traymail.core.errors import Problem
from traymail.core.oauth import is_usual
from traymail.core.settings import Settings
from traymail.core.texts import Text, by_command, elided, text
from traymail.core.validators import place_of

HOST, COMMAND, AUTHORITY, PORT = "host", "password_command", "ca_file", "port"
SIGN_IN = "oauth"


@dataclass(frozen=True, slots=True)
class Risk:
    """One thing to agree to, and the account and the key it comes from.

    ``told`` is for whoever decides and for nobody else: a command's arguments may be secret.
    ``written`` is the key of the configuration that says so.
    """

    account: str
    key: str
    value: str
    told: Text
    written: str

    @property
    def id(self) -> str:
        """Return what another process names it by; the sentence leaves out what is too long."""
        words = "\0".join((self.account, self.key, self.value))
        return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


# The host an account's credential file was first used for; "" before that, None without a file.
BoundTo = Callable[[str], str | None]


def risks(before: Settings, after: Settings, bound_to: BoundTo) -> tuple[Risk, ...]:
    """Return what ``after`` could do with secrets that ``before``, which is trusted, could not."""
    # What has no login gives nothing away yet, so nobody was asked about it.
    known = [one for one in before.accounts.values() if one.auth is not Auth.NONE]
    places = {one.name: one.host for one in known}
    commands = {(one.password_command, one.host) for one in known}
    authorities = {(one.host, one.ca_file) for one in known}
    open_ports = {(one.host, one.port) for one in known if _is_open(one)}
    sign_ins = {_sign_in(one).value for one in known if _leads_elsewhere(one)}
    found = list[Risk]()
    for one in after.accounts.values():
        if one.auth is Auth.NONE:
            continue
        if one.password_command and (one.password_command, one.host) not in commands:
            found.append(_command(one))
        if places.get(one.name) != one.host:
            found += _moved(one, bound_to, places.get(one.name, ""))
        if one.ca_file and (one.host, one.ca_file) not in authorities:
            found.append(_authority(one))
        if _is_open(one) and (one.host, one.port) not in open_ports:
            found.append(_port(one))
        if _leads_elsewhere(one) and _sign_in(one).value not in sign_ins:
            found.append(_sign_in(one))
    return tuple(found)


def waiting(one: Account, unagreed: frozenset[str]) -> tuple[Risk, ...]:
    """Return what an account names of risks that nobody agreed to; ``unagreed``: their ids."""
    if not unagreed or one.auth is Auth.NONE:
        return ()
    named = [_host(one, "")]
    named += [_command(one)] if one.password_command else []
    named += [_authority(one)] if one.ca_file else []
    named += [_port(one)] if _is_open(one) else []
    named += [_sign_in(one)] if _leads_elsewhere(one) else []
    return tuple(risk for risk in named if risk.id in unagreed)


def moved(settings: Settings, bound_to: BoundTo) -> tuple[Risk, ...]:
    """Return the accounts whose credential file was used for another host until now."""
    accounts = settings.accounts.values()
    return tuple(
        risk
        for one in accounts
        if one.auth is not Auth.NONE and bound_to(one.name)
        for risk in _moved(one, bound_to, "")
    )


def problems_of(found: Iterable[Risk]) -> tuple[Problem, ...]:
    """Return why an edit waits for the user: the places, and no commands."""
    return tuple(
        Problem(
            place_of(place_of("accounts", account), key),
            text("could give a secret away, and waits until you agree"),
            advice=by_command(
                text("Review it with: traymail config accept"),
                in_window=text("Review it on the page “General” of the settings."),
            ),
        )
        for account, key in dict.fromkeys((one.account, one.written) for one in found)
    )


def _command(one: Account) -> Risk:
    command = shlex.join(one.password_command)
    told = text(
        "Account {name} runs {command} and gives what it prints to {host}.",
        name=one.name,
        command=_shown(command),
        host=one.host,
    )
    return Risk(one.name, COMMAND, f"{command} {one.host}", told, COMMAND)


def _shown(command: str) -> str:
    """Return a command so that nothing of it is out of sight: no blanks that push it away."""
    return elided(" ".join(clean(command).split()))


def _moved(one: Account, bound_to: BoundTo, place: str) -> list[Risk]:
    bound = bound_to(one.name)
    return [] if bound is None or bound == one.host else [_host(one, bound or place)]


def _host(one: Account, before: str) -> Risk:
    told = (
        text(
            "Account {name} gives the secret of its credential file to {host} instead of {before}.",
            name=one.name,
            host=one.host,
            before=before,
        )
        if before
        else text(
            "Account {name} gives the secret of its credential file to {host}.",
            name=one.name,
            host=one.host,
        )
    )
    return Risk(one.name, HOST, one.host, told, one.key_of(HOST))


def _authority(one: Account) -> Risk:
    told = text(
        "Account {name} gives its secret to any server that {path} vouches for as {host}.",
        name=one.name,
        path=one.ca_file,
        host=one.host,
    )
    return Risk(one.name, AUTHORITY, one.ca_file, told, AUTHORITY)


def _is_open(one: Account) -> bool:
    """Tell whether no certificate says who listens there: any user of this computer may."""
    return one.security is Security.NONE


def _port(one: Account) -> Risk:
    told = text(
        "Account {name} gives its secret to any program that listens on port {port} of this "
        "computer.",
        name=one.name,
        port=one.port,
    )
    return Risk(one.name, PORT, f"{one.host} {one.port}", told, one.key_of(PORT))


def _leads_elsewhere(one: Account) -> bool:
    """Tell whether a sign-in is not just between the mail server and the service it belongs to.

    A page that the user knows may lead the code, or the token, to somebody else then.
    """
    return one.signs_in and not is_usual(one.oauth, one.host)


def _sign_in(one: Account) -> Risk:
    oauth = one.oauth
    pages = dict.fromkeys(_host_of(url) for url in (oauth.authorize_url, oauth.device_url) if url)
    told = text(
        "Account {name} signs in at {page}; what comes of it goes to {tokens} and {host}.",
        name=one.name,
        page=", ".join(pages),
        tokens=_host_of(oauth.token_url),
        host=one.host,
    )
    places = (one.host, oauth.authorize_url, oauth.device_url, oauth.token_url)
    return Risk(one.name, SIGN_IN, " ".join(places), told, SIGN_IN)


def _host_of(url: str) -> str:
    from urllib.parse import urlsplit  # seldom needed, and slow to import

    return urlsplit(url).hostname or ""
