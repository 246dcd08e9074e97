"""Accounts that sign in by OAuth2: from the browser or a device to the mail, and what may fail."""

import json
import os
import re
import shlex
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen
from threading import Event
from time import monotonic
from typing import Any

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import in_process
from tests.support.homes import Home
from tests.support.oauth import USER, Provider, browser, provider
from tests.support.session import KeyringSession
from tests.support.sink import Sink, serve
from tests.support.wait import until

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[2]


@dataclass
class Office:
    """A home whose one account signs in at a service, and sends through a sink."""

    home: Home
    sink: Sink
    service: Provider
    page: Path
    env: dict[str, str] = field(default_factory=dict)

    def configure(self, more: str = "", keys: str | None = None) -> None:
        self.home.configure(
            "version = 1\n\n[accounts.work]\n"
            f'address = "{USER}"\nhost = "{HOST}"\nport = {self.sink.port}\nsecurity = "none"\n'
            f"{self.service.config() if keys is None else keys}\n{more}"
        )

    def run(
        self, *words: str | Path, given: str = "", env: Mapping[str, str] | None = None
    ) -> CompletedProcess[str]:
        done = in_process(self.home, *words, given=given, env={**self.env, **(env or {})})
        for token in ("access-", "refresh-", "-canary"):
            assert token not in done.stdout + done.stderr
        return done

    def send(self, status: int = 0) -> str:
        done = self.run("send", "--to", "you@example.com", "--subject", "hello")
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def sign_in(self) -> None:
        done = self.run("account", "login", "work")
        assert done.returncode == 0, done.stdout + done.stderr

    def listed(self) -> dict[str, Any]:
        done = self.run("account", "list", "--json")
        assert done.returncode == 0, done.stderr
        [one] = json.loads(done.stdout)
        assert isinstance(one, dict)
        return one

    def shown(self) -> str:
        """Return the page that the browser was led to last."""
        return self.page.read_text("utf-8") if self.page.exists() else ""

    def standing(self) -> tuple[str, str]:
        """Return the state of the account, and that of its sign-in."""
        one = self.listed()
        return one["state"], one["login"]["state"]


@pytest.fixture
def office(
    home: Home, keyring_env: KeyringSession, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Office]:
    with provider() as service, serve(security="none", tokens=service.tokens) as sink:
        command, page = browser(tmp_path)
        one = Office(home, sink, service, page, {**keyring_env.env, "BROWSER": command})
        one.configure()
        yield one
        done = one.run("purge", "--yes")
        assert done.returncode == 0, done.stderr
        assert kept() == {}
    assert "canary" not in everything(home.path), request.node.name


def everything(folder: Path) -> str:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return "".join(file.read_bytes().decode("latin-1") for file in files)


def kept(host: str = HOST) -> dict[str, str]:
    import secretstorage  # Linux has it

    with closing(secretstorage.dbus_init()) as bus:
        found = secretstorage.search_items(bus, {"service": f"traymail:{host}"})
        return {
            one.get_attributes()["username"]: one.get_secret().decode()
            for one in found
            if one.get_attributes()["username"].startswith(USER)
        }


def test_from_the_browser_to_the_mail(office: Office) -> None:
    assert office.standing() == ("no secret", "never")
    assert "traymail account login work" in office.send(77)
    done = office.run("account", "login", "work")
    assert done.returncode == 0, done.stderr
    address, told = done.stdout.splitlines()[:2]
    assert address.startswith(f"{office.service.url}/authorize?")
    assert told == "Account work is signed in."
    until(lambda: "You are signed in." in office.shown(), what="the page")
    [visit] = office.service.visits
    assert (visit["login_hint"], visit["redirect_uri"][:17]) == (USER, "http://127.0.0.1:")
    listed = office.listed()
    assert (listed["state"], listed["auth"], listed["login"]["state"]) == ("ready", "oauth2", "ok")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", listed["login"]["until"])
    # The mail that waited for it goes along.
    assert office.run("outbox", "retry", "--all").returncode == 0
    office.send()
    assert [one.user for one in office.sink.arrivals] == [USER, USER]
    assert office.service.exchanges == ["authorization_code"]
    for name, entry in kept().items():
        assert name.startswith(USER)
        assert len(entry) <= 1200


