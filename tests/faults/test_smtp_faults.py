"""The server dies, lies or talks nonsense at each step: what becomes of the mail."""

from __future__ import annotations

import gc
import select
import socket
import struct
import sys
import threading
from base64 import b64encode, b85encode
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import BytesIO
from threading import Event, Thread
from typing import BinaryIO

import pytest

from tests.support.certificates import Certificates
from tests.support.sending import BODY, CANARY, Notes, Pocket, account, mail, sender, with_file
from tests.support.wait import PATIENCE_SECONDS, until
from tests.support.wire import Peer, Script, scripted, starttls_script
from traymail.core.account import Auth, Security
from traymail.core.errors import (
    AccountFailure,
    AuthFailure,
    DeliveryError,
    PermanentFailure,
    SourceError,
    Stage,
    StateError,
    TransientFailure,
    UnknownOutcome,
)
from traymail.core.message import Attachment
from traymail.core.ports import Cancelled
from traymail.core.reply_rules import Trouble
from traymail.core.secret import Secret, ToldSecrets
from traymail.core.texts import text
from traymail.senders.dial import Cutoff
from traymail.senders.smtp import SmtpSender
from traymail.senders.smtp_session import SmtpSession
from traymail.senders.smtp_wire import SmtpError, Wire, client_context


def failure(
    *scripts: Script, auth: Auth = Auth.NONE, provider: str = "", timeout: float = PATIENCE_SECONDS
) -> DeliveryError:
    """Send one mail to a server that plays the scripts; return what it raises."""
    with scripted(*scripts) as server:
        uses = sender(account(server.port, auth=auth, provider=provider, timeout=timeout))
        with pytest.raises(DeliveryError) as caught:
            uses.send(mail(), Notes())
        uses.close()
    return caught.value


def before(steps: int) -> Script:
    """A server that goes away before the answer of a step, counted from the banner."""

    def script(peer: Peer) -> None:
        answers = ["220 hi", "250 me", "250 ok", "250 ok", "354 go on"]
        for at, answer in enumerate(answers):
            if at:
                peer.expect("")
            if at == steps:
                return
            peer.say(answer)
        if steps == len(answers):
            peer.line()  # of the body
            return
        peer.body()

    return script


@pytest.mark.parametrize(
    ("steps", "stage", "kind"),
    [
        (0, Stage.CONNECT, TransientFailure),
        (1, Stage.EHLO, TransientFailure),
        (2, Stage.MAIL, TransientFailure),
        (3, Stage.RCPT, TransientFailure),
        (4, Stage.DATA, TransientFailure),
        (6, Stage.FINAL, UnknownOutcome),
    ],
)
def test_the_connection_is_lost(steps: int, stage: Stage, kind: type[DeliveryError]) -> None:
    error = failure(before(steps))
    assert (type(error), error.reply.stage) == (kind, stage)


def test_lost_in_the_body_of_a_large_mail_is_before_the_dot() -> None:
    notes = Notes()
    with scripted(before(5)) as server, pytest.raises(TransientFailure) as caught:
        sender(account(server.port)).send(with_file(40_000_000), notes)
    assert caught.value.reply.stage is Stage.DATA
    assert notes.finals == 0


def to_the_dot(answer: str | bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.greet()
        for start in ("MAIL", "RCPT"):
            peer.expect(start)
            peer.say("250 ok")
        peer.expect("DATA")
        peer.say("354 go on")
        peer.body()
        peer.say(answer)
        peer.until_closed()

    return script


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("451 4.3.0 later", TransientFailure),
        ("421 4.3.2 closing", TransientFailure),
        ("554 5.7.1 spam", PermanentFailure),
        ("552 5.3.4 too big", PermanentFailure),
        ("354 what?", UnknownOutcome),
        ("HTTP/1.1 400 Bad Request", UnknownOutcome),
        (b"\xff\x00\xfe", UnknownOutcome),
        (b"250-" + b"x" * 100_000, UnknownOutcome),
    ],
)
def test_answers_to_the_final_dot(answer: str | bytes, kind: type[DeliveryError]) -> None:
    error = failure(to_the_dot(answer))
    assert (type(error), error.reply.stage) == (kind, Stage.FINAL)


