"""What the demo plays on: a home of its own, a server inside this program, two sample rules."""

from __future__ import annotations

import secrets
import shutil
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from traymail.app import App
from traymail.core.account import Account
from traymail.core.errors import CredentialError
from traymail.core.secret import Secret
from traymail.core.texts import Text, text
from traymail.demo.sink import HOST, SinkLogin, running
from traymail.desktop.language import translator
from traymail.desktop.paths import home
from traymail.store.credentials import Keyrings
from traymail.ui.model.inbox import Delivered, Origin


class InMemoryKeyring(Keyrings):
    """Secrets for this run only; no keyring is asked, also for accounts that are added."""

    def __init__(self) -> None:
        super().__init__({})
        self._secrets: dict[tuple[str, str], Secret] = {}

    def get(self, account: Account) -> Secret:
        """Return the secret; raises CredentialError."""
        try:
            return self._secrets[account.host, account.username]
        except KeyError:
            raise CredentialError(
                text("There is no secret for account {name}.", name=account.name)
            ) from None

    def set(self, account: Account, secret: Secret) -> None:
        """Keep a secret until the end."""
        self._secrets[account.host, account.username] = secret

    def remember(self, account: Account, secret: Secret) -> None:
        """Keep a secret until the end."""
        self.set(account, secret)

    def delete(self, account: Account) -> bool:
        """Forget a secret; False when there was none."""
        return self._secrets.pop((account.host, account.username), None) is not None


class NoAutostart:
    """`traymail.desktop.autostart.Autostart` that forgets: a rehearsal does not start again."""

    def __init__(self) -> None:
        self._on = False

    def is_on(self) -> bool:
        """Tell what was set."""
        return self._on

    def set(self, *, on: bool) -> None:
        """Remember it until the end."""
        self._on = on


ADDRESS = "me@demo.example"
SYSTEM_LOGS = ("/var/log/dpkg.log", "/var/log/syslog", "/var/log/system.log")

CONFIG = """\
version = 1
language = "{language}"

[accounts.demo]
address = "{address}"
host = "{host}"
port = {port}
security = "tls"
ca_file = '{ca_file}'

[[rules]]
name = "{files}"
kind = "folder"
folder = '{folder}'
to = ["office@demo.example"]
subject = "{{file.name}}"
settle_seconds = 0.3

[[rules]]
name = "{errors}"
kind = "log"
paths = ['{log}']
match = ['(?P<level>ERROR|FATAL)\\b']
to = ["admin@demo.example"]
subject = "[{{rule}}] {{match.level}}: {{count}}"
cooldown = "1500ms"
"""

Say = Callable[[Text], None]


@dataclass(frozen=True, slots=True)
class DemoStage:
    """The home, who listens where, what is watched; ``kinds`` of the rules, by name."""

    app: App
    server: str
    folder: Path
    log: Path
    kinds: Mapping[str, Origin]


@contextmanager
def stage(
    environ: Mapping[str, str], language: str, say: Say, deliver: Callable[[Delivered], object]
) -> Iterator[DemoStage]:
    """Set everything up, and take it all away at the end; ``deliver`` is given each mail."""
    with tempfile.TemporaryDirectory(prefix="traymail-demo-") as name:
        folder = Path(name)
        drop, log, ca_file = folder / "drop", folder / "app.log", folder / "ca.pem"
        drop.mkdir()
        _fill(log, say)
        login = SinkLogin(ADDRESS, secrets.token_urlsafe(16))
        with running(login, ca_file, deliver) as sink:
            server = f"{HOST}:{sink.port}"
            say(
                text("An SMTP server with TLS listens on {host}:{port}.", host=HOST, port=sink.port)
            )
            # As a setting, the language can be changed in the rehearsal.
            app = App(home(str(folder / "home"), environ), environ)
            app.credentials, app.autostart = InMemoryKeyring(), NoAutostart()
            app.home.make()
            translate = translator(language)
            files = text("Dropped files").translated(translate)
            errors = text("Log errors").translated(translate)
            config = CONFIG.format(
                language=language,
                address=ADDRESS,
                host=HOST,
                port=sink.port,
                ca_file=ca_file,
                folder=drop,
                log=log,
                files=files,
                errors=errors,
            )
            app.home.config_file.write_text(config, encoding="utf-8")
            account = app.settings().accounts["demo"]
            app.credentials.remember(account, Secret(login.password))
            yield DemoStage(app, server, drop, log, {files: Origin.FOLDER, errors: Origin.LOG})


def _fill(log: Path, say: Say) -> None:
    """Make the sample log: a copy of this computer's own, when one can be read."""
    for name in SYSTEM_LOGS:
        try:
            shutil.copyfile(name, log)
        except OSError:
            continue
        say(text("The sample log is a copy of {path}.", path=name))
        return
    log.write_text("2026-11-23 08:00:00 INFO started\n", encoding="utf-8")


def append(log: Path, *lines: str) -> None:
    """Write lines into a log, as a program does."""
    with log.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def sample_picture(width: int, height: int, tint: int = 0) -> bytes:
    """Return a PNG of a colour gradient (PNG specification, section 5)."""
    rows = b"".join(
        b"\0" + b"".join(bytes((x % 256, y % 256, (x * y + tint) % 256)) for x in range(width))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
