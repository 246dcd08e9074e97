"""The ways to log in to an SMTP server: a password by PLAIN or LOGIN, a token by OAuth2."""

from __future__ import annotations

import base64
from collections.abc import Callable

from traymail.core.account import Account
from traymail.core.errors import Reply

_CHALLENGE, _MECHANISM_UNKNOWN = 334, 504
_SEPARATOR = "\x01"

Way = Callable[[str], Reply]
"""Is given the secret; returns what the server says to it in the end."""


class Logins:
    """Logs in to a server that has ``offered`` these; ``command`` says a line to it."""

    def __init__(
        self, account: Account, offered: list[str], command: Callable[[bytes], Reply]
    ) -> None:
        self._account, self._offered, self._command = account, offered, command

    @property
    def by_password(self) -> Way | None:
        """By PLAIN (RFC 4616), or LOGIN where it is not known; None: neither is offered."""
        known = {"PLAIN": self._plain, "LOGIN": self._login}
        ways = [way for name, way in known.items() if name in self._offered]
        if not ways:
            return None

        def way(secret: str) -> Reply:
            reply = ways[0](secret)
            again = reply.code == _MECHANISM_UNKNOWN and len(ways) > 1
            return ways[1](secret) if again else reply

        return way

    @property
    def by_token(self) -> Way | None:
        """By XOAUTH2, or OAUTHBEARER (RFC 7628); None: neither is offered.

        https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
        """
        account = self._account
        if "XOAUTH2" in self._offered:
            return lambda token: self._token("XOAUTH2", b"", f"user={account.username}", token)
        if "OAUTHBEARER" in self._offered:
            # The authzid is a saslname (RFC 5801 section 4).
            user = account.username.replace("=", "=3D").replace(",", "=2C")
            parts = f"n,a={user},", f"host={account.host}", f"port={account.port}"
            who, surrender = _SEPARATOR.join(parts), base64.b64encode(_SEPARATOR.encode())
            return lambda token: self._token("OAUTHBEARER", surrender, who, token)
        return None

    def _token(self, name: str, surrender: bytes, who: str, token: str) -> Reply:
        words = f"{who}{_SEPARATOR}auth=Bearer {token}{_SEPARATOR * 2}"
        answer = base64.b64encode(words.encode())
        reply = self._command(f"AUTH {name} ".encode() + answer)
        if reply.code == _CHALLENGE and not reply.text:
            # A server that overlooks the initial response asks for it once more.
            reply = self._command(answer)
        if reply.code == _CHALLENGE:
            # What is wrong comes as a challenge; the verdict, once that is answered.
            reply = self._command(surrender)
        return reply

    def _plain(self, secret: str) -> Reply:
        answer = base64.b64encode(f"\0{self._account.username}\0{secret}".encode())
        reply = self._command(b"AUTH PLAIN " + answer)
        # A server that overlooks the initial response asks for it once more.
        return self._command(answer) if reply.code == _CHALLENGE else reply

    def _login(self, secret: str) -> Reply:
        reply = self._command(b"AUTH LOGIN")
        for answer in (self._account.username, secret):
            if reply.code != _CHALLENGE:
                break
            reply = self._command(base64.b64encode(answer.encode()))
        return reply