def test_long_tokens_are_kept_in_pieces_and_replaced_as_a_whole(office: Office) -> None:
    office.service.length = 3000
    office.sign_in()
    entries = kept()
    assert 6 <= len(entries) <= 8
    assert all(len(entry) <= 1200 for entry in entries.values())
    office.send()
    office.sign_in()
    assert len(kept()) == len(entries)
    assert kept().keys() & entries.keys() == {USER}
    office.service.length = 0
    office.sign_in()
    assert list(kept()) == [USER]
    office.send()


def test_an_ended_token_is_renewed_before_the_mail_and_its_refresh_token_rotates(
    office: Office,
) -> None:
    office.service.life = 1
    office.sign_in()
    first = kept()[USER]
    waits_for_half_a_life(office)
    office.service.life = 3600
    office.send()
    assert kept()[USER] != first
    office.send()
    assert office.service.exchanges == ["authorization_code", "refresh_token"]


def waits_for_half_a_life(office: Office) -> None:
    """Wait until a token of one second has to be renewed."""
    from datetime import UTC, datetime

    ends = office.listed()["login"]["until"]
    end = datetime.fromisoformat(ends.replace("Z", "+00:00"))
    until(lambda: datetime.now(UTC) >= end, what="its end")  # noqa: TID251 # the clock that counts


def test_a_token_that_the_server_takes_no_more_is_renewed_once(office: Office) -> None:
    office.sign_in()
    age_tokens()
    office.service.expire()
    office.send()
    assert office.service.exchanges == ["authorization_code", "refresh_token"]
    assert [right for _, right in office.sink.logins] == [False, True]


def age_tokens(seconds: int = 120, refused: str = "") -> None:
    """Let what is in the keyring be from some time ago, and have been refused a renewal."""
    import secretstorage  # Linux has it

    with closing(secretstorage.dbus_init()) as bus:
        [item] = secretstorage.search_items(bus, {"service": f"traymail:{HOST}", "username": USER})
        words = item.get_secret().decode()
        got = re.search(r'"got":([\d.]+)', words)
        assert got is not None
        older = words.replace(got[0], f'"got":{float(got[1]) - seconds}')
        older = older.replace('"refused":""', f'"refused":"{refused}"')
        item.set_secret(older.encode())


def test_a_new_token_that_is_refused_stops_the_account(office: Office) -> None:
    office.sign_in()
    office.service.expire()
    told = office.send(77)
    assert "535" in told
    assert "traymail account login work" in told
    assert office.service.exchanges == ["authorization_code"]
    assert office.standing() == ("attention", "ok")


def test_a_revoked_sign_in_stops_the_account_and_nobody_asks_again(office: Office) -> None:
    office.sign_in()
    age_tokens()
    office.service.revoke()
    told = office.send(77)
    assert "The sign-in has ended" in told
    assert "traymail account login work" in told
    assert office.standing() == ("attention", "expired")
    [entry] = json.loads(office.run("outbox", "list", "--json").stdout)
    assert (entry["state"], entry["next_attempt_at"]) == ("queued", None)
    asked = list(office.service.exchanges)
    office.send(77)
    done = office.run("account", "test", "work")
    assert done.returncode == 77
    assert "The sign-in has ended" in done.stdout
    assert "traymail account login work" in done.stdout
    assert office.run("outbox", "retry", "--all").returncode == 77
    assert office.service.exchanges == asked
    office.sign_in()
    assert office.standing() == ("ready", "ok")
    assert office.run("outbox", "retry", "--all").returncode == 0
    assert len(office.sink.wait_for(2)) == 2


def test_a_stolen_refresh_token_ends_the_sign_in_of_both(office: Office) -> None:
    office.service.life = 1
    office.sign_in()
    entry = json.loads(kept()[USER].split(" ", 3)[3])
    waits_for_half_a_life(office)
    office.send()  # ours rotates
    form = {
        "grant_type": "refresh_token",
        "refresh_token": entry["refresh_token"],
        "client_id": entry["client_id"],
    }
    status, answer = office.service.token(form)  # the thief's is the one before
    assert (status, answer["error"]) == (400, "invalid_grant")
    waits_for_half_a_life(office)
    assert "The sign-in has ended" in office.send(77)
    assert office.standing() == ("attention", "expired")


