"""The address of a webhook, which is its secret, and what may stand behind it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from traymail.core import validators as read
from traymail.core.account import HTTP_PORTS, Security
from traymail.core.errors import InputError
from traymail.core.texts import Text, text
from traymail.core.validators import is_loopback
from traymail.core.webhooks import Preset, Signing, WebhookAccount

_LONGEST = 4096
# Of what an address says, shorter pieces are no keys, nor are words that many addresses have.
_SHORTEST_KEY = 6
_NO_KEYS = {"message", "messages", "notify", "service", "services", "webhook", "webhooks"}
_ALONE = text("Paste the address alone, on one line.")


@dataclass(frozen=True, slots=True)
class HookAddress:
    """Where a webhook is. ``signing`` is the second secret, or ""."""

    host: str
    port: int
    security: Security
    path: str = field(repr=False)
    query: str = field(repr=False)
    topic: str = field(repr=False)
    signing: str = field(repr=False)
    keys: tuple[str, ...] = field(repr=False)

    def target(self, preset: Preset, now: float) -> str:
        """Return what is asked for; ``now``: seconds since 1970, for a signature."""
        from urllib.parse import urlencode

        query = self.query
        if self.signing and preset.signing is Signing.DINGTALK:
            stamp = str(round(now * 1000))
            sign = _hmac(self.signing, f"{stamp}\n{self.signing}")
            query = f"{query}&{urlencode({'timestamp': stamp, 'sign': sign})}"
        path = "/" if preset.to_root else self.path
        return f"{path}?{query}" if query else path

    def more(self, preset: Preset, now: float) -> Mapping[str, str]:
        """Return what a signature adds to the message."""
        if not self.signing or preset.signing is not Signing.FEISHU:
            return {}
        stamp = str(int(now))
        return {"timestamp": stamp, "sign": _hmac(f"{stamp}\n{self.signing}", "")}

    def headers(self, preset: Preset) -> Mapping[str, str]:
        """Return what a token adds to the head."""
        if not self.signing or preset.signing is not Signing.BEARER:
            return {}
        return {"Authorization": f"Bearer {self.signing}"}


def read_address(pasted: str, preset: Preset) -> HookAddress:
    """Return the address in what was pasted; raises InputError, which shows none of it."""
    words = pasted.split()
    if len(pasted) > _LONGEST or not words:
        raise _wrong(text("This is not the address of a webhook."), preset)
    if len(words) > (1 if preset.signing is Signing.NONE else 2):
        raise InputError(text("There is more than the address of the webhook."), _ALONE)
    from urllib.parse import parse_qs, quote, urlsplit  # seldom needed, and slow to import

    given = words[0] if "://" in words[0] else f"https://{words[0]}"
    try:
        parts = urlsplit(given)
        host = read.filled_host(parts.hostname or "")
        port = parts.port
        usual_port = HTTP_PORTS[parts.scheme]
        query = parse_qs(parts.query)
    except (ValueError, KeyError):  # ValidationError is one
        raise _wrong(text("This is not the address of a webhook."), preset) from None
    if "@" in parts.netloc or parts.fragment:
        raise InputError(
            text("A webhook's address has no user name, no password and nothing behind a “#”."),
            _ALONE,
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise InputError(
            text("A webhook without encryption would give its address away."),
            text("Use an address that begins with https://."),
        )
    if not re.fullmatch(preset.path, parts.path) or not set(preset.query) <= query.keys():
        raise _wrong(text("This is not an address of {service}.", service=preset.title), preset)
    signing = words[1] if words[1:] else ""
    if not (signing.isascii() and signing.isprintable()):
        raise InputError(text("What stands behind the address cannot be a key."), _ALONE)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return HookAddress(
        host,
        port or usual_port,
        Security.NONE if parts.scheme == "http" else Security.TLS,
        path,
        quote(parts.query, safe="/%:@!$&'()*+,;=~-._?"),
        parts.path.strip("/").rpartition("/")[2] if preset.to_root else "",
        signing,
        tuple(dict.fromkeys(_keys(preset, parts.path, query, signing))),
    )


def reached(account: WebhookAccount, address: HookAddress) -> WebhookAccount:
    """Return the account with the server that its messages go to."""
    if account.elsewhere:
        return account
    return replace(account, host=address.host, port=address.port, security=address.security)


def _keys(preset: Preset, path: str, query: Mapping[str, list[str]], signing: str) -> Iterator[str]:
    """Yield what of an address nobody else may see."""
    usual = _NO_KEYS | set(re.findall(r"\w+", preset.like))
    parts = [*path.split("/"), *(one for values in query.values() for one in values), signing]
    for part in parts:
        key = part.removesuffix(".send")
        # Telegram's is a number that everybody may know, ":", and the token.
        for one in (key, *key.split(":")):
            if len(one) >= _SHORTEST_KEY and one not in usual:
                yield one


def _wrong(title: Text, preset: Preset) -> InputError:
    return InputError(title, text("Paste the whole address, like {like}", like=preset.like))


def _hmac(key: str, words: str) -> str:
    digest = hmac.new(key.encode(), words.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
