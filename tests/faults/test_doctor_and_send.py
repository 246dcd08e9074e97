"""A server that fails in each way at each step: `doctor` and `send` end alike and speak plainly."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import Certificates, Pair
from tests.support.cli import Desk, desk
from tests.support.wire import Peer, Script, scripted

# What the scripts say is the server's; the rest of a Chinese sentence is Chinese but for names.
NAMES = re.compile(
    r"starttls|SMTP|TLS|SSL|STARTTLS|EHLO|AUTH|PLAIN|LOGIN|CRAM-MD5|SMTPUTF8|XOAUTH2|PEM|CA\b|ca_file|password_command|systemd"
    r"|QQ|Gmail|Outlook|NetEase|OAuth2|mail\.qq\.com|POP3|IMAP|HTTP/1.1|none|tls|desk|auth|password"
    r"|LoadCredential|accounts|\bcat\b|gnome-keyring|traymail[a-z -]*|(?<!\w)/[\w/.-]+"
)
ABOUT_A_MAIL = re.compile(r"\b(the|this) mails?\b|tried again|outbox|in parts|重试|邮件[稍会已将]")


@dataclass(frozen=True)
class Case:
    """How the server fails, and what both commands end with."""

    name: str
    status: int
    script: Script
    security: str = "none"
    auth: str = "password"
    shown: str = ""
    """The certificate that an implicit TLS shows; "" for none at all."""

    def __str__(self) -> str:
        return self.name


def then(*steps: Callable[[Peer], object]) -> Script:
    def script(peer: Peer) -> None:
        for step in steps:
            step(peer)

    return script


def says(*lines: str | bytes) -> Callable[[Peer], object]:
    """Answer, and go on listening until the client has had enough."""
    return then(lambda peer: peer.say(*lines), Peer.until_closed)


def hears(*starts: str) -> Callable[[Peer], object]:
    return lambda peer: peer.expect(*starts)


def greets(*features: str) -> Callable[[Peer], object]:
    return lambda peer: peer.greet(*features)


def gone(peer: Peer) -> None:
    del peer


def tells(line: str) -> Callable[[Peer], object]:
    return lambda peer: peer.say(line)


BANNER, HELLO, GO_ON = tells("220 hi"), hears("EHLO"), tells("220 go on")
PLAIN, LOGIN = greets("AUTH PLAIN"), hears("AUTH PLAIN")
OFFER, TLS = greets("STARTTLS"), hears("STARTTLS")


def at_banner(status: int, line: str | bytes) -> Case:
    return Case(f"banner {line!r}", status, says(line))


def at_hello(status: int, line: str) -> Case:
    script = then(BANNER, HELLO, says(line))
    return Case(f"ehlo {line}", status, script)


def of_old(peer: Peer) -> None:
    """Know HELO only, and take a mail."""
    peer.say("220 hi")
    peer.expect("EHLO")
    peer.say("502 5.5.1 unknown")
    peer.expect("HELO")
    peer.say("250 hi")
    while (line := peer.line()) not in {"", "QUIT"}:
        peer.say("354 go on" if line == "DATA" else "250 ok")
        if line == "DATA":
            peer.body()
            peer.say("250 taken")


def at_starttls(status: int, name: str, *rest: Callable[[Peer], object]) -> Case:
    return Case(f"starttls {name}", status, then(OFFER, TLS, *rest), security="starttls")


def at_login(status: int, line: str | bytes) -> Case:
    return Case(f"auth {line!r}", status, then(PLAIN, LOGIN, says(line)))


CASES = [
    at_banner(75, "421 4.3.2 closing"),
    at_banner(75, "450 4.3.2 later"),
    at_banner(69, "554 5.3.2 nobody is served"),
    at_banner(75, "550 Connection frequency limited"),
    at_banner(75, "421 HL:ICC 163 smtp1"),
    at_banner(75, "HTTP/1.1 400 Bad Request"),
    at_banner(75, b"220 \xff\xfe" + b"x" * 40_000),
    at_banner(75, "354 what"),
    Case("banner never", 75, Peer.until_closed),
    Case("banner gone", 75, gone),
    at_hello(75, "421 4.3.2 closing"),
    at_hello(75, "451 4.3.0 local error"),
    at_hello(69, "550 5.7.1 go away"),
    at_hello(69, "502 5.5.1 unknown"),
    at_hello(75, "??"),
    Case("ehlo never, HELO", 0, of_old, auth="none"),
    Case("ehlo gone", 75, then(BANNER, HELLO)),
    Case("starttls hidden", 69, then(greets("AUTH PLAIN"), Peer.until_closed), "starttls"),
    at_starttls(75, "454", says("454 4.7.0 not now")),
    at_starttls(75, "421", says("421 4.3.2 closing")),
    at_starttls(69, "502", says("502 5.5.1 unknown")),
    at_starttls(69, "injected", says("220 go on", "250 evil")),
    at_starttls(75, "gone"),
    at_starttls(75, "handshake gone", GO_ON, lambda peer: peer.sock.recv(1)),
    at_starttls(69, "plain", GO_ON, lambda peer: peer.sock.recv(9), says("250 hi", "250 hi")),
    Case("tls expired", 69, Peer.until_closed, "tls", shown="expired"),
    Case("tls not yet", 69, Peer.until_closed, "tls", shown="future"),
    Case("tls other name", 69, Peer.until_closed, "tls", shown="wrong_host"),
    Case("tls self-signed", 69, Peer.until_closed, "tls", shown="self_signed"),
    Case("tls plain", 69, says("220 hi"), "tls"),
    Case("tls gone", 75, lambda peer: peer.sock.recv(1), "tls"),
    at_login(77, "535 5.7.8 bad credentials"),
    at_login(77, "535 Login Fail. Please enter your authorization code to login."),
    at_login(77, "535 登录失败，帐号异常".encode("gb18030")),
    at_login(77, "534 5.7.9 Application-specific password required"),
    at_login(77, "538 5.7.11 encryption wanted"),
    at_login(77, "504 5.5.4 mechanism unknown"),
    at_login(77, "550 5.7.1 not you"),
    at_login(77, "530 5.7.0 log in"),
    at_login(75, "454 4.7.0 temporary"),
    at_login(75, "421 4.7.0 too many"),
    at_login(75, "451 4.7.0 later"),
    at_login(75, "432 4.3.2 later"),
    at_login(75, "??"),
    Case("auth gone", 75, then(PLAIN, LOGIN)),
    Case("auth none offered", 69, then(greets("SIZE 1000"), Peer.until_closed)),
    Case("auth others only", 69, then(greets("AUTH CRAM-MD5"), Peer.until_closed)),
    Case("auth XOAUTH2 only", 69, then(greets("AUTH XOAUTH2"), Peer.until_closed)),
]


@pytest.fixture
def office(tmp_path: Path, certificates: Certificates) -> Iterator[Desk]:
    with desk(tmp_path, certificates) as one:
        yield one


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case.name)[:40])
def test_doctor_ends_as_send_does(case: Case, office: Desk, certificates: Certificates) -> None:
    pair: Pair | None = getattr(certificates, case.shown) if case.shown else None
    context = pair.server_context() if pair else None
    with scripted(*[case.script] * 3, implicit_tls=context) as server:
        office.configure(
            host="localhost",
            port=server.port,
            security=case.security,
            auth=case.auth,
            timeout_seconds=1,
        )
        _compare(office, case.status)


def test_nobody_listens(office: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    office.configure(port=port, security="tls")
    _compare(office, 75)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b.invalid", "x" * 70 + ".invalid"])
def test_there_is_no_such_name(host: str, office: Desk) -> None:
    office.configure(host=host, security="tls", port=465)
    _compare(office, 75)


def test_a_missing_secret_is_told_before_the_server_is_asked(office: Desk) -> None:
    office.env.clear()
    _compare(office, 77)
    office.configure(host="nowhere.invalid")
    _compare(office, 77)


def test_a_ca_file_that_is_none(office: Desk) -> None:
    office.configure(ca_file=str(office.home.config))
    _compare(office, 69)


def test_a_good_server_is_found_good(office: Desk) -> None:
    _compare(office, 0)


def _compare(office: Desk, status: int) -> None:
    """Run both; compare the exit status, and read what they say in both languages."""
    told = _doctor(office, "en", status)
    steps = _doctor(office, "zh_CN", status)
    sent = office.quick("--lang", "zh_CN", "send", "--to", "b@c.example", "--subject", "s")
    assert sent.returncode == status, (sent.stderr, told)
    failed = [step["step"] for step in told if step["ok"] is False]
    assert bool(failed) is (status != 0)
    for step in [*told, *steps]:
        words = f"{step['detail']} {step['advice'] or ''}"
        assert not ABOUT_A_MAIL.search(words), words
        if step["ok"] is False:
            assert step["advice"], step
    after = [step for step in told if step["ok"] is None and step["ms"] is None]
    assert not status or all(not step["detail"] for step in after), after
    shown = [f"{step['detail']} {step['advice']}" for step in steps if step["ok"] is False]
    for words in [*shown, sent.stderr]:
        _is_chinese(words)
    stored = office.quick("--lang", "zh_CN", "outbox", "show", "1").stdout
    _is_chinese(re.sub(r"(?m)^.*(Message-ID|@).*$", "", stored).replace("s\n", "\n"))


def _doctor(office: Desk, language: str, status: int) -> list[dict[str, Any]]:
    done = office.quick("--lang", language, "doctor", "--json")
    assert done.returncode == status, done.stdout
    found: list[dict[str, Any]] = json.loads(done.stdout)["steps"]
    return found


def _is_chinese(words: str) -> None:
    """Whether what is not the server's is Chinese: after a code, a line is the server's."""
    ours = re.sub(r"[2-5]\d\d [ -~]*", "", words)
    ours = NAMES.sub("", ours)
    assert not re.search(r"[A-Za-z]{2,}", ours), words