def test_two_processes_at_once_renew_it_once(office: Office) -> None:
    office.service.life = 1
    office.sign_in()
    waits_for_half_a_life(office)
    office.service.life = 3600
    office.service.hold = Event()
    code = (
        "import os, sys; from pathlib import Path\n"
        "from traymail.app import App; from traymail.desktop.paths import home\n"
        "app = App(home(sys.argv[1], os.environ), os.environ)\n"
        "account = app.settings().accounts['work']\n"
        "print(hash(app.credentials.get(account).reveal()) != 0); app.close()\n"
    )
    command = [sys.executable, "-c", code, str(office.home.path)]
    env = {**os.environ, **office.env}
    with Popen(command, env=env, stdout=PIPE) as one, Popen(command, env=env, stdout=PIPE) as two:
        until(lambda: len(office.service.exchanges) == 2, what="an exchange")
        office.service.hold.set()
        assert [one.communicate()[0], two.communicate()[0]] == [b"True\n", b"True\n"]
    assert office.service.exchanges == ["authorization_code", "refresh_token"]
    office.send()


@pytest.mark.parametrize(
    ("status", "document"),
    [
        (503, {"error": "temporarily_unavailable"}),
        (500, {}),
        (429, {"error": "slow"}),
        (400, {"error": "server_error"}),
        (200, {}),
        (404, {}),
        (403, {"message": "Log in to the network of this hotel."}),
        (400, {"error": {"code": 1}}),
    ],
)
def test_trouble_of_the_service_passes(
    office: Office, status: int, document: dict[str, Any]
) -> None:
    office.service.life = 1
    office.sign_in()
    waits_for_half_a_life(office)
    office.service.acts.append((status, document))
    assert "cannot be renewed just now" in office.send(75)
    assert office.standing() == ("ready", "ok")
    assert office.run("outbox", "retry", "--all").returncode == 0


def test_a_service_that_is_away_passes_too(office: Office) -> None:
    office.service.life = 1
    office.sign_in()
    waits_for_half_a_life(office)
    keys = office.service.config()
    with closed_port() as port:
        elsewhere = f"http://{HOST}:{port}"
        office.configure(keys=keys.replace(office.service.url, elsewhere))
        # A token goes to its own service only.
        assert "is not signed in" in office.send(77)
    office.configure()
    assert office.run("outbox", "retry", "--all").returncode == 0


@contextmanager
def closed_port() -> Iterator[int]:
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        yield sock.getsockname()[1]


def test_a_token_goes_to_its_own_mail_server_only(office: Office) -> None:
    office.sign_in()
    with serve(security="none", tokens=office.service.tokens) as other:
        moved = office.home.config.read_text().replace(f'host = "{HOST}"', 'host = "localhost"')
        moved = moved.replace(f"port = {office.sink.port}", f"port = {other.port}")
        office.home.configure(moved)
        assert office.send(77)
        assert other.logins == []
    office.configure()


DENIALS = [
    ("deny", True, 77, "The sign-in was not agreed to"),
    ("client_secret", "shh", 77, "--client-secret"),
    ("acts", [(400, {"error": "invalid_scope"})], 77, "lacks the permission"),
    ("acts", [(400, {"error": "x", "error_description": "AADSTS50194: one"})], 77, "set tenant"),
    ("acts", [(400, {"error": "invalid_client"})], 77, "Check client_id"),
    ("acts", [(400, {"error": "huh"})], 77, "Check client_id, scope"),
    ("acts", [(404, {})], 77, "HTTP 404"),
    ("acts", [(200, {"access_token": "a b"})], 77, "no access token"),
    ("acts", [(503, {})], 75, "cannot be reached"),
]


@pytest.mark.parametrize(("name", "value", "status", "told"), DENIALS)
def test_a_sign_in_that_comes_to_nothing_is_told(
    office: Office, name: str, value: object, status: int, told: str
) -> None:
    setattr(office.service, name, value)
    done = office.run("account", "login", "work")
    assert done.returncode == status, done.stderr
    cause, way_out = done.stderr.splitlines()[-2:]
    assert told in f"{cause} {way_out}"
    until(lambda: "You are not signed in." in office.shown(), what="the page")
    assert office.standing() == ("no secret", "never")


