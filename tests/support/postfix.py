"""A Postfix of a test's own, as a user's mail server is: it wants TLS and a login.

Logins are checked by a Dovecot of its own. Mail for the known mailboxes is kept in Maildirs, all
other mail is refused: nothing leaves this computer.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.certificates import Pair
from tests.support.wait import until

USER = "me@example.com"
MAILBOXES = (USER, "you@example.com", "other@example.com")
LARGEST_MAIL = 30_000_000

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log/postfix.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.localhost
mydestination =
mynetworks =
alias_maps =
alias_database =
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
default_transport = error:nothing leaves this computer
message_size_limit = {largest}
virtual_mailbox_limit = 0
virtual_mailbox_domains = example.com
virtual_mailbox_maps = texthash:{folder}/etc/mailboxes
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_tls_cert_file = {chain}
smtpd_tls_key_file = {key}
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {folder}/auth
smtpd_client_restrictions = permit_sasl_authenticated, reject
smtpd_relay_restrictions = reject_unauth_destination
"""

# The submission port does not tell its limit, so that a client finds it out by sending.
_MASTER = """\
127.0.0.1:{tls} inet n - n - - smtpd
    -o smtpd_tls_wrappermode=yes
127.0.0.1:{starttls} inet n - n - - smtpd
    -o smtpd_tls_security_level=encrypt
    -o smtpd_discard_ehlo_keywords=size,silent-discard
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

_DOVECOT = """\
protocols =
ssl = no
base_dir = {folder}/dovecot
state_dir = {folder}/dovecot
log_path = {folder}/log/dovecot.log
auth_verbose = yes
auth_failure_delay = 0
userdb {{
    driver = static
    args = uid={uid} gid={gid} home=/
}}
service auth {{
    unix_listener {folder}/auth {{
        mode = 0666
    }}
}}
"""


_BY_PASSWORD = """\
auth_mechanisms = plain login
passdb {{
    driver = passwd-file
    args = scheme=PLAIN {folder}/etc/passwords
}}
"""
# A cache would go on taking tokens that have ended.
_BY_TOKEN = """\
auth_mechanisms = xoauth2 oauthbearer
auth_cache_size = 0
passdb {{
    driver = oauth2
    mechanisms = xoauth2 oauthbearer
    args = {folder}/etc/oauth2.conf
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
class Postfix:
    """A running server. `mailboxes` are those of MAILBOXES."""

    folder: Path
    port_tls: int
    port_starttls: int
    user: str
    password: str = field(repr=False)

    def mails(self, mailbox: str) -> list[bytes]:
        """Return what a mailbox holds, in the order of arrival."""
        new = self.folder / "mail" / mailbox / "new"
        found = (
            sorted(new.iterdir(), key=lambda file: file.stat().st_mtime_ns) if new.exists() else []
        )
        return [file.read_bytes() for file in found]

    def wait_for(self, mailbox: str, count: int = 1, timeout: float = 30.0) -> list[bytes]:
        """Wait until a mailbox holds `count` mails, and return them."""

        def arrived() -> list[bytes]:
            found = self.mails(mailbox)
            return found if len(found) >= count else []

        return until(arrived, timeout, f"{count} mails for {mailbox}")

    def empty(self) -> None:
        """Throw away what has arrived."""
        for file in (self.folder / "mail").glob("*/new/*"):
            file.unlink()

    def log(self) -> str:
        """Return what the server has logged so far."""
        return _read(self.folder / "log/postfix.log")

    def login_log(self) -> str:
        """Return what the checker of logins has logged so far."""
        return _read(self.folder / "log/dovecot.log")


def why_not() -> str | None:
    """Return why no Postfix can run here, None when one can."""
    missing = [name for name in ("postfix", "dovecot") if program(name) is None]
    if missing:
        return f"not here: {', '.join(missing)}"
    if os.geteuid() != 0:
        return "Postfix's master process runs as root only"
    version = subprocess.run(
        [str(program("dovecot")), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return None if version.startswith("2.3.") else f"written for Dovecot 2.3, here is {version}"


@contextmanager
def postfix(certificate: Pair, password: str, introspection: str = "") -> Iterator[Postfix]:
    """Run a server that shows `certificate` and knows USER by `password`.

    With `introspection`, the address that tells of tokens, logins are by OAuth2.
    """
    # Not below pytest's folders: those are closed to the users that Postfix's processes run as.
    with TemporaryDirectory(prefix="tm-postfix-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        ports = free_ports(2)
        server = Postfix(folder, ports[0], ports[1], USER, password)
        _lay_out(server, certificate, introspection)
        with _dovecot(folder), _master(folder):
            until(
                lambda: (folder / "auth").exists() and all(map(answers, ports)),
                timeout=30.0,
                what="Postfix to answer",
            )
            yield server


def _lay_out(server: Postfix, certificate: Pair, introspection: str) -> None:
    folder = server.folder
    for name in ("etc", "queue", "data", "log", "mail", "dovecot"):
        (folder / name).mkdir(mode=0o755)
    nobody, owner = pwd.getpwnam("nobody"), pwd.getpwnam("postfix")
    os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
    os.chown(folder / "mail", nobody.pw_uid, nobody.pw_gid)
    for pem in (certificate.chain, certificate.key):
        shutil.copyfile(pem, folder / "etc" / pem.name)
        (folder / "etc" / pem.name).chmod(0o600)
    values = {
        "folder": folder,
        "largest": LARGEST_MAIL,
        "uid": nobody.pw_uid,
        "gid": nobody.pw_gid,
        "chain": folder / "etc" / certificate.chain.name,
        "key": folder / "etc" / certificate.key.name,
        "tls": server.port_tls,
        "starttls": server.port_starttls,
        "introspection": introspection,
    }
    texts = {
        "main.cf": _MAIN,
        "master.cf": _MASTER,
        "dovecot.conf": _DOVECOT + (_BY_TOKEN if introspection else _BY_PASSWORD),
        "oauth2.conf": _OAUTH,
        "mailboxes": "".join(f"{box} {box}/\n" for box in MAILBOXES),
        "passwords": f"{server.user}:{{PLAIN}}{server.password}\n",
    }
    for name, content in texts.items():
        filled = content.format_map(values) if name.endswith((".cf", ".conf")) else content
        (folder / "etc" / name).write_text(filled)


@contextmanager
def _dovecot(folder: Path) -> Iterator[None]:
    command = [str(program("dovecot")), "-F", "-c", str(folder / "etc/dovecot.conf")]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def _master(folder: Path) -> Iterator[None]:
    command = [str(program("postfix")), "-c", str(folder / "etc")]
    # Its master process leaves our process group, and would keep a pipe for its output open.
    subprocess.run([*command, "start"], stdin=subprocess.DEVNULL, check=True)
    try:
        yield
    finally:
        subprocess.run([*command, "stop"], stdin=subprocess.DEVNULL, check=True)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
