"""Signing in, step by step, as windows use it; and tokens that are renewed while all runs."""

import json
import os
import re
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from urllib.parse import parse_qsl, urlsplit
from urllib.request import urlopen

import pytest

from tests.support.homes import Home
from tests.support.live import live
from tests.support.oauth import USER, Provider, browser, provider
from tests.support.session import KeyringSession
from tests.support.sign_in import Rooms, account_of
from tests.support.sink import serve
from tests.support.wait import until
from traymail.core import events
from traymail.core.account import Account
from traymail.core.errors import (
    AuthFailure,
    CredentialError,
    InputError,
    SignInLater,
    TraymailError,
)
from traymail.core.secret import Secret
from traymail.core.sign_in import BrowserAsked, DeviceAsked, Login, LoginState, SignedIn, is_fresh
from traymail.core.texts import text
from traymail.desktop.opening import open_in_browser
from traymail.oauth.exchange import Granted
from traymail.oauth.login import BrowserSignIn, DeviceSignIn, SignInContext
from traymail.oauth.redirect import Doorstep
from traymail.oauth.tokens import AccessTokens
from traymail.ui.model.notices import Notice, NoticeState, Wishes, after, due
from traymail.ui.model.sign_in import SignInState

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def service() -> Iterator[Provider]:
    with provider() as one:
        yield one


@pytest.fixture
def account(service: Provider) -> Account:
    return account_of(service)


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    return Rooms(tmp_path)


@pytest.mark.parametrize("brought", ["code=x&state=foreign", "code=x", "error=denied"])
def test_nobody_else_ends_a_sign_in(account: Account, rooms: Rooms, brought: str) -> None:
    pages: list[str] = []

    def visit(url: str) -> bool:
        def go() -> None:
            back = dict(parse_qsl(urlsplit(url).query))["redirect_uri"]
            for place in (*[f"{back}/?{brought}"] * 20, url):
                pages.append(urlopen(place).read().decode())  # noqa: S310, PERF401 # one by one

        Thread(target=go, name="visit").start()
        return True

    around = SignInContext(rooms.tokens, rooms.clock, visit, str, "en")
    _asked, done = BrowserSignIn(account, around).steps()
    assert isinstance(done, SignedIn)
    until(lambda: len(pages) == 21, what="the last page")
    assert all("does not belong to the sign-in" in page for page in pages[:20])
    assert "You are signed in." in pages[20]


# What a stranger does who has seen, in the list of processes, what the browser was started with.
VISIT = """\
exec 3<>/dev/tcp/$1/$2
printf 'GET /?code=theirs&state=%s HTTP/1.1\\r\\n\\r\\n' "$3" >&3
cat <&3
"""


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="root becomes another")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_another_user_brings_no_sign_in_of_their_own(
    account: Account, rooms: Rooms, address: str
) -> None:
    told: list[bytes] = []

    def visit(url: str) -> bool:
        asked = dict(parse_qsl(urlsplit(url).query))
        port = str(urlsplit(asked["redirect_uri"]).port)
        command = ["bash", "-c", VISIT, "stranger", address, port, asked["state"]]

        def go() -> None:
            for _ in range(20):
                stranger = subprocess.run(
                    command,
                    user=65534,
                    group=65534,
                    extra_groups=[],
                    capture_output=True,
                    check=False,
                )
                told.append(stranger.stdout)
            urlopen(url).read()  # noqa: S310 # ours

        Thread(target=go, name="visit").start()
        return True

    around = SignInContext(rooms.tokens, rooms.clock, visit, str, "en")
    _asked, done = BrowserSignIn(account, around).steps()
    assert isinstance(done, SignedIn)
    assert told == [b""] * 20


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="root becomes another")
@pytest.mark.parametrize("user", [0, 65534])
@pytest.mark.parametrize("reset", [False, True])
def test_who_has_gone_again_brings_no_sign_in(*, user: int, reset: bool) -> None:
    """Linux may have forgotten whose it was, and say root's, which may come in."""
    door = Doorstep()
    try:
        os.seteuid(user)  # whose a socket is: who makes it
        stranger = socket.socket()
        os.seteuid(0)
        with stranger:
            stranger.connect(("127.0.0.1", door.port))
            stranger.sendall(b"GET /?code=theirs HTTP/1.1\r\n\r\n")
            if reset:
                stranger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with socket.create_connection(("127.0.0.1", door.port)) as ours:
            ours.sendall(b"GET /?code=ours HTTP/1.1\r\n\r\n")
            visit = door.wait(monotonic() + 60, Event())
            assert visit is not None
            assert visit.values == {"code": "ours"}
            visit.answer(text("Hello"), text("done"), str, "en")
    finally:
        door.close()


