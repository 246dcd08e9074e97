"""SendGrid's HTTP way: posted to a server that holds each mail to the documented schema."""

import base64
import json
import logging
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import in_process
from tests.support.homes import Home
from tests.support.http_service import Act
from tests.support.running import outbox, running
from tests.support.schema import misfits
from tests.support.sendgrid import (
    API_KEY,
    NOT_VERIFIED,
    SCHEMA,
    Sendgrid,
    limited,
    refused,
    sendgrid,
)
from tests.support.sending import Notes, Pocket, broken_off, mail, posting, written, zeros
from tests.support.wait import until
from traymail.accounts import kind_of
from traymail.core.account import Security
from traymail.core.errors import (
    AccountFailure,
    AuthFailure,
    CredentialError,
    DeliveryError,
    PermanentFailure,
    SourceError,
    TransientFailure,
    UnknownOutcome,
)
from traymail.core.message import Address, Attachment, Envelope, Mail
from traymail.core.secret import COMMAND, FILE, Secret, ToldSecrets
from traymail.core.sendgrid import document_of, posted
from traymail.desktop.clock import SystemClock

LARGE = 10_000_000


@pytest.fixture
def service() -> Iterator[Sendgrid]:
    with sendgrid() as one:
        yield one


# --- the document ---------------------------------------------------------------------------------


def test_everything_a_mail_has_is_posted(service: Sendgrid) -> None:
    files = (
        Attachment("报告.pdf", "application/pdf", 5, "", content=b"%PDF-"),
        Attachment("a.bin", "application/octet-stream", 4, "", content=b"\0\1\2\3"),
    )
    sent = written(
        "Li, Na <li.na@example.com>",
        subject="磁盘 full\u202e",
        text="满了 \ud83d\ude00\udfff",
        html="<p>满了</p>",
        cc=(Address("cc@example.com"),),
        bcc=(Address("bcc@example.com"),),
        rule="Errors 错",
        files=files,
    )
    stored = {"报告.pdf": b"%PDF-", "a.bin": b"\0\1\2\3"}
    uses = posting(service.port, opened=lambda one: BytesIO(stored[one.name]))
    receipt = uses.send(sent, Notes())
    uses.close()
    assert (receipt.code, receipt.reply) == (202, "X-Message-Id: id-1")
    assert service.mails == [
        {
            "personalizations": [
                {
                    "to": [{"email": "li.na@example.com", "name": "Li Na"}],
                    "cc": [{"email": "cc@example.com"}],
                    "bcc": [{"email": "bcc@example.com"}],
                }
            ],
            "from": {"email": "me@example.com", "name": "小明"},
            "subject": "磁盘 full",
            "content": [
                {"type": "text/plain", "value": "满了 \U0001f600\ufffd"},
                {"type": "text/html", "value": "<p>满了</p>"},
            ],
            "headers": {
                "Message-ID": "<1@example.com>",
                "X-Mailer": "traymail/0.1.0",
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "All",
                "X-Traymail-Rule": "=?utf-8?B?RXJyb3JzIOmUmQ==?=",
            },
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": {"enable": False},
                "subscription_tracking": {"enable": False},
                "ganalytics": {"enable": False},
            },
            "attachments": [
                {
                    "type": "application/pdf",
                    "filename": "报告.pdf",
                    "disposition": "attachment",
                    "content": "JVBERi0=",
                },
                {
                    "type": "application/octet-stream",
                    "filename": "a.bin",
                    "disposition": "attachment",
                    "content": "AAECAw==",
                },
            ],
        }
    ]


def test_pictures_of_the_html_are_shown_in_it(service: Sendgrid) -> None:
    shown = Attachment("a.png", "image/png", 3, "", content=b"png", cid="1@example.com")
    beside = Attachment("b.png", "image/png", 3, "", content=b"png")
    html = '<img src="cid:1@example.com">'
    sent = written(html=html, files=(shown, beside))
    with closing(posting(service.port, opened=lambda _: BytesIO(b"png"))) as uses:
        uses.send(sent, Notes())
    [posted_] = service.mails
    assert posted_["content"][1] == {"type": "text/html", "value": html}
    told = [(one["disposition"], one.get("content_id")) for one in posted_["attachments"]]
    assert sorted(told, key=str) == [("attachment", None), ("inline", "1@example.com")]


