"""What access tokens cost, counted: round trips of SMTP, and exchanges with the service."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from typing import BinaryIO

from tests.bench import Row
from tests.support.memory_credentials import InMemoryCredentials
from tests.support.oauth import USER, provider
from tests.support.sending import CANARY, Notes, mail
from tests.support.sign_in import Rooms, account_of
from tests.support.sink import serve
from traymail.core.account import Account, Auth, Security
from traymail.core.message import Attachment
from traymail.core.ports import SecretSource, SenderTools
from traymail.core.secret import Secret, ToldSecrets
from traymail.senders.smtp import SmtpSender

HOURS = 24
# A token of an hour is renewed five minutes before its end.
EXCHANGES_LIMIT = 60 / 55


@dataclass
class _Line:
    """Between a client and a server: whoever speaks after the other has waited for that."""

    port: int
    trips: int = 0
    _server_spoke: bool = True
    _lock: Lock = field(default_factory=Lock)

    def heard(self, *, server: bool) -> None:
        with self._lock:
            self.trips += server and not self._server_spoke
            self._server_spoke = server


@contextmanager
def _line(port: int) -> Iterator[_Line]:
    """Lead one connection to a port, and count its round trips."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = _Line(listener.getsockname()[1])

        def lead(source: socket.socket, target: socket.socket, *, server: bool) -> None:
            while block := source.recv(65_536):
                line.heard(server=server)
                target.sendall(block)
            target.shutdown(socket.SHUT_WR)

        def run() -> None:
            client, _ = listener.accept()
            with client, socket.create_connection(("127.0.0.1", port)) as server:
                back = Thread(target=lead, args=(server, client), kwargs={"server": True})
                back.start()
                lead(client, server, server=False)
                back.join()

        Thread(target=run, daemon=True).start()
        yield line


def rows() -> Iterator[Row]:
    """Count in both ways of logging in; the token is renewed as the mail is sent."""
    with (
        TemporaryDirectory(prefix="tm-bench-") as folder,
        provider() as service,
        serve(security="none", tokens=service.tokens) as by_token,
        serve(security="none", user=USER, password=CANARY) as by_password,
    ):
        rooms = Rooms(Path(folder))
        account = replace(account_of(service), host="127.0.0.1", security=Security.NONE)
        rooms.sign_in(account)
        rooms.clock.ahead = timedelta(hours=1)
        token = _trips(by_token.port, account, rooms.tokens)
        assert service.exchanges == ["authorization_code", "refresh_token"]
        secrets = InMemoryCredentials()
        usual = replace(account, auth=Auth.PASSWORD)
        secrets.set(usual, Secret(CANARY))
        password = _trips(by_password.port, usual, secrets)
        yield Row("round trips with a new token / with a password", token, 1.0, "", password)
        before = len(service.exchanges)
        for minutes in range(0, HOURS * 60, 5):
            rooms.clock.ahead = timedelta(hours=1, minutes=minutes)
            rooms.tokens.get(account)
        exchanges = len(service.exchanges) - before
        yield Row("HTTP for a mail each 5 min / hours", exchanges, EXCHANGES_LIMIT, "", HOURS)


def _trips(port: int, account: Account, credentials: SecretSource) -> int:
    """Return the round trips of a mail, from the greeting to the last reply."""

    def open_nothing(attachment: Attachment) -> BinaryIO:
        raise AssertionError(attachment)

    with _line(port) as line:
        tools = SenderTools(credentials, open_nothing, lambda: False, ToldSecrets())
        with closing(SmtpSender(replace(account, port=line.port), tools)) as sender:
            assert sender.send(mail(), Notes()).code == 250
            trips = line.trips
    return trips
