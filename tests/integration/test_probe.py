from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic

import pytest

from tests.support.certificates import Certificates
from tests.support.sending import CANARY, account
from tests.support.sink import serve
from tests.support.wire import Peer, scripted, starttls_script
from traymail.core.account import Auth, Security
from traymail.core.connection_test import Step
from traymail.core.provider import Endpoint
from traymail.core.secret import Secret, ToldSecrets
from traymail.senders.detect import Candidate, detect, usual_candidates
from traymail.senders.probe import STEPS, connection_test

USER = "me@example.com"


class At:
    """A clock that stands still for dates."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime.now(UTC)  # noqa: TID251 - today's certificates

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return monotonic()

    def passing(self) -> float:
        return monotonic()


def outcomes(steps: list[Step]) -> dict[str, bool | None]:
    assert tuple(step.step for step in steps) == STEPS
    return {step.step: step.ok for step in steps}


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_good_server_passes_every_step(security: Security, certificates: Certificates) -> None:
    context = certificates.good.server_context()
    with serve(context, security=security.value, user=USER, password=CANARY) as sink:
        ours = account(sink.port, security, Auth.PASSWORD, ca_file=certificates.ca_file)
        steps = list(connection_test(ours, Secret(CANARY), At(), ToldSecrets()))
    assert outcomes(steps) == dict.fromkeys(STEPS, True)
    assert "AUTH" in str(next(step for step in steps if step.step == "ehlo").detail)
    assert all(step.ms is not None and step.advice is None for step in steps)


def test_without_a_secret_the_login_is_left_out(certificates: Certificates) -> None:
    with serve(certificates.good.server_context(), user=USER, password=CANARY) as sink:
        ours = account(sink.port, Security.TLS, Auth.PASSWORD, ca_file=certificates.ca_file)
        steps = list(connection_test(ours, None, At(), ToldSecrets()))
        assert sink.logins == []
    assert outcomes(steps) == {**dict.fromkeys(STEPS, True), "auth": None}


def test_a_refused_login_is_explained_without_the_secret(certificates: Certificates) -> None:
    def script(peer: Peer) -> None:
        peer.hello("AUTH PLAIN")
        given = peer.expect("AUTH PLAIN").split()[2]
        peer.say(f"535 Login Fail. Please enter your authorization code, not {CANARY} {given}")

    with scripted(starttls_script(certificates, script)) as server:
        ours = account(
            server.port,
            Security.STARTTLS,
            Auth.PASSWORD,
            ca_file=certificates.ca_file,
            provider="qq",
        )
        steps = list(connection_test(ours, Secret(CANARY), At(), ToldSecrets()))
    login = next(step for step in steps if step.step == "auth")
    assert outcomes(steps) == {**dict.fromkeys(STEPS, True), "auth": False}
    assert "535 Login Fail" in str(login.detail)
    assert "16-letter authorization code" in str(login.advice)
    assert CANARY not in str(steps)
    assert "***" in str(login.detail)


def test_no_step_shows_the_secret_or_steers_a_terminal(certificates: Certificates) -> None:
    evil = "\x1b]0;title\x07\x1b[31m\u009b1m\u202e"

    def script(peer: Peer) -> None:
        peer.say(f"220-{CANARY[:8]}{evil}", f"220 {CANARY[8:]}")
        peer.hello("AUTH PLAIN", f"X{evil}LOUD {CANARY.lower()}", CANARY.upper()[:9], CANARY[9:])
        peer.expect("AUTH PLAIN")
        peer.say("235 come in")
        peer.expect("QUIT")

    context = certificates.good.server_context()
    with scripted(script, implicit_tls=context) as server:
        ours = account(server.port, Security.TLS, Auth.PASSWORD, ca_file=certificates.ca_file)
        steps = list(connection_test(ours, Secret(CANARY), At(), ToldSecrets()))
    said = [str(step.detail) for step in steps]
    assert "SECRET" not in "".join(said).upper()
    assert "AUTH PLAIN, X ]0;title [31m 1m LOUD ***, ***" in said
    assert all(words.isprintable() for words in said)


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    steps = list(connection_test(account(port), None, At(), ToldSecrets()))
    assert outcomes(steps) == {**dict.fromkeys(STEPS), "dns": True, "tcp": False}
    assert steps[1].advice is not None


def test_no_such_name() -> None:
    steps = list(
        connection_test(account(25, host="no such host.invalid"), None, At(), ToldSecrets())
    )
    assert outcomes(steps) == {**dict.fromkeys(STEPS), "dns": False}


def test_a_bad_certificate_stops_the_test(certificates: Certificates) -> None:
    with serve(certificates.wrong_host.server_context()) as sink:
        ours = account(sink.port, Security.TLS, Auth.PASSWORD, ca_file=certificates.ca_file)
        steps = list(connection_test(ours, Secret(CANARY), At(), ToldSecrets()))
    assert outcomes(steps) == {**dict.fromkeys(STEPS), "dns": True, "tcp": True, "tls": False}


def test_the_wrong_kind_of_encryption() -> None:
    with serve(security="none") as sink:
        steps = list(connection_test(account(sink.port, Security.TLS), None, At(), ToldSecrets()))
    assert outcomes(steps) == {**dict.fromkeys(STEPS), "dns": True, "tcp": True, "tls": False}
    assert "465" in str(steps[3].advice)
    with serve(security="none") as sink:
        steps = list(
            connection_test(account(sink.port, Security.STARTTLS), None, At(), ToldSecrets())
        )
    assert outcomes(steps)["tls"] is False
    assert outcomes(steps)["ehlo"] is None


@pytest.mark.parametrize(
    ("told", "ok"),
    [
        ("Mon, 23 Nov 2026 09:00:00 +0000", True),
        ("Mon, 23 Nov 2026 17:01:00 +0800", True),
        ("Mon, 23 Nov 2026 10:00:00 +0000", None),
        ("Mon, 99 Nov 2026 10:00:00 +0000", None),
        ("Mon, 23 Nov 2026 09:00:00 -0000", True),
        ("Mon, 23 Nov 0000 09:00:00 +0000", None),
        ("Mon, 23 Nov 2026 09:00:00 +9999", None),
        ("no date here", None),
    ],
)
def test_clocks_are_compared_by_the_banner(told: str, ok: bool | None) -> None:
    def script(peer: Peer) -> None:
        peer.say(f"220 mx.example.com ESMTP {told}")
        peer.hello()
        peer.expect("QUIT")

    with scripted(script) as server:
        now = datetime(2026, 11, 23, 9, 0, 30, tzinfo=UTC)
        steps = list(connection_test(account(server.port), None, At(now), ToldSecrets()))
    assert outcomes(steps)["clock"] is ok


def test_clocks_are_compared_by_the_certificate(certificates: Certificates) -> None:
    with serve(certificates.good.server_context()) as sink:
        ours = account(sink.port, Security.TLS, ca_file=certificates.ca_file)
        before = datetime.now(UTC) - timedelta(days=40_000)  # noqa: TID251 - today's certificates
        steps = list(connection_test(ours, None, At(before), ToldSecrets()))
    assert outcomes(steps)["clock"] is False
    assert steps[-1].advice is not None


TODAY = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - today's certificates


@pytest.mark.parametrize(
    ("shown", "banner", "ok", "words"),
    [
        ("good", None, True, "compared with the certificate's validity"),
        ("good", TODAY - timedelta(hours=1), True, "differs from the server's clock by 3600 s"),
        ("good", datetime(1990, 1, 1, tzinfo=UTC), True, "the server's clock is wrong"),
        ("future", None, False, "the clock of this computer is wrong"),
        ("future", TODAY, True, "right by the server's own"),
        ("expired", None, None, "if the date here"),
        ("expired", TODAY, True, "right by the server's own"),
        ("expired", datetime(2020, 1, 9, tzinfo=UTC), False, "the clock of this computer is wrong"),
    ],
)
def test_whose_clock_is_wrong(
    shown: str, banner: datetime | None, ok: bool | None, words: str, certificates: Certificates
) -> None:
    context: ssl.SSLContext = getattr(certificates, shown).server_context()

    def script(peer: Peer) -> None:
        peer.say(f"220 mx.example.com ESMTP {format_datetime(banner) if banner else ''}")
        peer.hello("STARTTLS")
        peer.expect("STARTTLS")
        peer.say("220 go on")
        peer.start_tls(context)
        peer.hello()
        peer.until_closed()

    with scripted(script) as server:
        ours = account(server.port, Security.STARTTLS, ca_file=certificates.ca_file)
        clock = list(connection_test(ours, None, At(TODAY), ToldSecrets()))[-1]
    assert (clock.ok, str(clock.detail)[: len(words)]) == (ok, words)
    assert (clock.advice is not None) is (ok is False)


def test_detect_knows_the_table() -> None:
    found = detect("anna@web.de")
    assert found is not None
    assert found.provider is not None
    assert (found.host, found.port, found.security, found.username, found.provider.id) == (
        "smtp.web.de",
        465,
        Security.TLS,
        "anna",
        "web.de",
    )


def test_detect_tries_the_usual_servers(certificates: Certificates) -> None:
    context = certificates.good.server_context()
    with serve(context, security="starttls") as second, serve(context) as third:
        with socket.create_server(("127.0.0.1", 0)) as gone:
            nobody = gone.getsockname()[1]
        candidates = [
            Candidate("localhost", Endpoint(nobody, Security.TLS)),
            Candidate("localhost", Endpoint(second.port, Security.STARTTLS)),
            Candidate("localhost", Endpoint(third.port, Security.TLS)),
        ]
        ca_file = str(certificates.ca_file)
        found = detect("me@example.test", candidates=candidates, ca_file=ca_file)
        assert found is not None
        assert (found.host, found.port, found.security) == (
            "localhost",
            second.port,
            Security.STARTTLS,
        )
        assert (found.provider, found.username) == (None, "me@example.test")
        # A certificate that is not trusted is no server.
        assert detect("me@example.test", candidates=candidates) is None


def test_detect_tells_what_keeps_it_from_trying_any(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start = threading.Thread.start

    def starts(thread: threading.Thread) -> None:
        if thread.name == "connect":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", starts)
    candidates = [Candidate("localhost", Endpoint(port, Security.TLS)) for port in (1, 2)]
    with pytest.raises(RuntimeError, match="can't start new thread"):
        detect("me@example.test", candidates=candidates)
    assert capsys.readouterr().err == ""


def test_detect_never_tries_port_25_and_prefers_implicit_tls() -> None:
    tried = usual_candidates("me@example.test")
    assert [(one.host, one.endpoint.port) for one in tried] == [
        ("smtp.example.test", 465),
        ("smtp.example.test", 587),
        ("mail.example.test", 465),
        ("mail.example.test", 587),
        ("example.test", 465),
        ("example.test", 587),
    ]
