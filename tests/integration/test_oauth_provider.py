"""OAuth2 from the sign-in to the mail, with a service and a mail server that other people wrote.

What the service does at will of a test is in `test_oauth.py`, with one of ours.
"""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import in_process
from tests.support.forms import visit
from tests.support.homes import Home
from tests.support.oidc import MailServer, Service, browser, mail_server, service, why_not
from tests.support.session import KeyringSession
from tests.support.sink import Sink, serve
from tests.support.wait import until
from traymail.app import App
from traymail.core.account import Account
from traymail.desktop.paths import home as home_of
from traymail.oauth.tokens import StoredTokens, as_text, from_text

USER = "me@company.example"
AGAIN = "traymail account login work"


@pytest.fixture(scope="module")
def provider() -> Iterator[Service]:
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with service() as one:
        yield one


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with serve(security="none") as one:
        one.without = ("AUTH ",)  # else the mail server says whose mail it is, as RFC 4954 has it
        yield one


@pytest.fixture(scope="module")
def server(certificates: Certificates, provider: Service, sink: Sink) -> Iterator[MailServer]:
    with mail_server(certificates.good, "xoauth2", provider.introspection, sink.port) as one:
        yield one


@dataclass
class Desk:
    """A home with one account; it signs in at the service, and sends through the mail server."""

    home: Home
    provider: Service
    ca_file: Path
    page: Path
    client: str = "desktop"
    env: dict[str, str] = field(default_factory=dict)

    def configure(self, server: MailServer, client: str = "desktop") -> None:
        self.client = client
        self.home.configure(
            f'version = 1\n[accounts.work]\naddress = "{USER}"\nhost = "127.0.0.1"\n'
            f'port = {server.port}\nsecurity = "tls"\nca_file = "{self.ca_file}"\n'
            f"{self.provider.config(client)}\n"
        )

    def run(self, *words: str) -> CompletedProcess[str]:
        return in_process(self.home, *words, env=self.env)

    def sign_in(self) -> None:
        done = self.run("account", "login", "work")
        assert done.returncode == 0, done.stderr
        until(lambda: "You are signed in." in self.shown(), what="the page")
        self.page.unlink()

    def shown(self) -> str:
        return self.page.read_text("utf-8") if self.page.exists() else ""

    def send(self, status: int = 0) -> str:
        done = self.run("send", "--to", "you@example.com", "--subject", "hello")
        assert done.returncode == status, done.stderr
        return done.stderr

    def standing(self) -> tuple[str, str]:
        [one] = json.loads(self.run("account", "list", "--json").stdout)
        return one["state"], one["login"]["state"]

    def kept(self) -> StoredTokens:
        """Return the tokens that the keyring holds."""
        with closing(App(home_of(str(self.home.path), os.environ), os.environ)) as app:
            account = app.settings().accounts["work"]
            kept = from_text(app.credentials.long(account) or "", account)
            assert kept is not None
            return kept

    def put_back(self, kept: StoredTokens, **older: float) -> None:
        """Let the keyring hold these, got some time ago."""
        with closing(App(home_of(str(self.home.path), os.environ), os.environ)) as app:
            account: Account = app.settings().accounts["work"]
            ago = timedelta(**older)
            moved = StoredTokens(
                kept.access, kept.got - ago, kept.ends - ago, kept.refresh, kept.client_secret
            )
            app.credentials.keep_long(account, as_text(moved, account))


@pytest.fixture
def desk(
    home: Home,
    keyring_env: KeyringSession,
    provider: Service,
    certificates: Certificates,
    tmp_path: Path,
) -> Iterator[Desk]:
    page = tmp_path / "page"
    one = Desk(home, provider, certificates.ca_file, page)
    one.env = {**keyring_env.env, "BROWSER": browser(USER, page)}
    yield one
    done = one.run("purge", "--yes")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
def test_from_the_browser_to_the_mail(
    desk: Desk, provider: Service, certificates: Certificates, sink: Sink, mechanism: str
) -> None:
    before = len(sink.arrivals)
    with mail_server(certificates.good, mechanism, provider.introspection, sink.port) as server:
        desk.configure(server)
        desk.sign_in()
        desk.send()
        assert desk.run("account", "test", "work").returncode == 0
        assert len(sink.wait_for(before + 1)) == before + 1
        assert f"method={mechanism.upper()}" in server.log()
    assert desk.standing() == ("ready", "ok")


