from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.certificates import Certificates
from tests.support.sending import (
    BODY,
    CANARY,
    Notes,
    Pocket,
    account,
    mail,
    sender,
    with_file,
)
from tests.support.sink import serve
from tests.support.wire import Peer, scripted, starttls_script
from traymail.core.account import Auth, Security
from traymail.core.errors import (
    AccountFailure,
    AuthFailure,
    PermanentFailure,
    TransientFailure,
)
from traymail.core.message import encoded_size

LOGIN = ("me@example.com", CANARY)


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_mails_arrive_over_one_protected_connection(
    security: Security, host: str, certificates: Certificates
) -> None:
    context = certificates.good.server_context()
    pocket = Pocket()
    with serve(context, security=security.value, user=LOGIN[0], password=LOGIN[1]) as sink:
        ours = account(sink.port, security, Auth.PASSWORD, ca_file=certificates.ca_file, host=host)
        uses = sender(ours, pocket)
        first = uses.send(mail("a@example.com", "b@example.com"), Notes())
        second = uses.send(mail("c@example.com"), Notes())
        uses.close()
        one, two = sink.wait_for(2)
    assert (first.code, first.accepted) == (250, ("a@example.com", "b@example.com"))
    assert second.accepted == ("c@example.com",)
    assert (one.content, one.sender) == (BODY, "me@example.com")
    assert one.recipients == ("a@example.com", "b@example.com")
    assert (one.user, one.encrypted, two.connection) == (LOGIN[0], True, 1)
    assert (pocket.asked, sink.logins) == (1, [(LOGIN[0], True)])


def test_plain_text_to_loopback_needs_no_secret() -> None:
    pocket = Pocket()
    with serve(security="none") as sink:
        uses = sender(account(sink.port), pocket)
        uses.send(mail(), Notes())
        uses.close()
        assert sink.wait_for(1)[0].content == BODY
    assert pocket.asked == 0


def test_a_connection_that_the_server_ended_is_replaced_silently() -> None:
    with serve(security="none") as sink:
        uses = sender(account(sink.port))
        uses.send(mail(), Notes())
        sink.drop("mail")
        assert uses.send(mail(), Notes()).code == 250
        uses.close()
        assert sink.connections == 2


def test_a_refused_mail_leaves_the_connection_in_order() -> None:
    with serve(security="none") as sink:
        uses = sender(account(sink.port))
        sink.reply("final", "554 5.7.1 spam")
        with pytest.raises(PermanentFailure):
            uses.send(mail(), Notes())
        sink.reply("data", "452 4.3.1 no room")
        with pytest.raises(TransientFailure):
            uses.send(mail(), Notes())
        sink.reply("rcpt", "550 5.1.1 no such user")
        with pytest.raises(PermanentFailure) as caught:
            uses.send(mail(), Notes())
        assert [(one.mailbox, one.code, one.advice_id) for one in caught.value.refused] == [
            ("you@example.com", 550, "x-511")
        ]
        assert uses.send(mail(), Notes()).code == 250
        uses.close()
        assert sink.connections == 1
        assert len(sink.arrivals) == 1


def test_some_recipients_refused_the_others_get_the_mail() -> None:
    with serve(security="none") as sink:
        sink.reply("rcpt", "550 5.1.1 no such user", only="bad@")
        sink.reply("rcpt", "452 4.5.3 too many", only="late@")
        uses = sender(account(sink.port))
        receipt = uses.send(mail("ok@example.com", "bad@example.com", "late@example.com"), Notes())
        uses.close()
        assert sink.wait_for(1)[0].recipients == ("ok@example.com",)
    assert receipt.accepted == ("ok@example.com",)
    assert [(one.mailbox, one.code, one.advice_id) for one in receipt.refused] == [
        ("bad@example.com", 550, "x-511"),
        ("late@example.com", 452, "x-452-rcpt"),
    ]


def test_all_refused_for_different_reasons_is_tried_again() -> None:
    with serve(security="none") as sink:
        sink.reply("rcpt", "550 5.1.1 no such user", only="bad@")
        sink.reply("rcpt", "451 4.7.1 greylisted", only="late@")
        uses = sender(account(sink.port))
        with pytest.raises(TransientFailure) as caught:
            uses.send(mail("bad@example.com", "late@example.com"), Notes())
        uses.close()
    assert caught.value.reply.code == 451
    assert [one.code for one in caught.value.refused] == [550, 451]


