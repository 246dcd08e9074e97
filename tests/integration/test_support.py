"""The real things other tests lean on are what they say."""

import smtplib
import ssl
import threading
from threading import Event

import pytest
from keyring.core import load_keyring
from keyring.errors import KeyringLocked

from tests.support import sink as sinks
from tests.support.certificates import Certificates
from tests.support.session import KeyringSession
from tests.support.sink import Sink

MAIL = b"Subject: \xe6\xb5\x8b\xe8\xaf\x95\r\n\r\n.a line with a dot\r\n"
BACKEND = "keyring.backends.SecretService.Keyring"
USER, PASSWORD = "me@example.com", "secret code"


def client(sink: Sink, certificates: Certificates) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=certificates.ca_file)
    if sink.security == "tls":
        return smtplib.SMTP_SSL(sink.host, sink.port, context=context, timeout=10)
    plain = smtplib.SMTP(sink.host, sink.port, timeout=10)
    if sink.security == "starttls":
        plain.starttls(context=context)
    return plain


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_a_mail_arrives_byte_for_byte(certificates: Certificates, security: sinks.Security) -> None:
    context = None if security == "none" else certificates.good.server_context()
    with sinks.serve(context, security=security, user=USER, password=PASSWORD) as sink:
        with client(sink, certificates) as smtp:
            smtp.login(USER, PASSWORD)
            smtp.sendmail(USER, ["a@example.com", "b@example.com"], MAIL)
            smtp.sendmail(USER, ["c@example.com"], MAIL)
        first, second = sink.wait_for(2)
    assert first.content == MAIL
    assert first.recipients == ("a@example.com", "b@example.com")
    assert (first.user, first.encrypted) == (USER, security != "none")
    assert (first.connection, second.connection, sink.connections) == (1, 1, 1)
    assert sink.logins == [(USER, True)]


def test_a_wrong_login_and_none_are_refused(certificates: Certificates) -> None:
    context = certificates.good.server_context()
    with sinks.serve(context, user=USER, password=PASSWORD) as sink:
        with client(sink, certificates) as smtp:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                smtp.login(USER, "wrong")
            with pytest.raises(smtplib.SMTPSenderRefused):
                smtp.sendmail(USER, ["a@example.com"], MAIL)
        assert {right for _, right in sink.logins} == {False}


@pytest.mark.parametrize(
    ("stage", "only", "code"),
    [("mail", "", 451), ("rcpt", "bad@", 550), ("data", "", 421), ("final", "", 552)],
)
def test_a_reply_is_given_once(
    certificates: Certificates, stage: sinks.Stage, only: str, code: int
) -> None:
    with sinks.serve(security="none") as sink:
        sink.reply(stage, f"{code} as told", only=only)
        told = pytest.raises(smtplib.SMTPException, match="as told")
        with client(sink, certificates) as smtp, told:
            smtp.sendmail(USER, ["bad@example.com"], MAIL)
        assert not sink.arrivals
        with client(sink, certificates) as smtp:
            smtp.sendmail(USER, ["bad@example.com"], MAIL)
        assert len(sink.arrivals) == 1


@pytest.mark.parametrize(("stage", "taken"), [("data", 0), ("final", 0), ("answer", 1)])
def test_a_dropped_connection(certificates: Certificates, stage: sinks.Stage, taken: int) -> None:
    with sinks.serve(certificates.good.server_context()) as sink:
        sink.drop(stage)
        smtp = client(sink, certificates)
        with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
            smtp.sendmail(USER, ["a@example.com"], MAIL)
        smtp.close()
        assert len(sink.arrivals) == taken


def test_a_held_client_waits_for_the_event(certificates: Certificates) -> None:
    goes_on = Event()
    with sinks.serve(security="none") as sink, client(sink, certificates) as smtp:
        sink.hold("answer", goes_on)
        sending = threading.Thread(target=smtp.sendmail, args=(USER, ["a@example.com"], MAIL))
        sending.start()
        sink.wait_for(1)
        assert sending.is_alive()
        goes_on.set()
        sending.join()


@pytest.mark.parametrize("kind", ["expired", "wrong_host", "self_signed"])
def test_a_bad_certificate_is_bad(certificates: Certificates, kind: str) -> None:
    pair = getattr(certificates, kind)
    refused = pytest.raises(ssl.SSLCertVerificationError)
    with sinks.serve(pair.server_context()) as sink, refused:
        client(sink, certificates)


def test_the_keyring_keeps_a_secret_in_its_session(keyring_env: KeyringSession) -> None:
    del keyring_env
    backend = load_keyring(BACKEND)
    backend.set_password("traymail:test", "me", "密码")
    assert backend.get_password("traymail:test", "me") == "密码"
    backend.delete_password("traymail:test", "me")


def test_a_locked_keyring_says_so(locked_keyring_env: KeyringSession) -> None:
    del locked_keyring_env
    with pytest.raises(KeyringLocked):
        load_keyring(BACKEND).get_password("traymail:test", "me")