A, B, C = (Address(f"{name}@example.com") for name in "abc")


@pytest.mark.parametrize(
    ("to", "cc", "bcc", "persons"),
    [
        ((A, B), (), (), [{"to": "ab"}]),
        ((A,), (A, B), (B, C), [{"to": "a", "cc": "b", "bcc": "c"}]),
        ((A, Address("A@EXAMPLE.com")), (), (), [{"to": "a"}]),
        ((), (A, B), (C,), [{"to": "ab", "bcc": "c"}]),
        # Hidden from each other: a message to each.
        ((), (), (A, B), [{"to": "a"}, {"to": "b"}]),
    ],
)
def test_everybody_gets_it_once_and_hidden_ones_stay_hidden(
    service: Sendgrid,
    to: tuple[Address, ...],
    cc: tuple[Address, ...],
    bcc: tuple[Address, ...],
    persons: list[dict[str, str]],
) -> None:
    sent = replace(written(), to=to, cc=cc)
    boxes = tuple(dict.fromkeys(one.mailbox for one in (*to, *cc, *bcc)))
    sent = replace(sent, envelope=Envelope("me@example.com", boxes))
    with closing(posting(service.port)) as uses:
        assert uses.send(sent, Notes()).accepted == boxes
    [posted] = service.mails
    assert [
        {key: "".join(one["email"][0] for one in there) for key, there in part.items()}
        for part in posted["personalizations"]
    ] == persons


def test_those_who_have_it_do_not_get_it_again(service: Sendgrid) -> None:
    """As where the account was another kind before."""
    sent = replace(written("a@example.com", "b@example.com"), envelope=Envelope("", (B.mailbox,)))
    sent = replace(sent, envelope=Envelope("me@example.com", (B.mailbox,)))
    with closing(posting(service.port)) as uses:
        uses.send(sent, Notes())
    assert service.mails[0]["personalizations"] == [{"to": [{"email": B.mailbox}]}]


def test_an_empty_text_is_a_line_end(service: Sendgrid) -> None:
    with closing(posting(service.port)) as uses:
        uses.send(written(text=""), Notes())
    assert service.mails[0]["content"] == [{"type": "text/plain", "value": "\n"}]


def test_a_large_file_is_streamed_and_its_progress_told(service: Sendgrid) -> None:
    large = Attachment("zeros.bin", "application/octet-stream", LARGE, "", spool="zeros")
    sent, notes = written(files=(large, large)), Notes()
    with closing(posting(service.port)) as uses:
        uses.send(sent, notes)
    for file in service.mails[0]["attachments"]:
        assert base64.b64decode(file["content"]) == bytes(LARGE)
    done = [one for one, _all in notes.done]
    assert (done, done[-1]) == (sorted(done), sent.size)
    assert len(done) > 100


def test_a_file_is_never_in_memory_as_a_whole() -> None:
    large = Attachment("zeros.bin", "application/octet-stream", LARGE, "", spool="zeros")
    length, blocks = posted(written(files=(large,)), A, zeros)
    tracemalloc.start()
    try:
        assert sum(map(len, blocks)) == length
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1_000_000


@pytest.mark.parametrize("size", [1, 2, 3, 4, 57_000, 57_001, 114_000])
def test_files_of_any_length_fit_their_length(service: Sendgrid, size: int) -> None:
    files = tuple(
        Attachment(f"{n}.bin", "application/octet-stream", size, "", spool="zeros")
        for n in range(2)
    )
    with closing(posting(service.port)) as uses:
        uses.send(written(files=files), Notes())
    contents = [base64.b64decode(one["content"]) for one in service.mails[0]["attachments"]]
    assert contents == [bytes(size)] * 2


@pytest.mark.parametrize("there", [b"", b"shorter", b"longer than it was"])
def test_a_file_that_is_damaged_sends_nothing(service: Sendgrid, there: bytes) -> None:
    file = Attachment("a.bin", "application/octet-stream", 10, "", spool="a")
    with closing(posting(service.port, opened=lambda _: BytesIO(there))) as uses:
        with pytest.raises(SourceError):
            uses.send(written(files=(file,)), Notes())
        uses.send(written(), Notes())
    assert len(service.mails) == 1