def test_a_wrong_secret_is_told_and_struck_out(certificates: Certificates) -> None:
    context = certificates.good.server_context()
    with serve(context, user=LOGIN[0], password="another") as sink:
        ours = account(sink.port, Security.TLS, Auth.PASSWORD, ca_file=certificates.ca_file)
        with pytest.raises(AuthFailure) as caught:
            sender(ours).send(mail(), Notes())
    assert (caught.value.reply.code, caught.value.advice_id) == (535, "x-535")
    assert CANARY not in repr(caught.value) + str(caught.value.reply)


@pytest.mark.parametrize("kind", ["expired", "future", "wrong_host", "self_signed", "untrusted"])
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_bad_certificate_gets_no_login(
    kind: str, security: Security, certificates: Certificates
) -> None:
    rules = {"expired": "cert-expired", "future": "cert-not-yet", "wrong_host": "cert-host"}
    pair = certificates.good if kind == "untrusted" else getattr(certificates, kind)
    context = pair.server_context()
    ca_file = None if kind == "untrusted" else certificates.ca_file

    def start_tls(peer: Peer) -> None:
        peer.greet("STARTTLS", "AUTH PLAIN LOGIN")
        peer.expect("STARTTLS")
        peer.say("220 go on")
        peer.start_tls(context)

    def listen(peer: Peer) -> None:
        peer.until_closed()

    implicit = context if security is Security.TLS else None
    script = listen if security is Security.TLS else start_tls
    with scripted(script, implicit_tls=implicit) as server:
        ours = account(server.port, security, Auth.PASSWORD, ca_file=ca_file, host="localhost")
        with pytest.raises(AccountFailure) as caught:
            sender(ours).send(mail(), Notes())
    assert not isinstance(caught.value, AuthFailure)
    assert caught.value.advice_id == rules.get(kind, "cert-untrusted")
    assert b"AUTH" not in server.heard


def test_login_falls_back_to_the_older_mechanism(certificates: Certificates) -> None:
    def script(peer: Peer) -> None:
        peer.hello("AUTH=LOGIN PLAIN")
        peer.expect("AUTH PLAIN")
        peer.say("504 not today")
        peer.expect("AUTH LOGIN")
        peer.say("334 VXNlcm5hbWU6")
        peer.expect("BWVAZXHHBXBSZS5JB20=")
        peer.say("334 UGFzc3dvcmQ6")
        peer.expect("")
        peer.say("235 welcome")
        peer.take()
        peer.expect("QUIT")
        peer.say("221 bye")

    with scripted(starttls_script(certificates, script)) as server:
        ours = account(server.port, Security.STARTTLS, Auth.PASSWORD, ca_file=certificates.ca_file)
        uses = sender(ours)
        assert uses.send(mail(), Notes()).code == 250
        uses.close()


def test_a_large_attachment_is_streamed() -> None:
    size = 45_000_000
    with serve(security="none") as sink:
        big = with_file(size)
        notes = Notes()
        uses = sender(account(sink.port))
        uses.send(big, notes)
        uses.close()
        content = sink.wait_for(1)[0].content
    assert len(content) == big.size == 16 + encoded_size(size)
    assert notes.done[-1] == (big.size, big.size)
    assert len(notes.done) > 500
    assert notes.done == sorted(notes.done)


@pytest.mark.skipif(sys.platform == "win32", reason="resource is Unix only")
def test_sending_takes_little_memory() -> None:
    """In a process of its own: what the sink keeps must not count."""
    code = (
        "import resource, sys\n"
        "from tests.support.sending import *\n"
        "uses = sender(account(int(sys.argv[1])))\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "uses.send(with_file(45_000_000), Notes())\n"
        "uses.close()\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    with serve(security="none") as sink:
        done = subprocess.run(
            [sys.executable, "-c", code, str(sink.port)],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    grown = int(done.stdout) * (1 if sys.platform == "darwin" else 1024)
    assert grown < 8_000_000


def test_an_address_outside_ascii_uses_smtputf8() -> None:
    with serve(security="none") as sink:
        uses = sender(account(sink.port))
        uses.send(mail("用户@example.com"), Notes())
        uses.close()
        arrival = sink.wait_for(1)[0]
    assert arrival.recipients == ("用户@example.com",)
    assert "SMTPUTF8" in arrival.mail_options
