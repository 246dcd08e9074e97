"""OAuth2 with a mail server as users have it: Postfix, whose Dovecot asks the service of tokens."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import in_process
from tests.support.homes import Home
from tests.support.oauth import Provider, browser, provider
from tests.support.postfix import USER, Postfix, postfix, why_not
from tests.support.session import KeyringSession

pytestmark = pytest.mark.postfix


@pytest.fixture(scope="module")
def service() -> Iterator[Provider]:
    with provider() as one:
        one.user = USER
        yield one


@pytest.fixture(scope="module")
def server(certificates: Certificates, service: Provider) -> Iterator[Postfix]:
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with postfix(certificates.good, "", f"{service.url}/introspect") as running:
        yield running


@pytest.fixture
def env(keyring_env: KeyringSession, tmp_path: Path) -> dict[str, str]:
    return {**keyring_env.env, "BROWSER": browser(tmp_path)[0]}


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_signed_in_mail_is_taken_until_the_sign_in_is_revoked(
    server: Postfix,
    service: Provider,
    home: Home,
    env: dict[str, str],
    certificates: Certificates,
    security: str,
) -> None:
    server.empty()
    port = server.port_tls if security == "tls" else server.port_starttls
    home.configure(
        f'version = 1\n[accounts.work]\naddress = "{USER}"\nhost = "127.0.0.1"\nport = {port}\n'
        f'security = "{security}"\nca_file = "{certificates.ca_file}"\n{service.config()}'
    )
    done = in_process(home, "account", "login", "work", env=env)
    assert done.returncode == 0, done.stderr
    send = ("send", "--to", "you@example.com", "--subject", "hello")
    done = in_process(home, *send, env=env)
    assert done.returncode == 0, done.stderr + server.login_log()
    server.wait_for("you@example.com", 1)
    assert in_process(home, "account", "test", "work", env=env).returncode == 0
    service.revoke()
    done = in_process(home, *send, env=env)
    assert done.returncode == 77, done.stderr
    assert "traymail account login work" in done.stderr
    [listed] = json.loads(in_process(home, "account", "list", "--json", env=env).stdout)
    assert listed["state"] == "attention"
    assert len(server.mails("you@example.com")) == 1
    assert in_process(home, "purge", "--yes", env=env).returncode == 0