def test_a_connection_is_kept(service: Sendgrid) -> None:
    with closing(posting(service.port)) as uses:
        for _ in range(3):
            uses.send(written(), Notes())
    assert (service.connections, service.posts) == (1, 3)


# --- the answers ----------------------------------------------------------------------------------

CREDITS = "Maximum credits exceeded"
ACTS: list[tuple[str, Act, type[DeliveryError]]] = [
    ("sendgrid-401", refused(401, "authorization required"), AuthFailure),
    ("sendgrid-credits", refused(401, CREDITS), TransientFailure),
    ("sendgrid-sender", refused(403, NOT_VERIFIED, "from"), AccountFailure),
    ("sendgrid-403", refused(403, "access forbidden"), AccountFailure),
    ("sendgrid-413", refused(413, "content too large"), PermanentFailure),
    ("sendgrid-413", (413, b"<html>"), PermanentFailure),
    ("sendgrid-429", limited(20), TransientFailure),
    ("sendgrid-429", (429, b""), TransientFailure),
    ("sendgrid-400", refused(400, "Does not contain a valid address.", "from"), PermanentFailure),
    ("sendgrid-5xx", refused(500, "internal server error"), TransientFailure),
    ("sendgrid-5xx", (503, b""), TransientFailure),
    ("sendgrid-http", (301, b""), TransientFailure),
    ("sendgrid-http", (404, b"<html>"), TransientFailure),
    ("sendgrid-http", refused(415, "wrong"), TransientFailure),
    ("http-unanswered", (502, b""), UnknownOutcome),
    ("http-unanswered", (504, b""), UnknownOutcome),
    ("http-unanswered", (200, b""), UnknownOutcome),
    ("http-unanswered", "close", UnknownOutcome),
]


@pytest.mark.parametrize(("row", "act", "kind"), ACTS)
def test_what_an_answer_means(
    service: Sendgrid, row: str, act: Act, kind: type[DeliveryError]
) -> None:
    service.acts.append(act)
    with closing(posting(service.port)) as uses:
        with pytest.raises(DeliveryError) as caught:
            uses.send(written(), Notes())
        assert (type(caught.value), caught.value.advice_id) == (kind, row)
        # No redirect is followed, nothing is sent again by itself; the next one goes through.
        assert service.posts == 1
        assert uses.send(written(), Notes()).code == 202


def test_the_list_of_errors_is_shown(service: Sendgrid) -> None:
    errors = [
        {"message": "one", "field": "personalizations.0.to", "help": "http://x"},
        {"message": "two", "field": None},
        {"message": "three", "field": "null"},
        "odd",
        {"message": 4},
    ]
    service.acts.append((400, json.dumps({"errors": errors}).encode()))
    with closing(posting(service.port)) as uses, pytest.raises(PermanentFailure) as caught:
        uses.send(written(), Notes())
    assert caught.value.reply.text == "personalizations.0.to: one; two; three"


@pytest.mark.parametrize("clock_ahead", [-7200, 0, 7200])
def test_too_fast_rests_until_its_own_clock_says_so(service: Sendgrid, clock_ahead: int) -> None:
    service.acts.append(limited(20, clock_ahead=clock_ahead))
    with closing(posting(service.port)) as uses, pytest.raises(TransientFailure) as caught:
        uses.send(written(), Notes())
    assert caught.value.hold == timedelta(seconds=20)


@pytest.mark.parametrize(
    ("reset", "hold"),
    [("99999999999", 3600), ("1", 1), ("soon", 60), ("9" * 30, 60), ("\u00b2", 60), ("-5", 60)],
)
def test_an_odd_rate_header_rests_for_no_odd_time(service: Sendgrid, reset: str, hold: int) -> None:
    status, content, told = limited(20)
    service.acts.append((status, content, {**told, "X-RateLimit-Reset": reset}))
    with closing(posting(service.port)) as uses, pytest.raises(TransientFailure) as caught:
        uses.send(written(), Notes())
    assert caught.value.hold == timedelta(seconds=hold)


def test_the_last_mail_that_is_allowed_rests_the_account(service: Sendgrid) -> None:
    with closing(posting(service.port)) as uses:
        assert uses.send(written(), Notes()).hold == timedelta(0)
        service.remaining = 0
        hold = uses.send(written(), Notes()).hold
    assert timedelta(seconds=28) <= hold <= timedelta(seconds=31)