def test_silence_after_the_dot_is_unknown() -> None:
    done = Event()

    def script(peer: Peer) -> None:
        peer.greet()
        peer.expect("MAIL")
        peer.say("250 ok")
        peer.expect("RCPT")
        peer.say("250 ok")
        peer.expect("DATA")
        peer.say("354 go on")
        peer.body()
        done.wait(PATIENCE_SECONDS)

    with scripted(script) as server:
        with pytest.raises(UnknownOutcome):
            sender(account(server.port, timeout=3.0), final_seconds=0.2).send(mail(), Notes())
        done.set()


@pytest.mark.parametrize("answer", ["", "451 later", "554 no"])
def test_who_was_refused_is_known_whatever_becomes_of_the_others(answer: str) -> None:
    def script(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.expect("MAIL", "RCPT", "RCPT", "DATA")
        peer.say("250 ok", "550 5.1.1 no", "250 ok", "354 go on")
        peer.body()
        if answer:
            peer.say(answer)
            peer.until_closed()

    with scripted(script) as server:
        uses = sender(account(server.port))
        with pytest.raises(DeliveryError) as caught:
            uses.send(mail("a@example.com", "b@example.com"), Notes())
        uses.close()
    assert [one.mailbox for one in caught.value.refused] == ["a@example.com"]
    assert caught.value.reply.stage is Stage.FINAL


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01nonsense\r\n", b"", b"250 a\r\n221 b\r\n"])
def test_what_quit_answers_does_not_matter(garbage: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        peer.take()
        peer.expect("QUIT")
        peer.say_raw(garbage)

    with scripted(script) as server:
        uses = sender(account(server.port))
        assert uses.send(mail(), Notes()).code == 250
        uses.close()
        uses.close()
    assert server.connections == 1


@pytest.mark.parametrize(
    ("banner", "rule"),
    [
        (b"HTTP/1.1 200 OK\r\n", "nonsense"),
        (b"220-endless\r\n" * 300, "nonsense"),
        (b"220 " + b"x" * 50_000, "nonsense"),
        (b"220-a\r\n550 b\r\n", "nonsense"),
        (b"\x00\x00\x00\r\n", "nonsense"),
        (b"999 what\r\n", "nonsense"),
        (b"421 4.3.2 too busy\r\n", "x-421"),
    ],
)
def test_nonsense_at_the_start_is_tried_again(banner: bytes, rule: str) -> None:
    def script(peer: Peer) -> None:
        peer.say_raw(banner)
        peer.until_closed()

    error = failure(script)
    assert (type(error), error.advice_id) == (TransientFailure, rule)
    assert len(error.reply.text) <= 500
    assert error.reply.text.isprintable()


def test_a_refusal_to_talk_stops_the_account() -> None:
    error = failure(lambda peer: peer.say("554 no service here"))
    assert (type(error), error.advice_id) == (AccountFailure, "x-session")


def test_one_byte_at_a_time_meets_the_deadline() -> None:
    def script(peer: Peer) -> None:
        never = Event()
        try:
            for _ in range(200):
                peer.say_raw(b"2")
                never.wait(0.02)
        except OSError:
            return

    error = failure(script, timeout=0.3)
    assert (type(error), error.advice_id) == (TransientFailure, "timeout")


def test_an_answer_in_gbk_is_read() -> None:
    def script(peer: Peer) -> None:
        peer.greet("AUTH LOGIN")
        peer.expect("AUTH LOGIN")
        peer.say("535 登录失败，请输入授权码".encode("gb18030"))

    error = failure(script, auth=Auth.PASSWORD, provider="qq")
    assert (type(error), error.advice_id) == (AuthFailure, "qq-535-code")
    assert error.reply.text == "登录失败，请输入授权码"


def test_qq_refuses_a_code_that_worked_before() -> None:
    def script(peer: Peer) -> None:
        peer.greet("AUTH PLAIN")
        peer.expect("AUTH PLAIN")
        peer.say("535 Login Fail. Please enter your authorization code to login.")

    with scripted(script) as server:
        ours = account(server.port, auth=Auth.PASSWORD, provider="qq")
        with pytest.raises(TransientFailure) as caught:
            sender(ours, login_worked=True).send(mail(), Notes())
    assert caught.value.hold.total_seconds() == 600


def test_an_echoed_secret_is_struck_out() -> None:
    def script(peer: Peer) -> None:
        peer.greet("AUTH PLAIN")
        given = peer.expect("AUTH PLAIN").split()[2]
        padding = "x" * 480
        peer.say(f"535-{CANARY} {given}", f"535 {padding} {CANARY}")

    error = failure(script, auth=Auth.PASSWORD)
    shown = f"{error!r} {error.reply} {error.title} {error.advice}"
    assert CANARY not in shown
    assert CANARY[:8] not in shown
    assert error.reply.text.startswith("*** ***")


def in_the_banner(peer: Peer, echo: str) -> None:
    peer.say(f"554 go away, {echo}")


def in_no_banner(peer: Peer, echo: str) -> None:
    peer.say(f"hello {echo}")


def at_ehlo(peer: Peer, echo: str) -> None:
    peer.say("220 scripted.test")
    peer.expect("EHLO")
    peer.say(f"550 not you, {echo}")


def as_a_way_to_log_in(peer: Peer, echo: str) -> None:
    peer.greet(f"AUTH {echo}", f"AUTH={echo}")


def at_the_login(peer: Peer, echo: str) -> None:
    peer.greet("AUTH PLAIN")
    peer.expect("AUTH PLAIN")
    peer.say(f"535 5.7.8 wrong: {echo}")


def over_two_lines(peer: Peer, echo: str) -> None:
    half = len(echo) // 2
    peer.greet("AUTH PLAIN")
    peer.expect("AUTH PLAIN")
    peer.say(f"535-5.7.8 wrong: {echo[:half]}", f"535 5.7.8 {echo[half:]}")


def of_a_recipient(peer: Peer, echo: str) -> None:
    peer.greet("AUTH PLAIN")
    peer.expect("AUTH PLAIN")
    peer.say("235 come in")
    peer.expect("MAIL")
    peer.say("250 ok")
    peer.expect("RCPT")
    peer.say(f"550 {echo}")
    for start in ("RSET", "QUIT"):
        peer.expect(start)
        peer.say(f"250 {echo}")


@pytest.mark.parametrize(
    "script",
    [
        *(in_the_banner, in_no_banner, at_ehlo, as_a_way_to_log_in),
        *(at_the_login, over_two_lines, of_a_recipient),
    ],
)
@pytest.mark.parametrize(
    "echo",
    [
        CANARY,
        CANARY.upper(),
        b64encode(CANARY.encode()).decode(),
        "".join(f"%{byte:02X}" for byte in CANARY.encode()),
        "".join(f"\x1b[0m{letter}" for letter in CANARY),
        CANARY[::-1],
        b64encode(b64encode(b64encode(CANARY.encode()))).decode(),
        b85encode(CANARY.encode()).decode(),
    ],
)
def test_no_reply_of_a_session_shows_the_secret(
    script: Callable[[Peer, str], None], echo: str
) -> None:
    error = failure(lambda peer: script(peer, echo), auth=Auth.PASSWORD)
    shown = (
        f"{error!r} {error.__cause__} {error.reply} {error.title} {error.advice} {error.refused}"
    )
    assert "***" in shown
    assert echo[: len(echo) // 2] not in shown
    assert echo[len(echo) // 2 :] not in shown


@pytest.mark.parametrize("auth", [Auth.PASSWORD, Auth.NONE])
def test_no_session_shows_what_was_told_in_another(auth: Auth) -> None:
    def accept(peer: Peer) -> None:
        peer.greet("AUTH PLAIN")
        peer.expect("AUTH PLAIN")
        peer.say("235 come in")
        peer.take()
        peer.until_closed()

    other, told = "kw7!pq3.zmx9", ToldSecrets()
    scripts = [in_the_banner, at_ehlo, *([at_the_login] if auth is Auth.PASSWORD else [])]
    for script in scripts:
        with scripted(accept, partial(script, echo=CANARY)) as server:
            before = sender(account(server.port, auth=Auth.PASSWORD), told=told)
            before.send(mail(), Notes())
            before.close()
            ours = account(server.port, auth=auth)
            with pytest.raises(DeliveryError) as caught:
                sender(ours, Pocket(other), told=told).send(mail(), Notes())
        shown = f"{caught.value!r} {caught.value.reply} {caught.value.title}"
        assert "***" in shown
        assert CANARY[:8] not in shown


def test_a_454_at_the_login_is_no_refusal() -> None:
    def script(peer: Peer) -> None:
        peer.greet("AUTH PLAIN")
        peer.expect("AUTH PLAIN")
        peer.say("454 4.7.0 temporary")

    assert type(failure(script, auth=Auth.PASSWORD)) is TransientFailure


@pytest.mark.parametrize(
    ("offer", "rule"),
    [
        ("SIZE 1", "no-login"),
        ("AUTH XOAUTH2", "oauth-only"),
        ("AUTH XOAUTH2 OAUTHBEARER", "oauth-only"),
        ("AUTH CRAM-MD5 XOAUTH2", "other-login"),
        ("AUTH GSSAPI NTLM", "other-login"),
    ],
)
def test_no_login_is_offered(offer: str, rule: str) -> None:
    error = failure(lambda peer: peer.greet(offer), auth=Auth.PASSWORD)
    assert (type(error), error.advice_id) == (AccountFailure, rule)
    assert ("none" in str(error.advice)) is (rule == "no-login")


# Encryption


def over_starttls(script: Script, certificates: Certificates) -> tuple[DeliveryError, bytes]:
    with scripted(script) as server:
        ours = account(server.port, Security.STARTTLS, Auth.PASSWORD, ca_file=certificates.ca_file)
        with pytest.raises(DeliveryError) as caught:
            sender(ours).send(mail(), Notes())
    return caught.value, bytes(server.heard)


def test_a_stripped_starttls_gets_no_login(certificates: Certificates) -> None:
    error, heard = over_starttls(lambda peer: peer.greet("AUTH PLAIN LOGIN"), certificates)
    assert (type(error), error.advice_id) == (AccountFailure, "starttls-missing")
    assert b"AUTH" not in heard


@pytest.mark.parametrize(
    ("answer", "kind"), [("502 no", AccountFailure), ("454 later", TransientFailure)]
)
def test_a_refused_starttls_gets_no_login(
    answer: str, kind: type[DeliveryError], certificates: Certificates
) -> None:
    def script(peer: Peer) -> None:
        peer.greet("STARTTLS", "AUTH PLAIN")
        peer.expect("STARTTLS")
        peer.say(answer)

    error, heard = over_starttls(script, certificates)
    assert type(error) is kind
    assert b"AUTH" not in heard


def test_an_injection_behind_the_go_ahead_is_refused(certificates: Certificates) -> None:
    def script(peer: Peer) -> None:
        peer.greet("STARTTLS")
        peer.expect("STARTTLS")
        peer.say("220 go on", "250-evil", "250 AUTH PLAIN")

    error, heard = over_starttls(script, certificates)
    assert (type(error), error.advice_id) == (AccountFailure, "starttls-injected")
    assert b"AUTH" not in heard


def test_what_was_offered_in_the_clear_is_forgotten(certificates: Certificates) -> None:
    def script(peer: Peer) -> None:
        peer.greet("STARTTLS", "AUTH PLAIN", "SIZE 1")
        peer.expect("STARTTLS")
        peer.say("220 go on")
        peer.start_tls(certificates.good.server_context())
        peer.hello("AUTH LOGIN")
        peer.expect("AUTH LOGIN")
        peer.say("535 no")

    error, _ = over_starttls(script, certificates)
    assert type(error) is AuthFailure


def test_the_handshake_breaks_off(certificates: Certificates) -> None:
    def script(peer: Peer) -> None:
        peer.greet("STARTTLS")
        peer.expect("STARTTLS")
        peer.say("220 go on")
        peer.sock.recv(1)

    error, _ = over_starttls(script, certificates)
    assert (type(error), error.advice_id) == (TransientFailure, "tls-failed")


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_ca_file_that_cannot_be_used(
    content: bytes | None, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ca_file = tmp_path_factory.mktemp("ca") / "ca.pem"
    if content is not None:
        ca_file.write_bytes(content)
    context = certificates.good.server_context()
    with scripted(Peer.until_closed, implicit_tls=context) as server:
        ours = account(server.port, Security.TLS, ca_file=ca_file)
        with pytest.raises(AccountFailure) as caught:
            sender(ours).send(mail(), Notes())
    assert caught.value.advice_id == "ca-file"


# Pipelining and recipients


def test_an_envelope_leaves_in_one_write_and_the_next_mail_waits(
    certificates: Certificates,
) -> None:
    def take(peer: Peer) -> None:
        peer.expect("MAIL")
        assert peer.waiting()
        peer.expect("RCPT", "RCPT", "DATA")
        assert not peer.waiting()
        peer.say("250 ok", "250 ok", "250 ok", "354 go on")
        peer.body()
        assert not peer.waiting()
        peer.say("250 taken")

    def script(peer: Peer) -> None:
        peer.hello("PIPELINING")
        take(peer)
        take(peer)
        peer.expect("QUIT")

    with scripted(starttls_script(certificates, script)) as server:
        uses = sender(account(server.port, Security.STARTTLS, ca_file=certificates.ca_file))
        for _ in range(2):
            uses.send(mail("a@example.com", "b@example.com"), Notes())
        uses.close()


def test_many_recipients_leave_in_several_writes() -> None:
    boxes = [f"{at}@example.com" for at in range(250)]

    def script(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.expect("MAIL")
        peer.say("250 ok")
        for _ in boxes:
            peer.expect("RCPT")
            peer.say("250 ok")
        peer.expect("DATA")
        peer.say("354 go on")
        peer.body()
        peer.say("250 taken")
        peer.until_closed()

    with scripted(script) as server:
        uses = sender(account(server.port))
        assert uses.send(mail(*boxes), Notes()).accepted == tuple(boxes)
        uses.close()


def envelope(*answers: str, then: Callable[[Peer], None] | None = None) -> Script:
    """A pipelining server that answers MAIL, two RCPT and DATA so, then a good second mail."""

    def script(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.expect("MAIL", "RCPT", "RCPT", "DATA")
        peer.say(*answers)
        if then:
            then(peer)
        peer.expect("RSET")
        peer.say("250 ok")
        peer.expect("MAIL", "RCPT", "DATA")
        peer.say("250 ok", "250 ok", "354 go on")
        peer.body()
        peer.say("250 taken")
        peer.expect("QUIT")
        peer.say("221 bye")

    return script


def lone_dot(answer: str) -> Callable[[Peer], None]:
    def then(peer: Peer) -> None:
        assert peer.body() == []
        peer.say(answer)

    return then


@pytest.mark.parametrize(
    ("script", "kind", "code"),
    [
        (
            envelope("250 ok", "550 no", "550 no", "554 no valid recipients"),
            PermanentFailure,
            550,
        ),
        (
            envelope("250 ok", "550 no", "550 no", "354 go on", then=lone_dot("250 queued")),
            PermanentFailure,
            550,
        ),
        (
            envelope("250 ok", "451 grey", "550 no", "354 go on", then=lone_dot("554 nobody")),
            TransientFailure,
            451,
        ),
        (envelope("553 not yours", "503 no", "503 no", "503 no"), AccountFailure, 553),
        (
            envelope("451 busy", "250 ok", "250 ok", "354 go on", then=lone_dot("250 queued")),
            TransientFailure,
            451,
        ),
        (envelope("250 ok", "250 ok", "550 no", "452 no room"), TransientFailure, 452),
        (envelope("250 ok", "250 ok", "250 ok", "554 5.7.1 no"), PermanentFailure, 554),
    ],
)
def test_refused_before_the_body(script: Script, kind: type[DeliveryError], code: int) -> None:
    notes = Notes()
    with scripted(script) as server:
        uses = sender(account(server.port))
        with pytest.raises(DeliveryError) as caught:
            uses.send(mail("a@example.com", "b@example.com"), notes)
        assert (type(caught.value), caught.value.reply.code) == (kind, code)
        assert notes.finals == 0
        assert uses.send(mail(), notes).code == 250
        uses.close()
    assert server.connections == 1


def test_some_refused_the_body_goes_to_the_others() -> None:
    def script(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.expect("MAIL", "RCPT", "RCPT", "DATA")
        peer.say("250 ok", "550 5.1.1 no", "250 ok", "354 go on")
        assert peer.body() == ["Subject: hello", "", "..dot", "...two", "end"]
        peer.say("250 taken")
        peer.until_closed()

    with scripted(script) as server:
        uses = sender(account(server.port))
        receipt = uses.send(mail("a@example.com", "b@example.com"), Notes())
        uses.close()
    assert receipt.accepted == ("b@example.com",)
    assert [one.mailbox for one in receipt.refused] == ["a@example.com"]


def test_of_refused_recipients_each_is_judged_by_what_the_server_said() -> None:
    def script(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.expect("MAIL", "RCPT", "RCPT", "DATA")
        peer.say("250 ok", "550 5.1.1 no", "550 Ip frequency limited", "503 no recipients")
        peer.until_closed()

    with scripted(script) as server:
        uses = sender(account(server.port))
        with pytest.raises(TransientFailure) as caught:
            uses.send(mail("a@example.com", "b@example.com"), Notes())
        uses.close()
    assert [one.for_good for one in caught.value.refused] == [True, False]
    assert caught.value.hold == timedelta(minutes=10)


def closing(after: int) -> Script:
    """A server that takes so many mails and answers the next one's MAIL with 421."""

    def script(peer: Peer) -> None:
        peer.greet()
        for _ in range(after):
            peer.take()
        peer.expect("MAIL")
        peer.say("421 4.7.0 too many messages on this connection")

    return script


def test_a_421_in_the_middle_of_a_batch_is_no_failure() -> None:
    with scripted(closing(2), good) as server:
        uses = sender(account(server.port))
        for _ in range(3):
            assert uses.send(mail(), Notes()).code == 250
        uses.close()
    assert server.connections == 2


def test_a_421_on_a_fresh_connection_waits() -> None:
    error = failure(closing(0))
    assert (type(error), error.advice_id) == (TransientFailure, "x-421")
    assert error.hold.total_seconds() == 15


def test_a_limit_of_one_connection_is_met_by_another() -> None:
    def limited(peer: Peer) -> None:
        peer.greet()
        peer.take()
        peer.expect("MAIL")
        peer.say("450 MI:DMC 163 smtp1")
        peer.until_closed()

    with scripted(limited, good) as server:
        uses = sender(account(server.port, provider="163"))
        for _ in range(2):
            uses.send(mail(), Notes())
        uses.close()


def test_a_server_that_gives_up_in_the_body_is_heard_before_the_dot() -> None:
    said = Event()

    def script(peer: Peer) -> None:
        peer.greet()
        peer.expect("MAIL")
        peer.say("250 ok")
        peer.expect("RCPT")
        peer.say("250 ok")
        peer.expect("DATA")
        peer.say("354 go on", "451 4.3.0 changed my mind")
        said.set()
        peer.until_closed()

    def wait_for_it() -> None:
        until(said.is_set)

    notes = Notes(at_progress=wait_for_it)
    with scripted(script) as server, pytest.raises(TransientFailure) as caught:
        sender(account(server.port)).send(mail(), notes)
    assert caught.value.reply.code == 451
    assert notes.finals == 0
    assert b"\r\n.\r\n" not in server.heard


# Refused by ourselves


@pytest.mark.parametrize(
    ("features", "box", "rule"),
    [
        (("SIZE 10",), "you@example.com", "too-large"),
        ((), "用户@example.com", "no-smtputf8"),
        ((), "you@example.com>\r\nRCPT TO:<evil@example.com", "bad-address"),
    ],
)
def test_refused_before_the_server_is_asked(features: tuple[str, ...], box: str, rule: str) -> None:
    def script(peer: Peer) -> None:
        peer.greet(*features)
        peer.expect("QUIT")

    with scripted(script) as server:
        uses = sender(account(server.port))
        with pytest.raises(PermanentFailure) as caught:
            uses.send(mail(box), Notes())
        uses.close()
    assert caught.value.advice_id == rule
    assert b"MAIL" not in server.heard


@pytest.mark.parametrize("limit", ["0", "\u0663", "1" + "0" * 1000, "-5", "\u00b2"])
def test_a_size_that_is_no_limit_and_the_size_is_told(limit: str) -> None:
    def script(peer: Peer) -> None:
        peer.greet(f"SIZE {limit}")
        assert peer.expect("MAIL") == f"MAIL FROM:<me@example.com> SIZE={len(BODY)}"
        peer.say("250 ok")
        peer.expect("RCPT")
        peer.say("250 ok")
        peer.expect("DATA")
        peer.say("354 go on")
        peer.body()
        peer.say("250 taken")
        peer.until_closed()

    with scripted(script) as server:
        uses = sender(account(server.port))
        uses.send(mail(), Notes())
        uses.close()


# Broken off on our side


def half_taken(peer: Peer) -> None:
    peer.greet()
    peer.expect("MAIL")
    peer.say("250 ok")
    peer.expect("RCPT")
    peer.say("250 ok")
    peer.expect("DATA")
    peer.say("354 go on")
    assert b"\r\n.\r\n" not in peer.until_closed()


def good(peer: Peer) -> None:
    peer.greet()
    peer.take()
    peer.until_closed()


def raiser(error: Exception) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


@pytest.mark.parametrize(
    ("notes", "error"),
    [
        (Notes(at_progress=raiser(Cancelled())), Cancelled),
        (Notes(at_final=raiser(StateError(text("disk full")))), StateError),
    ],
)
def test_what_the_journal_raises_ends_the_session_without_the_dot(
    notes: Notes, error: type[Exception]
) -> None:
    with scripted(half_taken, good) as server:
        uses = sender(account(server.port))
        with pytest.raises(error):
            uses.send(mail(), notes)
        assert uses.send(mail(), Notes()).code == 250
        uses.close()


def test_an_attachment_that_cannot_be_read_ends_the_session_without_the_dot() -> None:
    def gone(attachment: Attachment) -> BinaryIO:
        raise FileNotFoundError(2, "No such file", attachment.spool)

    with scripted(half_taken) as server:
        uses = sender(account(server.port), opened=gone)
        with pytest.raises(SourceError):
            uses.send(with_file(10), Notes())


def test_an_attachment_of_another_size_ends_the_session_without_the_dot() -> None:
    with scripted(half_taken) as server:
        uses = sender(account(server.port), opened=lambda _: BytesIO(b"short"))
        with pytest.raises(SourceError):
            uses.send(with_file(1000), Notes())


def aborted(uses: SmtpSender, begun: Event) -> Thread:
    def run() -> None:
        assert begun.wait(PATIENCE_SECONDS)
        uses.abort()

    thread = Thread(target=run)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("stage", "kind"),
    [
        (Stage.CONNECT, TransientFailure),
        (Stage.MAIL, TransientFailure),
        (Stage.FINAL, UnknownOutcome),
    ],
)
def test_abort_ends_what_waits(stage: Stage, kind: type[DeliveryError]) -> None:
    begun = Event()

    def script(peer: Peer) -> None:
        if stage is Stage.CONNECT:
            begun.set()
            peer.until_closed()
            return
        peer.greet()
        peer.expect("MAIL")
        if stage is Stage.MAIL:
            begun.set()
            peer.until_closed()
            return
        peer.say("250 ok")
        peer.expect("RCPT")
        peer.say("250 ok")
        peer.expect("DATA")
        peer.say("354 go on")
        peer.body()
        begun.set()
        peer.until_closed()

    with scripted(script) as server:
        uses = sender(account(server.port))
        thread = aborted(uses, begun)
        with pytest.raises(DeliveryError) as caught:
            uses.send(mail(), Notes())
        thread.join()
        assert type(caught.value) is kind
        assert caught.value.reply.stage is stage
        # For good: nothing is begun any more.
        with pytest.raises(TransientFailure) as caught:
            uses.send(mail(), Notes())
        assert caught.value.advice_id == "stopped"
    assert server.connections == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems fill a backlog otherwise")
def test_abort_ends_a_connection_that_hangs() -> None:
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for filler in (first, second):
            filler.setblocking(False)  # the socket's own signature
            filler.connect_ex(deaf.getsockname())
        uses = sender(account(deaf.getsockname()[1]))
        caught: list[DeliveryError] = []

        def send() -> None:
            with pytest.raises(TransientFailure) as raised:
                uses.send(mail(), Notes())
            caught.append(raised.value)

        thread = Thread(target=send)
        thread.start()
        until(lambda: any(one.name == "connect" for one in threading.enumerate()))
        uses.abort()
        thread.join()
        assert [error.advice_id for error in caught] == ["stopped"]


class Far(socket.socket):
    """A connection that says it leads to another computer."""

    def getpeername(self) -> tuple[str, int]:
        return ("192.0.2.1", 25)


def test_no_login_over_an_unprotected_line_to_another_computer() -> None:
    def script(peer: Peer) -> None:
        peer.greet("AUTH PLAIN LOGIN")
        peer.until_closed()

    with scripted(script) as server:
        sock = socket.create_connection(("127.0.0.1", server.port))
        wire = Wire(Far(fileno=sock.detach()), 5.0, Cutoff())
        session = SmtpSession(wire, account(server.port, auth=Auth.PASSWORD))
        session.greet()
        session.hello()
        with pytest.raises(SmtpError) as caught:
            session.login(Secret(CANARY))
        wire.close()
    assert caught.value.trouble is Trouble.NO_TLS
    assert b"AUTH" not in server.heard


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TransientFailure) as caught:
        sender(account(port)).send(mail(), Notes())
    assert caught.value.advice_id == "refused"


@pytest.mark.parametrize("host", ["no such host.invalid", "x" * 70 + ".invalid", "a..b"])
def test_a_name_that_is_not_there(host: str) -> None:
    with pytest.raises(TransientFailure) as caught:
        sender(account(25, host=host)).send(mail(), Notes())
    assert caught.value.advice_id == "dns"


@pytest.mark.parametrize("goodbye", [b"", b"421 4.4.2 idle for too long\r\n", b"nonsense\r\n"])
def test_a_session_that_ended_between_two_mails_is_replaced(goodbye: bytes) -> None:
    gone = Event()

    def impatient(peer: Peer) -> None:
        peer.greet()
        peer.take()
        peer.say_raw(goodbye)
        peer.sock.close()
        gone.set()

    with scripted(impatient, good) as server:
        uses = sender(account(server.port))
        uses.send(mail(), Notes())
        assert gone.wait(PATIENCE_SECONDS)
        assert uses.send(mail(), Notes()).code == 250
        uses.close()
    assert server.connections == 2
    assert bytes(server.heard).count(b"MAIL") == 2


def test_lost_at_the_lone_dot_the_refusals_still_count() -> None:
    def script(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.expect("MAIL", "RCPT", "DATA")
        peer.say("250 ok", "550 5.1.1 no", "354 go on")
        assert peer.body() == []

    error = failure(script)
    assert (type(error), error.advice_id) == (PermanentFailure, "x-511")


def test_of_many_refusals_the_accounts_decides() -> None:
    def script(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.expect("MAIL", "RCPT", "RCPT", "RCPT", "DATA")
        peer.say("250 ok", "550 5.1.1 no", "451 later", "530 5.7.0 log in", "554 no")
        peer.until_closed()

    with scripted(script) as server:
        uses = sender(account(server.port))
        with pytest.raises(AccountFailure) as caught:
            uses.send(mail("a@example.com", "b@example.com", "c@example.com"), Notes())
        uses.close()
    assert caught.value.advice_id == "x-530"
    assert len(caught.value.refused) == 3


@pytest.mark.skipif(not hasattr(select, "poll"), reason="select tells of no reset")
def test_a_connection_that_is_reset_before_tls_begins_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = socket.create_connection(listener.getsockname())
        wire = Wire(sock, 5.0, Cutoff())
        peer, _ = listener.accept()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        watching = select.poll()
        watching.register(sock, 0)
        until(lambda: watching.poll(0), what="the reset")
        with pytest.raises(SmtpError) as caught:
            wire.secure(client_context(""), "localhost")
        assert caught.value.trouble is Trouble.TLS_FAILED
        wire.close()
    del caught
    gc.collect()  # a socket that is still open would be told of


def of_old(code: int) -> Script:
    """A server that knows HELO only."""

    def script(peer: Peer) -> None:
        peer.say("220 hi")
        peer.expect("EHLO")
        peer.say(f"{code} what?")
        if peer.line():  # HELO, or nothing
            peer.say("250 me")
            peer.take()
            peer.expect("QUIT")

    return script


@pytest.mark.parametrize("code", [500, 502])
def test_a_server_of_old_is_greeted_as_it_knows(code: int, certificates: Certificates) -> None:
    with scripted(of_old(code)) as server:
        uses = sender(account(server.port))
        assert uses.send(mail(), Notes()).code == 250
        uses.close()
    assert b"HELO [127.0.0.1]" in server.heard.replace(b"EHLO", b"")
    context = certificates.good.server_context()
    with scripted(of_old(code), implicit_tls=context) as server:
        uses = sender(account(server.port, Security.TLS, ca_file=certificates.ca_file))
        assert uses.send(mail(), Notes()).code == 250
        uses.close()


@pytest.mark.parametrize(
    ("security", "auth", "code"),
    [
        (Security.STARTTLS, Auth.NONE, 502),
        (Security.NONE, Auth.PASSWORD, 500),
        (Security.NONE, Auth.NONE, 550),
    ],
)
def test_nothing_is_given_up_for_a_server_of_old(security: Security, auth: Auth, code: int) -> None:
    with scripted(of_old(code)) as server, pytest.raises(AccountFailure):
        sender(account(server.port, security, auth)).send(mail(), Notes())
    assert b"HELO" not in server.heard.replace(b"EHLO", b"")