@pytest.mark.parametrize(
    ("life", "passed", "fresh"),
    [(3600, 0, True), (3600, 3299, True), (3600, 3300, False), (60, 29, True), (60, 30, False)],
)
def test_a_token_is_renewed_five_minutes_before_its_end(
    life: int, passed: int, fresh: bool
) -> None:
    ends = NOON + timedelta(seconds=life)
    assert is_fresh(NOON, ends, NOON + timedelta(seconds=passed)) is fresh


def test_it_is_asked_for_once_an_hour(service: Provider, account: Account, rooms: Rooms) -> None:
    rooms.sign_in(account)
    for minute in range(0, 240, 5):
        rooms.clock.ahead = timedelta(minutes=minute)
        assert rooms.tokens.get(account).reveal() in service.tokens
    assert service.exchanges.count("refresh_token") == 4


def test_what_the_keyring_does_not_keep_counts_for_this_run_and_is_kept_later(
    service: Provider, account: Account, rooms: Rooms
) -> None:
    rooms.sign_in(account)
    for hours in (1, 2):
        rooms.shelf.full = True
        rooms.clock.ahead = timedelta(hours=hours)
        assert rooms.tokens.get(account).reveal() in service.tokens
    rooms.shelf.full = False
    rooms.clock.ahead = timedelta(hours=3)
    rooms.tokens.get(account)
    assert service.exchanges.count("refresh_token") == 3
    # Another process goes on with it: none was used twice.
    other = AccessTokens(rooms.shelf, rooms.clock, Path(os.devnull).parent)
    assert other.get(account).reveal() in service.tokens


def test_while_the_service_is_away_a_token_does_to_its_end(
    service: Provider, account: Account, rooms: Rooms
) -> None:
    rooms.sign_in(account)
    rooms.clock.ahead = timedelta(minutes=57)
    service.acts += [(503, {})]
    assert rooms.tokens.get(account).reveal() in service.tokens
    assert service.exchanges.count("refresh_token") == 1


def test_tokens_without_a_way_to_renew_them_end(
    service: Provider, account: Account, rooms: Rooms
) -> None:
    granted = Granted(Secret("access-alone"), timedelta(hours=1), None)
    rooms.tokens.keep(account, granted, None)
    assert rooms.tokens.get(account) == Secret("access-alone")
    login = rooms.tokens.login(account)
    assert login is not None
    assert login.state is LoginState.OK
    rooms.clock.ahead = timedelta(hours=2)
    login = rooms.tokens.login(account)
    assert login is not None
    assert login.state is LoginState.EXPIRED
    with pytest.raises(AuthFailure):
        rooms.tokens.get(account)
    assert service.exchanges == []


@pytest.mark.parametrize("key", ["got", "ends"])
@pytest.mark.parametrize("seconds", [1e17, -1e17, 1e300, 253402300799, -62135596800, None, "x"])
def test_a_sign_in_whose_times_are_damaged_ends_nothing(
    account: Account,
    rooms: Rooms,
    service: Provider,
    tmp_path: Path,
    key: str,
    seconds: object,
) -> None:
    rooms.sign_in(account)
    kept = json.loads(rooms.shelf.kept[USER])
    rooms.shelf.kept[USER] = json.dumps({**kept, key: seconds})
    other = AccessTokens(rooms.shelf, rooms.clock, tmp_path)
    login = other.login(account)
    assert login is not None
    if login.state is LoginState.NEVER:
        with pytest.raises(CredentialError, match="is not signed in"):
            other.get(account)
    else:
        token = other.get(account)
        assert token.reveal() in service.tokens
        other.another(account, token)


def test_a_browser_that_does_not_come_back(account: Account, rooms: Rooms) -> None:
    steps = BrowserSignIn(account, rooms.around, seconds=0.1).steps()
    asked = next(steps)
    assert isinstance(asked, BrowserAsked)
    assert not asked.opened
    with pytest.raises(SignInLater, match="did not come back in time"):
        next(steps)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_whole_sign_in_comes_back_by_the_name_that_its_service_takes(
    account: Account, rooms: Rooms, service: Provider, host: str
) -> None:
    account = replace(account, oauth=replace(account.oauth, redirect_host=host))
    rooms.sign_in(account)
    [visit] = service.visits
    assert re.fullmatch(rf"http://{re.escape(host)}:\d+", visit["redirect_uri"])
    # The service compares it with the one of the exchange.
    assert service.exchanges == ["authorization_code"]
    assert service.forms[0]["redirect_uri"] == visit["redirect_uri"]
    assert rooms.tokens.get(account).reveal() in service.tokens


