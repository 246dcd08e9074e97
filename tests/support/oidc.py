"""A service of OAuth2 by other people, and a mail server that asks it about tokens.

oidc-provider signs in by codes with PKCE and on devices; its refresh tokens rotate, and one that is
used twice ends the sign-in. Dovecot takes the tokens and hands mail on to a sink of the test.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import bootstrap
from tests.support import forms, postfix
from tests.support.certificates import Pair
from tests.support.wait import until

MODULE = bootstrap.NODE / "node_modules/oidc-provider/lib/index.js"
_SCRIPT = Path(__file__).parent / "node/oidc_provider.mjs"
_SERVER = "/usr/lib/dovecot/submission"
_MAIL, _SECRET = "mail", "of-the-mail-server"

_DOVECOT = """\
protocols = submission
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
ssl = required
ssl_cert = <{folder}/{chain}
ssl_key = <{folder}/{key}
auth_mechanisms = {mechanism}
auth_verbose = yes
auth_failure_delay = 0
# A cache would go on taking tokens that have ended.
auth_cache_size = 0
passdb {{
    driver = oauth2
    mechanisms = xoauth2 oauthbearer
    args = {folder}/oauth2.conf
}}
# Failed logins would be kept waiting, the longer the more of them there were.
service anvil {{
    unix_listener anvil-auth-penalty {{
        mode = 0
    }}
}}
userdb {{
    driver = static
    args = uid={uid} gid={gid} home={folder}/mail
}}
mail_location = maildir:~/
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
service submission-login {{
    inet_listener submission {{
        address = 127.0.0.1
        port = {port}
        ssl = yes
    }}
}}
"""
_OAUTH = """\
introspection_url = {introspection}
introspection_mode = post
username_attribute = sub
active_attribute = active
active_value = true
"""


@dataclass(frozen=True)
class Service:
    """The running service of OAuth2."""

    url: str

    def config(self, client: str) -> str:
        """Return the keys of an account that signs in here."""
        ways = {"authorize_url": "auth?prompt=consent", "token_url": "token"}
        ways["device_url"] = "device/auth"
        addresses = ", ".join(f'{key} = "{self.url}/{path}"' for key, path in ways.items())
        scope = "openid offline_access"
        return (
            f'auth = "oauth2"\noauth = {{ client_id = "{client}", {addresses}, scope = "{scope}" }}'
        )

    def revoke(self, token: str, client: str) -> None:
        """End a token (RFC 7009), as the user does on the page of a service."""
        self._post("token/revocation", {"token": token, "client_id": client})

    def refresh(self, token: str, client: str) -> dict[str, Any]:
        """Renew a token, as whoever has it may."""
        form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": client}
        return dict(json.loads(self._post("token", form)))

    def active(self, token: str) -> bool:
        """Tell whether an access token is good, as a mail server asks (RFC 7662)."""
        pair = b64encode(f"{_MAIL}:{_SECRET}".encode()).decode()
        answer = self._post("token/introspection", {"token": token}, f"Basic {pair}")
        return bool(json.loads(answer)["active"])

    @property
    def introspection(self) -> str:
        """The address at which a mail server asks about tokens."""
        return f"{self.url.replace('//', f'//{_MAIL}:{_SECRET}@')}/token/introspection"

    def _post(self, path: str, form: dict[str, str], login: str = "") -> str:
        headers = {"Authorization": login} if login else {}
        with urlopen(Request(f"{self.url}/{path}", urlencode(form).encode(), headers)) as answer:  # noqa: S310 # ours
            return str(answer.read().decode())


@dataclass(frozen=True)
class MailServer:
    """The running mail server."""

    folder: Path
    port: int

    def log(self) -> str:
        """Return what it has logged so far."""
        return (self.folder / "dovecot.log").read_text("utf-8", "replace")


def why_not() -> str | None:
    """Return why they cannot run here, None when they can."""
    if shutil.which("node") is None or not MODULE.exists():
        return f"not here: node, or {MODULE}: python3 bootstrap.py test installs them"
    if not Path(_SERVER).exists():
        return f"not here: {_SERVER}"
    return postfix.why_not()


def browser(user: str, page: Path, *, agrees: bool = True) -> str:
    """Return what `$BROWSER` is to be for a user; it keeps the last page in a file."""
    choice = "agree" if agrees else "deny"
    return f"'{sys.executable}' '{forms.__file__}' {choice} '{user}' '{page}' %s"


@contextmanager
def service() -> Iterator[Service]:
    """Run the service of OAuth2 until the block ends."""
    command = [str(shutil.which("node")), str(_SCRIPT), str(MODULE)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, "it did not start"
            yield Service(url)
        finally:
            process.terminate()


@contextmanager
def mail_server(
    certificate: Pair, mechanism: str, introspection: str, relay: int
) -> Iterator[MailServer]:
    """Run a mail server until the block ends; mail goes on to the port `relay`."""
    # Not below pytest's folders: those are closed to the users that Dovecot's processes run as.
    with TemporaryDirectory(prefix="tm-dovecot-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        [port] = postfix.free_ports(1)
        values = {"folder": folder, "mechanism": mechanism, "relay": relay, "port": port}
        values |= {"chain": certificate.chain.name, "key": certificate.key.name}
        nobody = pwd.getpwnam("nobody")
        values |= {"uid": nobody.pw_uid, "gid": nobody.pw_gid, "introspection": introspection}
        (folder / "mail").mkdir()
        os.chown(folder / "mail", nobody.pw_uid, nobody.pw_gid)
        for file in (certificate.chain, certificate.key):
            shutil.copyfile(file, folder / file.name)
            (folder / file.name).chmod(0o600)
        (folder / "oauth2.conf").write_text(_OAUTH.format_map(values))
        (folder / "dovecot.conf").write_text(_DOVECOT.format_map(values))
        server = MailServer(folder, port)
        command = [str(postfix.program("dovecot")), "-F", "-c", str(folder / "dovecot.conf")]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
            try:
                until(lambda: postfix.answers(port), timeout=30.0, what="Dovecot to answer")
                yield server
            finally:
                process.terminate()