def test_a_refusal_while_the_file_leaves_is_heard(service: Sendgrid) -> None:
    large = Attachment("zeros.bin", "application/octet-stream", 24_000_000, "", spool="zeros")
    notes = Notes()
    with closing(posting(service.port)) as uses:
        with pytest.raises(PermanentFailure) as caught:
            uses.send(written(files=(large,)), notes)
        assert (caught.value.advice_id, caught.value.reply.code) == ("sendgrid-413", 413)
        # It was never under way, and the rest of it was not sent in vain.
        assert (notes.finals, len(notes.done) < 400) == (0, True)
        uses.send(written(), Notes())
    assert (len(service.mails), service.connections) == (1, 2)


@pytest.mark.parametrize("echo", [API_KEY, API_KEY[30:], f"Bearer {API_KEY}"])
def test_no_answer_shows_the_key(
    service: Sendgrid, echo: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service.acts.append(refused(401, f"bad key {echo}"))
    with closing(posting(service.port)) as uses, pytest.raises(DeliveryError) as caught:
        uses.send(written(), Notes())
    assert API_KEY[30:] not in f"{caught.value} {caught.value.reply} {caplog.text}"


def test_a_number_of_a_mail_that_is_none_is_harmless(service: Sendgrid) -> None:
    service.acts.append((202, b"", {"X-Message-Id": "\u00e9" * 3000 + API_KEY}))
    with closing(posting(service.port)) as uses:
        reply = uses.send(written(), Notes()).reply
    assert len(reply) < 600
    assert API_KEY not in reply


@pytest.mark.parametrize("place", ["", FILE, COMMAND])
def test_a_refused_key_is_mended_where_it_is(service: Sendgrid, place: str) -> None:
    service.acts.append(refused(401, "no"))
    with (
        closing(posting(service.port, Pocket(API_KEY, place))) as uses,
        pytest.raises(AuthFailure) as caught,
    ):
        uses.send(written(), Notes())
    assert caught.value.advice_id == f"sendgrid-401{place and f'@{place}'}"


@pytest.mark.parametrize("secret", ["", "two words", "line\r\nX-Evil: 1", "ключ", "x" * 300])
def test_what_is_no_key_is_told_and_nothing_is_sent(service: Sendgrid, secret: str) -> None:
    with pytest.raises(CredentialError):
        posting(service.port, Pocket(secret)).send(written(), Notes())
    assert service.connections == 0


EMPTY = Attachment("none.txt", "text/plain", 0, "", content=b"")


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("sendgrid-given", mail()),
        ("sendgrid-subject", written(subject=" ")),
        ("sendgrid-recipients", written(*(f"{n}@example.com" for n in range(1001)))),
        ("sendgrid-empty-file", written(files=(EMPTY,))),
    ],
)
def test_what_it_does_not_take_is_refused_and_never_dropped(
    service: Sendgrid, row: str, wrong: Mail
) -> None:
    with pytest.raises(PermanentFailure) as caught:
        posting(service.port).send(wrong, Notes())
    assert (caught.value.advice_id, service.connections) == (row, 0)


@pytest.mark.parametrize("trusted", [True, False])
def test_the_certificate_is_checked(certificates: Certificates, trusted: bool) -> None:
    ca_file = str(certificates.ca_file) if trusted else ""
    with (
        sendgrid(certificates.good.server_context()) as service,
        closing(posting(service.port, security=Security.TLS, ca_file=ca_file)) as uses,
    ):
        if trusted:
            large = Attachment("z.bin", "application/octet-stream", LARGE, "", spool="zeros")
            uses.send(written(files=(large,)), Notes())
        else:
            with pytest.raises(AccountFailure):
                uses.send(written(), Notes())
        assert service.posts == int(trusted)


@pytest.mark.skipif(
    sys.platform == "win32", reason="nobody who waits is woken there: passes, in a minute"
)
def test_one_that_is_broken_off_while_it_waits_is_unknown(service: Sendgrid) -> None:
    uses = posting(service.port)
    assert broken_off(uses, written(), service) == [UnknownOutcome]