def test_a_fixed_port_is_where_the_browser_comes_back_to(office: Office) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        keys = office.service.config().replace(" }", f", redirect_port = {port} }}")
        office.configure(keys=keys)
        done = office.run("account", "login", "work")
        assert done.returncode == 75
        cause, way_out = done.stderr.splitlines()[-2:]
        assert f"Port {port}, to which the browser is to come back, is taken." in cause
        assert "End the program that listens there" in way_out
        assert office.service.visits == []
    office.sign_in()
    assert office.service.visits[0]["redirect_uri"] == f"http://{HOST}:{port}"


def test_a_program_with_a_secret_of_its_own(office: Office) -> None:
    office.service.client_secret = "GOCSPX-canary"
    done = office.run("account", "login", "work", "--client-secret", given="GOCSPX-canary\n")
    assert done.returncode == 0, done.stderr
    age_tokens()
    office.service.expire()
    office.send()
    office.sign_in()  # it is known by now
    assert "GOCSPX" not in office.home.config.read_text()


def test_the_list_says_how_the_sign_in_stands(office: Office) -> None:
    def word() -> str:
        return office.run("account", "list").stdout.splitlines()[1].split("  ")[-2].strip()

    assert (word(), office.standing()) == ("not signed in", ("no secret", "never"))
    chinese = office.run("--lang", "zh_CN", "account", "list").stdout
    assert "尚未登录" in chinese
    office.sign_in()
    assert (word(), office.standing()) == ("ready", ("ready", "ok"))
    age_tokens(refused="invalid_grant")
    assert (word(), office.standing()) == ("sign-in has ended", ("ready", "expired"))


def test_a_secret_that_is_promised_and_not_given_is_missed(office: Office) -> None:
    for given in ("", "\n", "  \n"):
        done = office.run("account", "login", "work", "--client-secret", given=given)
        assert (done.returncode, done.stdout) == (65, "")
        cause, way_out = done.stderr.splitlines()
        assert cause == "No client secret is given."
        assert "standard input" in way_out
    assert office.service.visits == []


SECRETS = ("GOCSPX", "canary", "code-", "refresh-", "access-", "device-")


def told_nowhere(office: Office, *told: CompletedProcess[str]) -> None:
    """Require that no secret stands in what commands print and in what is kept in the home."""
    words = "".join(one.stdout + one.stderr for one in told) + everything(office.home.path)
    assert [one for one in SECRETS if one in words] == []
    assert (office.home.path / "log" / "traymail.log").stat().st_size > 0


@pytest.mark.parametrize("way", ["browser", "device"])
def test_what_a_service_repeats_at_the_sign_in_is_struck_out(office: Office, way: str) -> None:
    office.service.echoes = "invalid_grant"
    office.service.client_secret = secret = "GOCSPX-canary"
    words = ("--device",) if way == "device" else ()
    login = ("-v", "account", "login", "work", "--client-secret", *words)
    done = office.run(*login, given=f"{secret}\n")
    assert done.returncode == 77, done.stderr
    assert "invalid_grant: bad: " in done.stderr
    assert "***" in done.stderr
    asked = office.service.forms[-1]
    hidden = {"code", "code_verifier", "client_secret", "device_code"} & asked.keys()
    assert len(hidden) == (2 if way == "device" else 3)
    assert [key for key in hidden if asked[key] in done.stdout + done.stderr] == []
    assert [key for key in hidden if asked[key] in everything(office.home.path)] == []
    told_nowhere(office, done)
    assert not any(one in office.shown() for one in SECRETS)


def test_the_token_that_a_renewal_replaces_is_struck_out_too(office: Office) -> None:
    done = office.run("account", "login", "work")
    assert done.returncode == 0, done.stderr
    age_tokens()
    (access,) = office.service.tokens
    office.service.expire()
    told = {"error": "invalid_grant", "error_description": f"no: {access}"}
    office.service.acts.append((400, told))
    sent = office.run("send", "--to", "you@example.com", "--subject", "hello", "--json")
    assert sent.returncode == 77, sent.stderr
    assert json.loads(sent.stdout)["reply"] == "invalid_grant: no: ***"


