"""`traymail send` to a mail server as a user has it: Postfix that wants TLS and a login."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.certificates import Certificates, make_certificates
from tests.support.homes import Home
from tests.support.postfix import USER, Postfix, postfix, why_not
from tests.support.running import CANARY, account, credentials, outbox

pytestmark = pytest.mark.postfix

Security = str
Send = Callable[..., CompletedProcess[str]]
SECURITIES = ("tls", "starttls")


@pytest.fixture(scope="module")
def server(certificates: Certificates) -> Iterator[Postfix]:
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with postfix(certificates.good, CANARY) as running:
        yield running


@pytest.fixture(params=SECURITIES)
def security(request: pytest.FixtureRequest) -> Security:
    return str(request.param)


@pytest.fixture
def send(
    server: Postfix, security: Security, home: Home, certificates: Certificates, tmp_path: Path
) -> Send:
    """Send with the home's account; the mailboxes are empty before."""
    server.empty()
    configure(home, server, security, certificates.ca_file)

    def run(*arguments: str | Path) -> CompletedProcess[str]:
        return home.run("send", *arguments, env=credentials(tmp_path / "credentials"))

    return run


def configure(home: Home, server: Postfix, security: Security, ca_file: Path) -> None:
    port = server.port_tls if security == "tls" else server.port_starttls
    # Above what this server takes: it is to say so itself.
    home.configure(account(port, security=security, ca_file=ca_file, more="max_message_mb = 100"))


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, _class=EmailMessage, policy=policy.default)


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def attached(mail: EmailMessage) -> dict[str, str]:
    """Names and hashes of the files that came with a mail."""
    found = {}
    for part in mail.iter_attachments():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found[str(part.get_filename())] = digest(content)
    return found


def test_a_chinese_subject_and_file_arrive_intact(
    server: Postfix, send: Send, tmp_path: Path
) -> None:
    file = tmp_path / "第三季度 合同(终稿).pdf"
    file.write_bytes(os.urandom(300_000))
    sent = send(
        *("--to", "小红 <you@example.com>", "--subject", "合同已签,请查收:第三季度"),
        *("--body", "您好:\n合同见附件。\n.\n", "--attach", file, "--json"),
    )
    assert (sent.returncode, sent.stderr) == (0, "")
    told = json.loads(sent.stdout)
    assert (told["state"], told["code"]) == ("sent", 250)
    [raw] = server.wait_for("you@example.com")
    mail = read(raw)
    assert mail["Subject"] == "合同已签,请查收:第三季度"
    assert mail["Message-ID"] == told["message_id"]
    assert [(a.display_name, a.addr_spec) for a in mail["To"].addresses] == [
        ("小红", "you@example.com")
    ]
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["您好:", "合同见附件。", "."]
    assert attached(mail) == {file.name: digest(file.read_bytes())}
    assert "ESMTPSA" in mail["Received"], "TLS and a login"


def test_one_recipient_refused_the_others_get_the_mail(
    server: Postfix, send: Send, home: Home
) -> None:
    sent = send(
        *("--to", "you@example.com", "--cc", "nobody@example.com", "--bcc", "other@example.com"),
        *("--subject", "to three", "--body", "hello"),
    )
    [one] = server.wait_for("you@example.com")
    [other] = server.wait_for("other@example.com")
    assert read(one)["Bcc"] is None
    assert read(one)["Message-ID"] == read(other)["Message-ID"]
    [item] = outbox(home)
    assert item["state"] == "partial"
    assert sent.returncode == 69
    shown = home.run("outbox", "show", str(item["id"])).stdout
    assert re.search(r"nobody@example.com +refused +550", shown)
    assert "User unknown" in sent.stderr + shown


def test_a_file_of_20_mb_arrives_whole(server: Postfix, send: Send, tmp_path: Path) -> None:
    file = tmp_path / "large.bin"
    file.write_bytes(os.urandom(20_000_000))
    sent = send("--to", "you@example.com", "--subject", "large", "--attach", file)
    assert sent.returncode == 0, sent.stderr
    [raw] = server.wait_for("you@example.com")
    assert attached(read(raw)) == {"large.bin": digest(file.read_bytes())}


def test_a_mail_above_the_servers_limit_fails(
    server: Postfix, send: Send, security: Security, home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "too large.bin"
    file.write_bytes(bytes(24_000_000))
    sent = send("--to", "you@example.com", "--subject", "too large", "--attach", file)
    assert sent.returncode == 69
    [item] = outbox(home)
    assert (item["state"], item["next_attempt_at"]) == ("failed", None)
    assert "Compress, split" in item["advice"]
    if security == "starttls":
        # This port does not tell its limit: the server itself said it.
        assert item["code"] == 552
    assert server.mails("you@example.com") == []


@pytest.mark.usefixtures("send")
def test_a_wrong_password_keeps_the_mail(server: Postfix, home: Home, tmp_path: Path) -> None:
    wrong = credentials(tmp_path / "wrong", "wrong-canary")
    message = ("send", "--to", "you@example.com", "--subject", "kept", "--body", "x")
    sent = home.run(*message, env=wrong)
    assert sent.returncode == 77
    assert "535" in sent.stderr
    assert "wrong-canary" not in sent.stdout + sent.stderr
    [item] = outbox(home)
    assert (item["state"], item["next_attempt_at"], item["code"]) == ("queued", None, 535)
    right = credentials(tmp_path / "credentials")
    assert home.run("outbox", "retry", "--all", env=right).returncode == 0
    assert read(server.wait_for("you@example.com")[0])["Subject"] == "kept"


def test_a_server_of_another_authority_gets_no_login(
    server: Postfix, home: Home, security: Security, tmp_path: Path
) -> None:
    server.empty()
    folder = tmp_path / "other"
    folder.mkdir()
    configure(home, server, security, make_certificates(folder).ca_file)
    logins = server.login_log(), server.log().count("sasl_username")
    message = ("send", "--to", "you@example.com", "--subject", "never", "--body", "x")
    sent = home.run(*message, env=credentials(tmp_path / "credentials"))
    assert sent.returncode == 69
    assert "certificate" in sent.stderr.lower()
    [item] = outbox(home)
    assert (item["state"], item["next_attempt_at"]) == ("queued", None)
    assert server.mails("you@example.com") == []
    assert (server.login_log(), server.log().count("sasl_username")) == logins


def test_plain_text_is_not_taken(server: Postfix, home: Home) -> None:
    home.configure(account(server.port_starttls, security="none", auth="none"))
    sent = home.run("send", "--to", "you@example.com", "--body", "x", "--subject", "plain")
    assert sent.returncode != 0
    [item] = outbox(home)
    assert "STARTTLS" in item["reply"]
    assert CANARY not in server.log()
    assert USER not in sent.stderr