def test_the_schema_is_checked_as_the_library_does() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    judge = jsonschema.Draft202012Validator(SCHEMA)
    good = document_of(written(), A)
    person = {"email": "a@example.com", "name": "a; b"}
    changes: tuple[dict[str, object], ...] = (
        {},
        {"subject": ""},
        {"extra": 1},
        {"content": []},
        {"content": [{"type": "text/plain", "value": ""}]},
        {"personalizations": [{"to": [person]}]},
        {"personalizations": [{"cc": [A.mailbox]}]},
        {"headers": {"X": "ü"}},
        {"tracking_settings": {"open_tracking": {"enable": "no"}}},
        {"attachments": [{"content": "x", "filename": "a", "disposition": "elsewhere"}]},
    )
    for change in changes:
        document = good | change
        mine, theirs = [*misfits(document, SCHEMA)], [*judge.iter_errors(document)]
        assert (bool(mine), bool(theirs)) == (bool(change), bool(change)), change


# --- the commands ---------------------------------------------------------------------------------


def bulk(service: Sendgrid, more: str = "") -> str:
    return f"""\
version = 1

[accounts.bulk]
kind = "sendgrid"
address = "me@example.com"
api_url = "http://127.0.0.1:{service.port}"
{more}
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)
    (folder / "traymail.bulk").write_text(API_KEY + "\n")
    return {"CREDENTIALS_DIRECTORY": str(folder)}


@pytest.fixture
def home(tmp_path: Path, service: Sendgrid) -> Home:
    one = Home(tmp_path / "home")
    one.configure(bulk(service))
    return one


SEND = ("send", "--to", "you@example.com", "--subject", "x")


def test_send_through_the_outbox(
    home: Home, env: dict[str, str], service: Sendgrid, tmp_path: Path
) -> None:
    file = tmp_path / "page.txt"
    file.write_bytes(b"whole")
    more = ("--cc", "c@example.com", "--bcc", "b@example.com", "--attach", str(file))
    done = in_process(home, *SEND, *more, "--json", env=env)
    assert done.returncode == 0, done.stderr
    sent = json.loads(done.stdout)
    assert (sent["state"], sent["code"], sent["reply"]) == ("sent", 202, "X-Message-Id: id-1")
    [posted] = service.mails
    assert posted["headers"]["Message-ID"] == sent["message_id"]
    [person] = posted["personalizations"]
    assert {key: one[0]["email"] for key, one in person.items()} == {
        "to": "you@example.com",
        "cc": "c@example.com",
        "bcc": "b@example.com",
    }
    assert base64.b64decode(posted["attachments"][0]["content"]) == b"whole"
    shown = in_process(home, "outbox", "show", "1", env=env)
    assert "X-Message-Id: id-1" in shown.stdout
    [listed] = json.loads(in_process(home, "account", "list", "--json", env=env).stdout)
    assert (listed["kind"], listed["host"], listed["state"]) == ("sendgrid", "127.0.0.1", "ready")


def test_pictures_go_along_and_nothing_is_tracked(
    home: Home, env: dict[str, str], service: Sendgrid, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    (tmp_path / "page.html").write_text('<p>See <img src="a.png"></p>', "utf-8")
    done = in_process(home, *SEND, "--html", str(tmp_path / "page.html"), env=env)
    assert done.returncode == 0, done.stderr
    [posted] = service.mails
    [picture] = posted["attachments"]
    assert (picture["disposition"], picture["type"]) == ("inline", "image/png")
    [page] = [one["value"] for one in posted["content"] if one["type"] == "text/html"]
    assert f'src="cid:{picture["content_id"]}"' in page
    switches = posted["tracking_settings"].values()
    assert {one["enable"] for one in switches} == {False}


def test_too_fast_waits_as_long_as_the_rate_headers_say(
    home: Home, env: dict[str, str], service: Sendgrid
) -> None:
    service.acts.append(limited(300))
    assert in_process(home, *SEND, env=env).returncode == 75
    shown = in_process(home, "outbox", "show", "1", env=env).stdout
    assert "Its server asked for a pause until" in shown
    [entry] = outbox(home)
    waits = datetime.fromisoformat(entry["next_attempt_at"]) - datetime.fromisoformat(
        entry["updated_at"]
    )
    assert timedelta(seconds=290) <= waits <= timedelta(seconds=301)


@pytest.mark.parametrize(
    ("act", "status", "state", "told"),
    [
        (refused(401, "authorization required"), 77, "queued", "LoadCredential="),
        (refused(403, NOT_VERIFIED), 69, "queued", "Sender Authentication"),
        (refused(413, "content too large"), 69, "failed", "less than 30 MB"),
        (refused(400, "bad words", "subject"), 69, "failed", "subject: bad words"),
        (limited(20), 75, "queued", "retried"),
        ("close", 75, "unknown", "resolve"),
    ],
)
def test_the_exit_status_of_an_answer(  # noqa: PLR0917 # a table
    home: Home,
    env: dict[str, str],
    service: Sendgrid,
    act: Act,
    status: int,
    state: str,
    told: str,
) -> None:
    service.acts.append(act)
    done = in_process(home, *SEND, env=env)
    assert (done.returncode, told in done.stderr) == (status, True), done.stderr
    [entry] = outbox(home)
    assert entry["state"] == state
    [listed] = json.loads(in_process(home, "account", "list", "--json", env=env).stdout)
    needs_user = state == "queued" and status != 75
    assert (listed["state"] == "attention", entry["next_attempt_at"] is None) == (
        needs_user,
        needs_user or state != "queued",
    )


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--subject", " "), "SendGrid takes no mail without a subject."),
        pytest.param(
            *(("--attach", "/dev/null"), "Only regular files"),
            marks=pytest.mark.skipif(sys.platform == "win32", reason="a device of Unix"),
        ),
        (("--to", ",".join(f"{n}@example.com" for n in range(1000))), "at most 1000 recipients"),
    ],
)
def test_what_it_takes_not_is_bad_input(
    home: Home, env: dict[str, str], service: Sendgrid, more: tuple[str, ...], told: str
) -> None:
    done = in_process(home, *SEND, *more, env=env)
    assert (done.returncode in {65, 66}, told in done.stderr) == (True, True), done.stderr
    assert (outbox(home), service.posts) == ([], 0)


def test_an_empty_file_is_bad_input_and_leaves_nothing_behind(
    home: Home, env: dict[str, str], service: Sendgrid, tmp_path: Path
) -> None:
    large, empty = tmp_path / "large.bin", tmp_path / "none.txt"
    large.write_bytes(bytes(300_000))
    empty.touch()
    done = in_process(home, *SEND, "--attach", str(large), "--attach", str(empty), env=env)
    assert done.returncode == 65
    assert "none.txt is empty, and SendGrid takes no empty files." in done.stderr
    assert (outbox(home), [*home.path.glob("state/spool/*")], service.posts) == ([], [], 0)
    (tmp_path / "t.csv").write_text("to\na@example.com\nb@example.com\n")
    table = ("send", "--csv", str(tmp_path / "t.csv"), "--to", "{csv.to}", "--subject", "x")
    assert in_process(home, *table, "--attach", str(empty), env=env).returncode == 65
    assert outbox(home) == []


def test_no_whole_message_of_another_program(
    home: Home, env: dict[str, str], service: Sendgrid
) -> None:
    done = in_process(home, "sendmail", "root", given="Subject: cron\n\nout\n", env=env)
    assert (done.returncode, service.posts) == (65, 0)
    assert "no whole message of another program" in done.stderr
    assert "name its address with -f" in done.stderr


def test_a_folder_rule_mails_files_and_names_the_empty_one(
    home: Home, env: dict[str, str], service: Sendgrid, tmp_path: Path
) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    rule = f"""
[[rules]]
name = "Drops"
kind = "folder"
to = ["you@example.com"]
folder = {json.dumps(str(drop))}
settle_seconds = 0
min_bytes = 0
batch_seconds = 1
existing = "send"
"""
    (drop / "none.txt").touch()
    (drop / "scan.pdf").write_bytes(b"%PDF")
    home.configure(bulk(service, rule))
    with running(home, env):
        until(lambda: len(service.mails) == 1, what="the mail")
    [posted] = service.mails
    assert [one["filename"] for one in posted["attachments"]] == ["scan.pdf"]
    assert posted["headers"]["X-Traymail-Rule"] == "Drops"


def test_doctor_asks_what_the_key_may_do(
    home: Home, env: dict[str, str], service: Sendgrid, tmp_path: Path
) -> None:
    done = in_process(home, "doctor", "bulk", "--json", env=env)
    assert done.returncode == 0, done.stdout
    steps = {one["step"]: one for one in json.loads(done.stdout)["steps"]}
    assert list(steps) == ["dns", "tcp", "tls", "auth", "clock"]
    assert (steps["auth"]["ok"], steps["auth"]["detail"]) == (True, "200 mail.send")
    service.scopes = ["templates.read"]
    done = in_process(home, "doctor", "bulk", env=env)
    assert (done.returncode, "Mail Send" in done.stdout) == (69, True)
    (tmp_path / "credentials" / "traymail.bulk").write_text("SG.other\n")
    done = in_process(home, "doctor", "bulk", env=env)
    assert (done.returncode, "The login was refused" in done.stdout) == (77, True)
    assert (service.posts, service.asked) == (0, 2)


@pytest.mark.parametrize(
    ("act", "kind", "row"),
    [
        (refused(401, "no"), AuthFailure, "sendgrid-401"),
        ((200, b"<html>"), TransientFailure, "sendgrid-http"),
        ((200, b'{"scopes": 1}'), TransientFailure, "sendgrid-http"),
        ((503, b""), TransientFailure, "sendgrid-5xx"),
        ("close", TransientFailure, "http-lost"),
    ],
)
def test_what_doctor_makes_of_an_answer(
    service: Sendgrid, act: Act, kind: type[DeliveryError], row: str
) -> None:
    service.acts.append(act)
    account = posting(service.port).account
    given = (account, Secret(API_KEY), SystemClock(), ToldSecrets())
    steps = list(kind_of(account).connection_test(*given, login_worked=False))
    [failure] = [each.failure for each in steps if each.step == "auth"]
    assert isinstance(failure, DeliveryError)
    assert (type(failure), failure.advice_id) == (kind, row)


def test_a_key_that_may_send_and_not_ask_is_good(
    home: Home, env: dict[str, str], service: Sendgrid
) -> None:
    service.acts.append(refused(403, "access forbidden"))
    assert in_process(home, "doctor", "bulk", env=env).returncode == 0


def test_a_test_lets_a_stopped_account_go_on(
    home: Home, env: dict[str, str], service: Sendgrid
) -> None:
    service.acts.append(refused(403, NOT_VERIFIED))
    assert in_process(home, *SEND, env=env).returncode == 69
    assert in_process(home, *SEND, env=env).returncode == 69  # it waits, too
    assert service.posts == 1
    assert in_process(home, "account", "test", "bulk", env=env).returncode == 0
    assert in_process(home, "outbox", "retry", "--all", env=env).returncode == 0
    assert len(service.mails) == 2


@pytest.mark.usefixtures("keyring_env")
def test_adding_one(home: Home) -> None:
    home.configure("version = 1\n")
    added = ("account", "add", "me@example.com", "--kind", "sendgrid", "--no-test")
    refused_ = in_process(home, *added, given="two words\n")
    assert refused_.returncode == 65
    assert "no API key of SendGrid" in refused_.stderr
    eu = ("--name", "eu", "--api-url", "https://api.eu.sendgrid.com")
    for more in ((), eu):
        done = home.run(*added, *more, given=f" {API_KEY}\n")
        assert done.returncode == 0, done.stderr
    rows = json.loads(home.run("account", "list", "--json").stdout)
    assert [(one["name"], one["host"], one["port"]) for one in rows] == [
        ("sendgrid", "api.sendgrid.com", 443),
        ("eu", "api.eu.sendgrid.com", 443),
    ]
    assert API_KEY not in home.config.read_text("utf-8")


def test_after_kill_9_a_mail_that_may_be_there_is_not_sent_again(
    home: Home, env: dict[str, str], service: Sendgrid
) -> None:
    service.acts.append("hold")
    with running(home, env) as program:
        assert home.run(*SEND, "--queue", env=env).returncode == 0
        until(lambda: service.posts == 1, what="the post")
        program.kill()
    with running(home, env):
        until(lambda: [one["state"] for one in outbox(home)] == ["unknown"], what="unknown")
    assert service.posts == 1