@pytest.mark.parametrize(
    ("kind", "missing", "field", "way"),
    [
        (BrowserSignIn, "authorize_url", "“Page to sign in”", "on another device"),
        (DeviceSignIn, "device_url", "“Codes from”", "in the browser of this computer"),
    ],
)
def test_in_a_window_an_address_that_is_missing_has_the_name_of_its_field(
    account: Account,
    rooms: Rooms,
    kind: type[BrowserSignIn | DeviceSignIn],
    missing: str,
    field: str,
    way: str,
) -> None:
    oauth = replace(account.oauth, **{missing: ""})  # type: ignore[arg-type] # a field of texts
    with pytest.raises(InputError) as failed:
        next(kind(replace(account, oauth=oauth), rooms.around).steps())
    assert missing in str(failed.value.advice)
    shown = SignInState().failed(failed.value).advice
    assert shown is not None
    told = str(shown.way_out)
    assert (field in told, way in told) == (True, True)
    assert ("_url" in told, "--" in told) == (False, False)


@pytest.mark.parametrize("kind", [BrowserSignIn, DeviceSignIn])
def test_one_that_is_cancelled_ends_at_once(
    account: Account, rooms: Rooms, service: Provider, kind: type[BrowserSignIn | DeviceSignIn]
) -> None:
    service.interval = 600
    one = kind(account, rooms.around)
    failed = list[TraymailError]()
    asked = Event()

    def walk() -> None:
        try:
            for step in one.steps():
                assert isinstance(step, BrowserAsked | DeviceAsked)
                asked.set()
        except TraymailError as error:
            failed.append(error)

    thread = Thread(target=walk, name="sign-in")
    thread.start()
    assert asked.wait(20)
    one.cancel()
    thread.join(20)
    assert [str(error) for error in failed] == ["The sign-in was broken off."]
    assert rooms.shelf.kept == {}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_the_browser_comes_back_by_any_name_of_this_computer(host: str) -> None:
    if host == "[::1]" and not _has_ipv6():
        pytest.skip("no IPv6 here")
    door = Doorstep()
    pages = list[bytes]()
    try:
        # Browsers open connections on which they say nothing, and ask for an icon.
        with socket.create_connection(("127.0.0.1", door.port)):
            url = f"http://{host}:{door.port}?code=a&state=b"

            def visit() -> None:
                with urlopen(url) as page:
                    pages.append(page.read())

            thread = Thread(target=visit, name="visit")
            thread.start()
            back = door.wait(monotonic() + 20, Event())
            assert back is not None
            assert back.values == {"code": "a", "state": "b"}
            back.answer(text("You are signed in."), text("Leave it out."), str, "en")
            thread.join(20)
    finally:
        door.close()
    assert b"<h1>You are signed in.</h1>" in pages[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_of_ones_own_is_used_again_and_told_when_it_is_taken(
    account: Account, rooms: Rooms, host: str
) -> None:
    if host == "::1" and not _has_ipv6():
        pytest.skip("no IPv6 here")
    family = socket.AF_INET6 if host == "::1" else socket.AF_INET
    with socket.create_server((host, 0), family=family) as other:
        port = other.getsockname()[1]
        account = replace(account, oauth=replace(account.oauth, redirect_port=port))
        with pytest.raises(SignInLater, match=f"Port {port}, .* is taken") as raised:
            next(BrowserSignIn(account, rooms.around).steps())
        assert "redirect_port" in str(raised.value.advice)
    for _ in range(2):
        rooms.sign_in(account)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(sys.platform == "win32", reason="programs have endings there")
def test_the_browser_of_the_user_is_obeyed(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    script = tmp_path / "a browser"
    script.write_text(f'#!/bin/sh\necho "$@" > "{seen}"\n')
    script.chmod(0o700)
    for command in (f"no-such-one:'{script}' --new %s", f"'{script}' --new"):
        assert open_in_browser("http://x/?a=1&b", {"BROWSER": command})
        until(lambda: seen.exists() and seen.read_text(), what="the browser")
        assert seen.read_text() == "--new http://x/?a=1&b\n"
        seen.unlink()
    assert not open_in_browser("http://x/", {})


def test_the_running_program_asks_once_and_waits_for_its_user(
    home: Home, keyring_env: KeyringSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keyring_env.address
    with provider() as service, serve(security="none", tokens=service.tokens) as sink:
        monkeypatch.setenv("BROWSER", browser(tmp_path)[0])
        config = (
            f'version = 1\n[accounts.work]\naddress = "{USER}"\nhost = "127.0.0.1"\n'
            f'port = {sink.port}\nsecurity = "none"\n{service.config()}'
        )
        with live(home, config) as one:
            heard = list[events.Event]()
            one.app.publisher.listen(heard.append)
            account = one.program.engine.snapshot().settings.accounts["work"]
            assert one.app.access_tokens.login(account) == Login(LoginState.NEVER)
            steps = list(one.services.accounts.login(account).steps())
            assert [type(step) for step in steps] == [BrowserAsked, SignedIn]
            send = ("send", "--queue", "--to", "you@example.com", "--subject", "x")
            assert home.run(*send).returncode == 0
            sink.wait_for(1)
            service.life = 1
            list(one.services.accounts.login(account).steps())
            service.revoke()
            now = one.app.clock.now
            login = one.app.access_tokens.login(account)
            assert login is not None
            ends = login.until
            assert ends is not None
            until(lambda: now() >= ends, what="the end of its token")
            sink.drop("mail")  # else the connection, which is logged in, would do
            for _ in range(3):
                assert home.run(*send).returncode == 0
            until(lambda: one.app.outbox.account_state("work").stopped, what="the stop")
            asked = list(service.exchanges)
            assert asked.count("refresh_token") == 1
            until(lambda: notices(heard), what="the notification")
            assert home.run(*send).returncode == 0
            login = one.app.access_tokens.login(account)
            assert login is not None
            assert login.state is LoginState.EXPIRED
            service.life = 3600
            list(one.services.accounts.login(account).steps())
            sink.wait_for(5)
            assert service.exchanges == [*asked, "authorization_code"]
            # One, with three mails that wait and one more afterwards; nothing is held back, either.
            [notice] = notices(heard)
            assert notice.key == "account:work"
            assert notice.title == text("The account {name} needs you", name="work")
            assert one.app.credentials.delete(account)


def notices(heard: list[events.Event]) -> list[Notice]:
    """Return what asks for the user, as if there were an hour between two events."""
    state, shown = NoticeState(), list[Notice]()
    for hour, event in enumerate(list(heard)):
        state, notice = after(state, event, Wishes(sent=False, undo=False), 3600.0 * hour)
        shown += [] if notice is None else [notice]
        state, late = due(state, 3600.0 * hour + 1800.0)
        shown += late
    return [one for one in shown if not one.passing]


WAYS_OUT = {
    *("http.client", "http.server", "urllib.request", "webbrowser", "traymail.senders.http"),
    *("traymail.oauth.exchange", "traymail.oauth.login", "traymail.oauth.redirect"),
}
# Keyring itself imports these.
OF_KEYRING = {"http.client", "urllib.request"}
TOKENS = {"traymail.oauth", "traymail.oauth.tokens"}


@pytest.mark.parametrize(
    ("words", "more"),
    [
        (("send", "--queue", "--to", "a@b.example", "--subject", "x"), set()),
        (("sendmail", "-t"), TOKENS),  # it delivers, and looks for a token
        (("config", "check"), set()),
        (("config", "path"), set()),
        (("outbox", "list"), set()),
        (("rule", "check"), set()),
        (("status", "--json"), set()),
        (("account", "list"), TOKENS),  # it tells how long each sign-in lasts
        (("account", "login", "--help"), set()),
        (("completion", "bash"), set()),
        (("--version",), set()),
        pytest.param(
            ("run", "--headless"),
            set(),
            marks=pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM ends it at once"),
        ),
    ],
)
def test_nothing_of_http_is_imported_before_it_is_needed(
    home: Home, words: tuple[str, ...], more: set[str]
) -> None:
    home.configure(
        f'version = 1\n[accounts.work]\naddress = "{USER}"\nhost = "127.0.0.1"\nport = 465\n'
        'auth = "oauth2"\noauth = { client_id = "x", token_url = "https://x.example/t",'
        ' authorize_url = "https://x.example/a" }\n'
    )
    # The program ends as soon as it is there.
    code = (
        "import os, signal, sys\n"
        "from traymail.cli.main import main\n"
        "from traymail.program import Program\n"
        "start = Program.start\n"
        "def once(self, *given):\n"
        "    start(self, *given)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "Program.start = once\n"
        "main(sys.argv[1:])\n"
        "sys.stderr.write('\\nimported: ' + ' '.join(sys.modules))\n"
    )
    command = [sys.executable, "-c", code, "--home", str(home.path), *words]
    given = "To: a@b.example\n\nhello\n"
    done = subprocess.run(command, capture_output=True, text=True, check=True, input=given)
    imported = set(done.stderr.rpartition("imported: ")[2].split())
    assert "traymail" in imported
    left_out = OF_KEYRING if "keyring.backend" in imported else set()
    assert imported & (WAYS_OUT | TOKENS) - left_out == more