def test_what_a_service_repeats_at_the_renewal_is_struck_out(office: Office) -> None:
    secret = office.service.client_secret = "GOCSPX-canary"
    done = office.run("account", "login", "work", "--client-secret", given=f"{secret}\n")
    assert done.returncode == 0, done.stderr
    age_tokens()
    office.service.expire()
    office.service.echoes = "invalid_grant"
    sent = office.run("-v", "send", "--to", "you@example.com", "--subject", "hello", "--json")
    assert sent.returncode == 77, sent.stderr
    assert office.service.exchanges[-1] == "refresh_token"
    reply = json.loads(sent.stdout)["reply"]
    assert "invalid_grant: bad: " in reply
    assert "***" in reply
    told = [
        office.run("-v", *words)
        for words in (
            ("outbox", "show", "1"),
            ("outbox", "show", "1", "--json"),
            ("outbox", "list", "--json"),
            ("account", "test", "work"),
            ("account", "test", "work", "--json"),
            ("account", "list", "--json"),
            ("doctor", "work", "--json"),
        )
    ]
    assert "***" in told[0].stdout
    told_nowhere(office, sent, *told)


def test_the_page_speaks_the_users_language(office: Office) -> None:
    done = office.run("--lang", "zh_CN", "account", "login", "work")
    assert done.returncode == 0, done.stderr
    until(lambda: "登录成功" in office.shown(), what="the page")
    assert '<html lang="zh-CN">' in office.shown()


def device_login(office: Office) -> Popen[str]:
    command = office.home.command("account", "login", "work", "--device")
    env = {**os.environ, **office.env}
    one = Popen(command, env=env, stdout=PIPE, stderr=PIPE, text=True)
    until(lambda: office.service.devices, what="a code")
    return one


@pytest.mark.parametrize(("agreed", "status"), [(True, 0), (False, 77)])
def test_on_another_device(office: Office, agreed: bool, status: int) -> None:
    with device_login(office) as one:
        until(lambda: office.service.polls, what="a question")
        office.service.approve(agreed=agreed)
        out, err = one.communicate()
    assert one.returncode == status, err
    page, code = out.splitlines()[:2]
    assert page == f"{office.service.url}/activate"
    assert re.fullmatch(r"ABCD-\d{4}", code)
    assert "canary" not in out + err
    if agreed:
        office.send()
    else:
        assert "was not agreed to" in err


# As Microsoft answers it, https://learn.microsoft.com/entra/identity-platform/reference-error-codes
BLOCKED = {
    "error": "invalid_grant",
    "error_description": "AADSTS53003: Access has been blocked by Conditional Access policies. "
    "The access policy does not allow token issuance. Trace ID: 1 Correlation ID: 2",
    "error_codes": [53003],
    "suberror": "message_only",
}


def test_an_organisation_that_forbids_devices_is_told_with_the_way_out(office: Office) -> None:
    office.service.acts.append((400, BLOCKED))
    done = office.run("account", "login", "work", "--device")
    assert done.returncode == 77, done.stderr
    cause, way_out = done.stderr.splitlines()[-2:]
    assert "AADSTS53003: Access has been blocked" in cause
    assert "Sign in in the browser of this computer" in way_out
    assert office.standing() == ("no secret", "never")
    office.sign_in()  # which the way out says
    office.send()


def test_without_an_interval_a_device_asks_every_five_seconds_and_more_slowly_when_told(
    office: Office,
) -> None:
    office.service.interval = None
    office.service.acts.append((400, {"error": "slow_down"}))
    begun = monotonic()
    with device_login(office) as one:
        until(lambda: office.service.exchanges, what="the first question", timeout=60)
        office.service.approve()
        _, err = one.communicate()
    assert one.returncode == 0, err
    first, second = office.service.times
    assert first - begun >= 5
    assert second - first >= 10


@pytest.mark.parametrize("expired", ["told", "by its time"])
def test_a_code_that_is_not_typed_in_time(office: Office, expired: str) -> None:
    if expired == "told":
        office.service.acts.append((400, {"error": "expired_token"}))
    else:
        office.service.device_life = 1
    done = office.run("account", "login", "work", "--device")
    assert done.returncode == 75
    assert "not typed in time" in done.stderr