def test_a_token_that_has_ended_is_renewed_and_its_refresh_token_rotates(
    desk: Desk, provider: Service, server: MailServer
) -> None:
    desk.configure(server, "brief")
    desk.sign_in()
    first = desk.kept()
    until(lambda: not provider.active(first.access.reveal()), what="the end of its token")
    desk.send()
    second = desk.kept()
    assert (second.access != first.access, second.refresh != first.refresh) == (True, True)
    assert desk.standing() == ("ready", "ok")


@pytest.mark.parametrize(("agrees", "status"), [(True, 0), (False, 77)])
def test_on_another_device(desk: Desk, server: MailServer, agrees: bool, status: int) -> None:
    desk.configure(server)
    command = desk.home.command("account", "login", "work", "--device")
    env = {**os.environ, **desk.env}
    with Popen(command, env=env, stdout=PIPE, stderr=PIPE, text=True) as one:
        assert one.stdout is not None
        page, code = (one.stdout.readline().strip() for _ in range(2))
        visit(f"{page}?user_code={code}", USER, agrees=agrees)
        _, err = one.communicate()
    assert one.returncode == status, err
    if agrees:
        desk.send()
    else:
        assert "The sign-in was not agreed to" in err
        assert AGAIN in err


def test_who_does_not_agree_is_told_so(desk: Desk, server: MailServer) -> None:
    desk.configure(server)
    desk.env["BROWSER"] = browser(USER, desk.page, agrees=False)
    done = desk.run("account", "login", "work")
    assert done.returncode == 77
    assert "The sign-in was not agreed to" in done.stderr
    assert AGAIN in done.stderr
    until(lambda: "You are not signed in." in desk.shown(), what="the page")
    assert desk.standing() == ("no secret", "never")


def test_an_access_token_that_the_server_takes_no_more_is_renewed_once(
    desk: Desk, provider: Service, server: MailServer
) -> None:
    desk.configure(server)
    desk.sign_in()
    kept = desk.kept()
    desk.put_back(kept, minutes=10)
    provider.revoke(kept.access.reveal(), desk.client)
    desk.send()
    assert desk.kept().access != kept.access
    # This one is new: a server that takes it no more takes no other either.
    provider.revoke(desk.kept().access.reveal(), desk.client)
    told = desk.send(77)
    assert "535" in told
    assert AGAIN in told
    assert desk.standing() == ("attention", "ok")


def ended(desk: Desk) -> None:
    """Assert that the user is told how to go on, and that it goes on so."""
    told = desk.send(77)
    assert "The sign-in has ended" in told
    assert AGAIN in told
    assert desk.standing() == ("attention", "expired")
    desk.sign_in()
    assert desk.standing() == ("ready", "ok")
    assert desk.run("outbox", "retry", "--all").returncode == 0


def test_a_sign_in_that_is_revoked_has_ended(
    desk: Desk, provider: Service, server: MailServer
) -> None:
    desk.configure(server)
    desk.sign_in()
    kept = desk.kept()
    assert kept.refresh is not None
    provider.revoke(kept.refresh.reveal(), desk.client)
    assert not provider.active(kept.access.reveal())
    desk.put_back(kept, minutes=10)
    ended(desk)


def test_a_refresh_token_that_was_rotated_away_is_of_no_use(
    desk: Desk, provider: Service, server: MailServer
) -> None:
    """As with a keyring that comes back from a copy of last week."""
    desk.configure(server)
    desk.sign_in()
    kept = desk.kept()
    desk.put_back(kept, hours=2)
    desk.send()
    now = desk.kept()
    assert provider.active(now.access.reveal())
    desk.put_back(kept, hours=2)
    ended(desk)
    assert not provider.active(now.access.reveal())


def test_a_thief_who_renews_first_ends_the_sign_in_of_both(
    desk: Desk, provider: Service, server: MailServer
) -> None:
    desk.configure(server)
    desk.sign_in()
    kept = desk.kept()
    assert kept.refresh is not None
    stolen = provider.refresh(kept.refresh.reveal(), desk.client)
    assert provider.active(stolen["access_token"])
    desk.put_back(kept, hours=2)
    ended(desk)
    assert not provider.active(stolen["access_token"])
