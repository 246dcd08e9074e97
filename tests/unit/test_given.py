"""A message that another program wrote: its bytes are kept, and the named headers change."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from tests.support.mails import a_stamp
from traymail.core.errors import InputError
from traymail.core.given import finished, read_given, recipients_in, recipients_of, text_of
from traymail.core.message import Address

OWN = Address("me@desk.example", "Me")
DATE = b"Date: Wed, 04 Mar 2026 12:00:00 +0000\r\n"
ID = b"Message-ID: <1@mail.example>\r\n"
OURS = b"From: Me <me@desk.example>\r\n"


def left(data: bytes) -> bytes:
    return finished(read_given(data), OWN, a_stamp())


@pytest.mark.parametrize(
    ("data", "leaves"),
    [
        # What is missing comes last; what is there stays as it was written.
        (b"Subject: x\n\nhi\n", b"Subject: x\r\n" + OURS + DATE + ID + b"\r\nhi\r\n"),
        (
            b"date: soon\nMESSAGE-ID : <a@b>\nFrom:me@desk.example (Myself)\n\n",
            b"date: soon\r\nMESSAGE-ID : <a@b>\r\nFrom:me@desk.example (Myself)\r\n\r\n",
        ),
        (
            b"Date:\nFrom: ME@Desk.Example\n\nx",
            b"From: ME@Desk.Example\r\n" + DATE + ID + b"\r\nx\r\n",
        ),
        # Another sender becomes Reply-To, folded as it was, but where there is one.
        (
            b"From: You\n <you@o.example>\nX: 1\n\n",
            OURS + b"Reply-To: You\r\n <you@o.example>\r\nX: 1\r\n" + DATE + ID + b"\r\n",
        ),
        (
            b"Reply-To: a@b.example\nFrom: you@o.example\n\n",
            b"Reply-To: a@b.example\r\n" + OURS + DATE + ID + b"\r\n",
        ),
        (b"From: root (Cron Daemon)\n\n", OURS + DATE + ID + b"\r\n"),
        (
            b"From: a@b.example\nFrom: me@desk.example\n\n",
            OURS + b"Reply-To: a@b.example\r\n" + DATE + ID + b"\r\n",
        ),
        # Bcc goes with all its lines; nothing else does.
        (
            b"BCC: a@b.example,\n\tc@d.example\nBcc : e@f.example\nResent-Bcc: g@h.example\n"
            b"B: c\n\n",
            b"B: c\r\n" + OURS + DATE + ID + b"\r\n",
        ),
        (
            b"Subject: x\n\nBcc: is text here\n",
            b"Subject: x\r\n" + OURS + DATE + ID + b"\r\nBcc: is text here\r\n",
        ),
        # No header, no empty line; a mailbox's line in front.
        (b"hello\nBcc: x\n", OURS + DATE + ID + b"\r\nhello\r\nBcc: x\r\n"),
        (b"Subject: x\nhello\n", b"Subject: x\r\n" + OURS + DATE + ID + b"\r\nhello\r\n"),
        (b"From you Mon Mar  4\nSubject: x\n\n", b"Subject: x\r\n" + OURS + DATE + ID + b"\r\n"),
        (b"", OURS + DATE + ID + b"\r\n"),
        # Only ends of lines become others; nothing hides behind a lone CR.
        (
            b"A: b\r\n\r\nc\r\nd\n\xff\x00\n",
            b"A: b\r\n" + OURS + DATE + ID + b"\r\nc\r\nd\r\n\xff\x00\r\n",
        ),
        (b"A: b\rBcc: c\n\nd\r.\re\n", b"A: b Bcc: c\r\n" + OURS + DATE + ID + b"\r\nd . e\r\n"),
    ],
)
def test_what_leaves(data: bytes, leaves: bytes) -> None:
    assert left(data) == leaves


@drawn(st.lists(st.binary(max_size=200).map(lambda one: one.translate(None, b"\r\n"))))
def test_a_body_is_kept_whatever_it_is(lines: list[bytes]) -> None:
    body = b"".join(line + b"\n" for line in lines)
    _, _, kept = left(b"Subject: x\n\n" + body).partition(b"\r\n\r\n")
    assert kept == body.replace(b"\n", b"\r\n")
    assert left(left(b"Subject: x\n\n" + body)) == left(b"Subject: x\n\n" + body)


@drawn(st.binary(max_size=300))
def test_anything_can_be_read_and_makes_one_message(data: bytes) -> None:
    leaves = left(data)
    assert leaves.endswith(b"\r\n")
    assert b"\n" not in leaves.replace(b"\r\n", b"")
    assert b"\r" not in leaves.replace(b"\r\n", b"")
    again = read_given(leaves)
    assert sum(one.name == "from" for one in again.fields) == 1
    assert "bcc" not in {one.name for one in again.fields}
    text_of(again)


def test_a_name_cannot_add_a_header() -> None:
    sender = replace(OWN, name="x\r\nBcc: a@b.example\nSubject: y\0")
    head = finished(read_given(b"To: a@b.example\n\n"), sender, a_stamp()).split(b"\r\n")
    assert [line.partition(b":")[0] for line in head[:4]] == [
        b"To",
        b"From",
        b"Date",
        b"Message-ID",
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("a@b.example", ["a@b.example"]),
        ("root", ["me@desk.example"]),
        ("Super User <root>, x@y.example", ["me@desk.example", "x@y.example"]),
        ("root (Cron Daemon), (a, b) a@b.example", ["me@desk.example", "a@b.example"]),
        ('"Na, me; \\"x\\": (y)" <a@b.example>,,', ['Na, me; "x": (y) <a@b.example>']),
        ("undisclosed-recipients:;", []),
        ("Team: a@b.example, C <c@d.example>; e@f.example",
         ["a@b.example", "C <c@d.example>", "e@f.example"]),
        ("=?utf-8?B?5L2g5aW9?= =?utf-8?Q?=E5=90=97_!?= <a@b.example>", ["你好吗 ! <a@b.example>"]),
        ("=?no-such?B?5L2g?= < a@b.example >", ["=?no-such?B?5L2g?= <a@b.example>"]),
        ("王 <wang@例子.中国>", ["王 <wang@xn--fsqu00a.xn--fiqs8s>"]),
    ],
)  # fmt: skip
def test_the_addresses_of_a_header(words: str, found: list[str]) -> None:
    own = Address(OWN.mailbox)
    assert [str(one) for one in recipients_in(words, own)] == found


@pytest.mark.parametrize(
    "words", ["a b", "a@", "@b", "a@b@c", '"open <a@b.example>', "a@b.example (open", "a@b c", "<>"]
)
def test_what_is_no_address_is_told(words: str) -> None:
    with pytest.raises(InputError):
        recipients_in(words, OWN)


def test_recipients_come_from_all_headers_of_a_name() -> None:
    given = read_given(b"To: a@b.example\nCc: c@d.example\nTO: e@f.example,\n g@h.example\n\n")
    assert [one.mailbox for one in recipients_of(given, "to", OWN)] == [
        "a@b.example",
        "e@f.example",
        "g@h.example",
    ]


@pytest.mark.parametrize(
    ("head", "body", "shown"),
    [
        (b"", b"plain \xe4\xbd\xa0\n", "plain 你\n"),
        (b"", "你好世界，磁盘满了".encode("gb18030"), "你好世界，磁盘满了\n"),
        (b"Content-Transfer-Encoding: base64\n", b"5L2g\n", "你"),
        (b"Content-Type: text/html\n", b"<b>x</b>\n", ""),
        (b"Content-Type: text/plain; charset=no-such\n", b"x\x1b[1my\n", "xy\n"),
        (
            b'Content-Type: multipart/mixed; boundary="b"\n',
            b"--b\nContent-Type: text/html\n\n<b>\n--b\n\ntext\n--b--\n",
            "text",
        ),
        # What Python's own parser stumbles over costs the words in the list, never the mail.
        (b"", b"", ""),
        (b"Content-Type: message/rfc822\n", b"Content-Type: message/rfc822\n\n" * 8000, ""),
        (b"Content-Type: text/plain; charset*=x'y'z; charset*0*=a'b'c; charset*9=q\n", b"x\n", ""),
    ],
)
def test_the_text_that_lists_show(head: bytes, body: bytes, shown: str) -> None:
    assert text_of(read_given(b"Subject: x\n" + head + b"\n" + body)).strip() == shown.strip()