@pytest.mark.parametrize(
    "answer",
    [
        {"verification_uri": "https://[bad"},
        {"verification_uri": "https://"},
        {"verification_uri": "http://login.example/"},
        {"verification_uri": "https://good.example@evil.example/"},
        {"verification_uri": "https://a.example/\x1b[31m"},
        {"verification_uri": "javascript:alert(1)"},
        {"verification_uri": f"https://a.example/{'a' * 50_000}"},
        {"user_code": "A\nB"},
        {"user_code": "\x1b]0;owned\x07"},
        {"user_code": "x" * 50_000},
        {"user_code": ["A"]},
    ],
)
def test_what_a_service_shows_is_a_safe_page_and_a_code(
    office: Office, answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {"device_code": "x", "user_code": "AB", "verification_uri": "https://a.example/"}
    monkeypatch.setattr(office.service, "device", lambda _form: (200, good | answer))
    done = office.run("account", "login", "work", "--device")
    assert (done.returncode, done.stdout) == (77, "")
    assert "no device code in the answer" in done.stderr


def test_no_way_for_a_device_and_no_way_without_one(office: Office) -> None:
    keys = re.sub(r'device_url = "[^"]*", ', "", office.service.config())
    office.configure(keys=keys)
    done = office.run("account", "login", "work", "--device")
    assert (done.returncode, "without --device" in done.stderr) == (65, True)
    assert "Give device_url" in done.stderr, "it may be there, and only not be given"
    browser = {"BROWSER": "no-such-browser"}
    done = office.run("account", "login", "work", "--wait", "200ms", env=browser)
    assert done.returncode == 75
    assert "Open this address on this computer:" in done.stderr
    assert "--device" not in done.stderr, "where that way ends"
    keys = re.sub(r'authorize_url = "[^"]*", ', "", office.service.config())
    office.configure(keys=keys)
    done = office.run("account", "login", "work")
    assert (done.returncode, "with --device" in done.stderr) == (65, True)
    office.configure()


def test_without_a_keyring_nobody_is_asked_to_sign_in(office: Office) -> None:
    done = office.run(
        "account", "login", "work", env={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
    )
    assert (done.returncode, office.service.visits) == (77, [])
    assert "password_command print an access token" in done.stderr


def test_without_a_browser_the_address_is_told(office: Office) -> None:
    env = {**os.environ, **office.env, "BROWSER": "no-such-browser"}
    command = office.home.command("account", "login", "work")
    with Popen(command, env=env, stdout=PIPE, stderr=PIPE, text=True) as one:
        assert one.stdout is not None
        address = one.stdout.readline().strip()
        assert address.startswith(office.service.url)
        one.send_signal(2)
        _, err = one.communicate()
    assert one.returncode == 130
    assert "No browser can be started here" in err
    assert "The sign-in was broken off." in err


@pytest.mark.parametrize("way", ["browser", "device"])
def test_a_user_who_never_comes_back_is_waited_for_so_long(office: Office, way: str) -> None:
    words, told = (
        (("--device",), "The code was not typed in time.")
        if way == "device"
        else ((), "The browser did not come back in time, or its window was closed.")
    )
    # A browser that starts, and goes nowhere.
    nobody = {"BROWSER": "true"}
    done = office.run("account", "login", "work", "--wait", "200ms", *words, env=nobody)
    assert done.returncode == 75, done.stderr
    cause, way_out = done.stderr.splitlines()[-2:]
    assert told in cause
    assert "traymail account login work" in way_out
    assert office.service.url in done.stdout
    assert office.service.exchanges == []
    assert office.standing() == ("no secret", "never")
    done = office.run("account", "login", "work", "--wait", "soon", *words, env=nobody)
    assert (done.returncode, "not a duration" in done.stderr) == (65, True)


@pytest.mark.parametrize("words", [("set-secret", "work"), ("login", "other")])
def test_what_does_not_fit_the_account(office: Office, words: tuple[str, str]) -> None:
    office.configure(f'[accounts.other]\naddress = "a@b.example"\nhost = "{HOST}"\nport = 465\n')
    done = office.run("account", *words, given="x\n")
    assert done.returncode == 65
    assert "OAuth2" in done.stderr
    office.configure()


def test_doctor_and_test(office: Office) -> None:
    done = office.run("doctor", "work")
    assert done.returncode == 77
    assert "traymail account login work" in done.stdout
    office.sign_in()
    assert office.run("doctor", "work").returncode == 0
    assert office.run("account", "test", "work").returncode == 0
    age_tokens()
    office.service.expire()
    assert office.run("doctor", "work").returncode == 0
    assert office.service.exchanges[-1] == "refresh_token"
    office.service.expire()
    done = office.run("account", "test", "work", "--json")
    assert done.returncode == 77
    [auth] = [one for one in json.loads(done.stdout)["steps"] if one["step"] == "auth"]
    assert (auth["ok"], "account login work" in auth["advice"]) == (False, True)


def test_a_command_may_print_the_token(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-a-command\n")
    office.service.tokens["from-a-command"] = USER
    office.configure(keys=f'auth = "oauth2"\npassword_command = ["cat", "{file}"]\n')
    assert office.run("config", "accept", given="y\n").returncode == 0
    office.send()
    assert office.listed()["login"] is None
    file.write_text("wrong\n")
    told = office.send(77)
    assert "password_command" in told
    assert office.service.exchanges == []
    done = office.run("account", "login", "work")
    assert (done.returncode, "comes from its command" in done.stderr) == (65, True)
    office.configure()


def test_an_account_is_added_by_its_addresses(office: Office) -> None:
    office.home.configure("version = 1\n")
    server = ("--host", HOST, "--port", str(office.sink.port), "--security", "none")
    added = ("account", "add", USER, "--name", "work", "--auth", "oauth2", *server)
    done = office.run(*added)
    assert (done.returncode, "--client-id" in done.stderr) == (65, True)
    urls = [
        word
        for name in ("authorize", "token", "device")
        for word in (f"--{name}-url", f"{office.service.url}/{name}")
    ]
    more = ("--scope", "x y", "--redirect-port", "8400")
    done = office.run(*added, "--client-id", "traymail-of-mine", *urls, *more)
    assert done.returncode == 0, done.stderr
    assert "redirect_port = 8400" in office.home.config.read_text()
    assert done.stdout.splitlines()[-1] == "Sign in with: traymail account login work"
    assert 'oauth = {client_id = "traymail-of-mine"' in office.home.config.read_text()


def test_over_tls_the_service_is_known_by_the_accounts_authority(
    home: Home, keyring_env: KeyringSession, tmp_path: Path, certificates: Certificates
) -> None:
    context = certificates.good.server_context()
    with provider(context) as service, serve(security="none", tokens=service.tokens) as sink:
        code = (
            "import ssl, sys, urllib.request\n"
            f"context = ssl.create_default_context(cafile={str(certificates.ca_file)!r})\n"
            "urllib.request.urlopen(sys.argv[1], context=context)\n"
        )
        script = tmp_path / "browser.py"
        script.write_text(code)
        env = {**keyring_env.env, "BROWSER": f"'{sys.executable}' '{script}'"}
        one = Office(home, sink, service, tmp_path / "page", env)
        one.configure()
        done = one.run("account", "login", "work")
        assert done.returncode == 69, done.stderr
        assert "certificate" in done.stderr
        one.configure(f'ca_file = "{certificates.ca_file}"')
        one.sign_in()
        one.send()
        one.run("purge", "--yes")


DOCUMENTS = ["README.md", "README.zh-CN.md", "docs/oauth.md", "docs/oauth.zh-CN.md"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_the_documents_show_is_taken(home: Home, document: str) -> None:
    words = (ROOT / document).read_text("utf-8")
    configs = [one for one in re.findall(r"(?ms)^```toml\n(.*?)^```", words) if "oauth2" in one]
    assert configs
    for config in configs:
        home.configure(config if "version" in config else f"version = 1\n{config}")
        done = in_process(home, "config", "check")
        assert done.returncode == 0, done.stderr
    home.configure("version = 1\n")
    shown = re.findall(r"(?m)^traymail (account (?:add|login) .*)$", words)
    commands = [shlex.split(one) for one in shown if "client-id" in one or " login " in one]
    added = [one for one in commands if one[1] == "add"]
    assert added
    for one in added:
        done = in_process(home, *one)
        assert done.returncode == 0, done.stderr
    listed = json.loads(in_process(home, "account", "list", "--json").stdout)
    assert {one["auth"] for one in listed} == {"oauth2"}
    assert {one[2] for one in commands if one[1] == "login"} == {one["name"] for one in listed}


def test_the_guides_say_the_same_in_both_languages() -> None:
    one, other = (
        (ROOT / name).read_text("utf-8") for name in ("docs/oauth.md", "docs/oauth.zh-CN.md")
    )
    assert [line for line in one.splitlines() if re.match(r"#+ ", line)] != []
    for pattern in (r"`[^`\n]*`", r"AADSTS\d+", r"https://[\w./-]+", r"(?m)^#+ ", r"(?m)^\d+\. "):
        assert sorted(re.findall(pattern, one)) == sorted(re.findall(pattern, other))
