"""What a mail's bytes say, read back by the standard library's parsers."""

from __future__ import annotations

import email.policy
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import getaddresses
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traymail.core.address import clean
from traymail.core.message import (
    Address,
    Attachment,
    Draft,
    Envelope,
    Mail,
    Stamp,
    base64_text,
    contents_of,
    encoded_size,
)
from traymail.core.mime import compose, guess_type, message_id

STAMP = Stamp(
    message_id("token", "qq.com"),
    datetime(2024, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=8))),
    "=-b0undary",
)
ALWAYS = {"Date", "From", "To", "Message-ID", "Subject", "X-Mailer", "MIME-Version", "Content-Type"}
FROM_RULES = {"Auto-Submitted", "X-Auto-Response-Suppress", "X-Traymail-Rule"}
HOSTILE = [
    "x =?UTF-8?Q?=0A?=Bcc: a@b",
    "界 =?UTF-8?Q?=0A?=Bcc: a@b",
    "=?utf-8?b?DQpCY2M6IGFAYg==?=",
    "x\r\nBcc: a@b",
    "x\nBcc: a@b",
    "x\rBcc: a@b",
    "x\r\n\r\nbody",
    "界\n",
    "trailing\n",
    "\r\n",
    "x\x00y",
    "x\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029y",
    "\u202egpj.exe",
    "a\u200fb\u2066c",
    "half\ud800",
    'quo"te\\',
    '"; filename="evil.exe',
    "a@b>, <c@d",
    "a, b <c@d>;",
    " " * 100,
    "x" + " " * 1000 + "y",
    "x" * 2000,
    "word " * 500,
    "界" * 500,
    "👨‍👩‍👧" * 100,
    "ß" * 41 + "界" * 41,
    "",
]

ANY_SIGN = st.one_of(st.characters(), st.sampled_from('\r\n =?\\";<>@:,_\t\x00\u202e'))


def a_draft(**fields: object) -> Draft:
    known = {
        "account": "qq",
        "sender": Address("me@qq.com", "小明"),
        "to": (Address("you@example.com", "You"),),
        "subject": "Hello",
        "text": "Hello\n",
    }
    return Draft(**(known | fields))  # type: ignore[arg-type] # fields of a table


def an_attachment(name: str, content: bytes, mime_type: str = "application/pdf") -> Attachment:
    return Attachment(
        name, mime_type, len(content), hashlib.sha256(content).hexdigest(), content=content
    )


def opened(attachment: Attachment) -> BinaryIO:
    return io.BytesIO(attachment.content or b"")


def bytes_of(draft: Draft, *attachments: Attachment) -> bytes:
    composed = compose(draft, attachments, STAMP, version="1.2")
    mail = Mail(
        message_id=STAMP.message_id,
        envelope=Envelope("me@qq.com", ("you@example.com",)),
        subject=draft.subject,
        text=draft.text,
        html=draft.html,
        skeleton=composed.skeleton,
        placed=composed.placed,
    )
    chunks = list(mail.chunks(opened))
    assert mail.size == sum(map(len, chunks))
    data = b"".join(chunks)
    assert data.isascii()
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data)
    assert data.endswith(b"\r\n")
    return data


def modern(data: bytes) -> EmailMessage:
    read = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def classic(data: bytes) -> Message:
    return email.message_from_bytes(data, policy=email.policy.compat32)


def decoded(value: object) -> str:
    return str(make_header(decode_header(re.sub(r"\r\n(?=[ \t])", "", str(value)))))


def lines_of(content: str) -> str:
    return content.replace("\r\n", "\n")


def leaves(read: Message) -> Iterator[Message]:
    return (part for part in read.walk() if not part.is_multipart())


def test_a_plain_mail_to_the_letter() -> None:
    draft = a_draft(sender=Address("me@qq.com", "Me"), rule="Scans", text="One\nTwo")
    assert bytes_of(draft).decode() == (
        "Date: Sat, 03 Feb 2024 04:05:06 +0800\r\n"
        "From: Me <me@qq.com>\r\n"
        "To: You <you@example.com>\r\n"
        "Message-ID: <token@qq.com>\r\n"
        "Subject: Hello\r\n"
        "X-Mailer: traymail/1.2\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "X-Auto-Response-Suppress: All\r\n"
        "X-Traymail-Rule: Scans\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "\r\n"
        "One\r\nTwo\r\n"
    )


def test_the_display_name_is_encoded_and_the_address_is_not() -> None:
    data = bytes_of(a_draft())
    assert b"From: =?utf-8?B?5bCP5piO?= <me@qq.com>\r\n" in data
    assert modern(data)["From"].addresses[0].display_name == "小明"


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_adds_a_header(value: str) -> None:
    draft = a_draft(
        sender=Address("me@qq.com", value),
        to=(Address("you@example.com", value), Address("b@c", value)),
        cc=(Address("d@e", value),),
        subject=value,
        rule=value,
    )
    data = bytes_of(draft, an_attachment(value, b"content"))
    expected = clean(value).strip(" ")
    for read in (modern(data), classic(data)):
        assert set(read.keys()) == ALWAYS | FROM_RULES | {"Cc"}
        assert len(read.keys()) == len(set(read.keys()))
        part = list(leaves(read))[1]
        assert set(part.keys()) == {
            "Content-Type",
            "Content-Disposition",
            "Content-Transfer-Encoding",
        }
        assert part.get_payload(decode=True) == b"content"
    read = modern(data)
    assert decoded(classic(data)["Subject"]) == expected
    assert decoded(classic(data)["X-Traymail-Rule"]) == expected
    assert [one.addr_spec for one in read["To"].addresses] == ["you@example.com", "b@c"]
    assert [one.addr_spec for one in read["From"].addresses] == ["me@qq.com"]
    # The modern parser of some versions puts spaces between the words of a long display name.
    unfolded = str(classic(data)["To"]).replace("\r\n", "")
    assert {decoded(name) for name, _ in getaddresses([unfolded])} == {expected}
    name = list(leaves(read))[1].get_filename()
    assert name
    assert name == expected or not expected or expected.startswith(name)


@settings(max_examples=150, deadline=None)
@given(
    st.text(
        st.one_of(st.characters(), st.sampled_from('\r\n =?\\";<>@:,_\t\x00\u202e')), max_size=120
    )
)
def test_any_value_comes_back_clean(value: str) -> None:
    draft = a_draft(sender=Address("me@qq.com", value), subject=value, rule=value, text=value)
    data = bytes_of(draft, an_attachment(value, b"\x00"))
    expected = clean(value).strip(" ")
    read = classic(data)
    assert set(read.keys()) == ALWAYS | FROM_RULES
    assert decoded(read["Subject"]) == expected
    assert decoded(read["X-Traymail-Rule"]) == expected
    assert [one.addr_spec for one in modern(data)["From"].addresses] == ["me@qq.com"]
    body, attached = leaves(read)
    assert attached.get_payload(decode=True) == b"\x00"
    content = body.get_payload(decode=True)
    assert isinstance(content, bytes)
    text = lines_of(content.decode())
    wanted = value.replace("\r\n", "\n").replace("\r", "\n")
    wanted = wanted.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert text == wanted + ("" if not wanted or wanted.endswith("\n") else "\n")


@pytest.mark.parametrize(
    "subject",
    [
        "Hello",
        "扫描件 合同.pdf",
        "Ünïcödé " * 30 + "end",
        "界" * 300,
        "two  spaces   stay",
        "word " * 60 + "end",
        "long  gaps   " * 20 + "end",
        "x" * 90,
        "x" * 990,
        "x " + "y" * 2000,
        "=?utf-8?Q?not_this?=",
        "e\u0301" * 80,
    ],
)
def test_subjects_come_back(subject: str) -> None:
    data = bytes_of(a_draft(subject=subject))
    assert decoded(classic(data)["Subject"]) == subject
    assert modern(data)["Subject"] == subject


@pytest.mark.parametrize(
    "subject", ["word " * 60 + "end", "界" * 300, "Ünïcödé " * 30, "👨‍👩‍👧" * 40]
)
def test_what_can_be_folded_is(subject: str) -> None:
    draft = a_draft(
        subject=subject,
        sender=Address("me@qq.com", subject),
        to=tuple(Address(f"number{n}@example.com", "A name, quoted") for n in range(50)),
    )
    head = bytes_of(draft).partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    "name",
    [
        "plain.pdf",
        "with space.pdf",
        'quo"te.pdf',
        "back\\slash.pdf",
        "semi;colon=x.pdf",
        "100%.pdf",
        "it's.pdf",
        "合同 (最终版).pdf",
        "naïve.pdf",
        "😀.png",
        "界" * 85 + ".pdf",
        "=?utf-8?Q?a?=.pdf",
        "no suffix",
        ".hidden",
    ],
)
@pytest.mark.parametrize("content", [b"", b"x", b"0123456789" * 1000, bytes(range(256)) * 500])
def test_files_come_back(name: str, content: bytes) -> None:
    data = bytes_of(a_draft(html="<b>Hello</b>"), an_attachment(name, content))
    for read in (modern(data), classic(data)):
        plain, html, attached = leaves(read)
        assert plain.get_payload(decode=True) == b"Hello\r\n"
        assert html.get_payload(decode=True) == b"<b>Hello</b>\r\n"
        assert attached.get_payload(decode=True) == content
        assert attached.get_filename() == name
        assert attached.get_content_type() == "application/pdf"
        assert attached.get_content_disposition() == "attachment"
        assert read.get_content_type() == "multipart/mixed"
    assert decoded(list(leaves(classic(data)))[2].get_param("name")) == name


def test_a_file_name_stands_in_one_unsplit_parameter() -> None:
    data = bytes_of(a_draft(), an_attachment("合同.pdf", b"x"))
    assert b"\r\n filename*=UTF-8''%E5%90%88%E5%90%8C.pdf\r\n" in data
    assert b'\r\n name="=?utf-8?B?5ZCI5ZCMLnBkZg==?="\r\n' in data


def test_a_name_too_long_for_a_line_keeps_its_suffix() -> None:
    (part,) = list(leaves(modern(bytes_of(a_draft(), an_attachment("界" * 255 + ".pdf", b"x")))))[
        1:
    ]
    assert part.get_filename() == "界" * 106 + ".pdf"


def test_pictures_go_with_the_html_to_the_letter() -> None:
    draft = a_draft(text="One", html='<img src="cid:1@qq.com">')
    picture = replace(an_attachment("图.png", b"PNG", "image/png"), cid="1@qq.com")
    data = bytes_of(draft, picture, an_attachment("a.pdf", b"PDF"))
    assert data.partition(b"MIME-Version: 1.0\r\n")[2].decode() == (
        'Content-Type: multipart/mixed;\r\n boundary="=-b0undary-mixed"\r\n'
        "\r\n--=-b0undary-mixed\r\n"
        'Content-Type: multipart/alternative;\r\n boundary="=-b0undary-alternative"\r\n'
        "\r\n--=-b0undary-alternative\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 7bit\r\n\r\nOne\r\n"
        "\r\n--=-b0undary-alternative\r\n"
        'Content-Type: multipart/related;\r\n type="text/html";\r\n'
        ' boundary="=-b0undary-related"\r\n'
        "\r\n--=-b0undary-related\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        'Content-Transfer-Encoding: 7bit\r\n\r\n<img src="cid:1@qq.com">\r\n'
        "\r\n--=-b0undary-related\r\n"
        'Content-Type: image/png;\r\n name="=?utf-8?B?5Zu+LnBuZw==?="\r\n'
        "Content-Disposition: inline;\r\n filename*=UTF-8''%E5%9B%BE.png\r\n"
        "Content-ID: <1@qq.com>\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\nUE5H\r\n"
        "\r\n--=-b0undary-related--\r\n"
        "\r\n--=-b0undary-alternative--\r\n"
        "\r\n--=-b0undary-mixed\r\n"
        'Content-Type: application/pdf;\r\n name="a.pdf"\r\n'
        'Content-Disposition: attachment;\r\n filename="a.pdf"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\nUERG\r\n"
        "\r\n--=-b0undary-mixed--\r\n"
    )


@pytest.mark.parametrize("files", [0, 2])
@pytest.mark.parametrize("pictures", [0, 1, 3])
def test_every_parser_finds_pictures_with_the_html_and_files_apart(
    pictures: int, files: int
) -> None:
    shown = [
        replace(an_attachment(f"p{at}.png", b"P" * at * 60, "image/png"), cid=f"{at}@qq.com")
        for at in range(pictures)
    ]
    others = [an_attachment(f"f{at}.pdf", b"F" * at) for at in range(files)]
    data = bytes_of(a_draft(html="<b>x</b>"), *shown, *others)
    read = modern(data)
    body = read.get_body(("related", "html"))
    assert body is not None
    assert body.get_content_type() == ("multipart/related" if pictures else "text/html")
    assert [part.get_filename() for part in read.iter_attachments()] == [o.name for o in others]
    plain = read.get_body(("plain",))
    assert plain is not None
    for parser in (modern, classic):
        found = [part for part in parser(data).walk() if part["Content-ID"]]
        assert [part["Content-ID"] for part in found] == [f"<{one.cid}>" for one in shown]
        assert [part.get_payload(decode=True) for part in found] == [one.content for one in shown]
        assert {part.get_content_disposition() for part in found} <= {"inline"}


def test_a_picture_of_a_mail_without_html_is_a_file() -> None:
    picture = replace(an_attachment("a.png", b"PNG", "image/png"), cid="1@qq.com")
    read = modern(bytes_of(a_draft(), picture))
    assert [part.get_filename() for part in read.iter_attachments()] == ["a.png"]


def test_several_files_keep_their_order() -> None:
    files = [an_attachment(f"{n}.bin", bytes([n]) * n) for n in range(5)]
    read = classic(bytes_of(a_draft(), *files))
    assert [part.get_filename() for part in leaves(read)][1:] == [file.name for file in files]
    assert [part.get_payload(decode=True) for part in leaves(read)][1:] == [
        file.content for file in files
    ]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("", "7bit"),
        ("Hello", "7bit"),
        (".\n..\n. x", "7bit"),
        ("x" * 998, "7bit"),
        ("x" * 999, "quoted-printable"),
        ("tab\there", "7bit"),
        ("nul\x00here", "quoted-printable"),
        ("trailing space é \t\n=é=\n.\n\n", "quoted-printable"),
        ("Grüße aus München, and many more words", "quoted-printable"),
        ("您好，这是一封测试邮件。\n" * 50, "base64"),
        ("old\r\nnew\nmac\rend", "7bit"),
        ("a =-b0undary-mixed here", "base64"),
        ("é" + "x" * 3000, "quoted-printable"),
    ],
)
@pytest.mark.parametrize("attached", [False, True])
def test_bodies_come_back(text: str, encoding: str, attached: bool) -> None:
    files = [an_attachment("a.pdf", b"x")] if attached else []
    body = next(leaves(classic(bytes_of(a_draft(text=text), *files))))
    assert body["Content-Transfer-Encoding"] == encoding
    content = body.get_payload(decode=True)
    assert isinstance(content, bytes)
    wanted = text.replace("\r\n", "\n").replace("\r", "\n")
    assert lines_of(content.decode()) == wanted + ("" if wanted[-1:] in {"", "\n"} else "\n")


@pytest.mark.parametrize(
    ("fields", "header", "value"),
    [
        ({"to": (), "bcc": (Address("secret@example.com"),)}, "To", "undisclosed-recipients:;"),
        ({"to": (), "cc": (Address("c@d"),), "bcc": (Address("secret@example.com"),)}, "To", None),
        ({"to": (), "cc": (Address("c@d"),)}, "Cc", "c@d"),
        ({"bcc": (Address("secret@example.com"),)}, "Bcc", None),
        ({}, "Cc", None),
        ({}, "X-Traymail-Rule", None),
        ({}, "Auto-Submitted", None),
        ({"rule": "R"}, "Auto-Submitted", "auto-generated"),
        ({"sender": Address("me@qq.com", "A, b")}, "From", '"A, b" <me@qq.com>'),
        ({"sender": Address("me@qq.com")}, "From", "me@qq.com"),
    ],
)
def test_headers_of_the_recipients(fields: dict[str, object], header: str, value: str) -> None:
    data = bytes_of(a_draft(**fields))
    assert classic(data)[header] == value
    assert b"secret" not in data


def test_only_a_mailbox_beyond_ascii_stands_raw() -> None:
    draft = a_draft(to=(Address("用户@xn--fsqu00a.xn--0zwm56d", "用户"),), subject="您好")
    head = compose(draft, (), STAMP, version="1").skeleton
    assert "\r\nTo: =?utf-8?B?55So5oi3?= <用户@xn--fsqu00a.xn--0zwm56d>\r\n".encode() in head
    assert head.count("用户".encode()) == 1


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        (UTC, "+0000"),
        (timezone(timedelta(hours=-3, minutes=-30)), "-0330"),
        (timezone(timedelta(hours=8, minutes=5, seconds=43)), "+0805"),
    ],
)
def test_the_date_tells_its_zone(zone: timezone, written: str) -> None:
    stamp = Stamp("<a@b>", datetime(2024, 12, 31, 23, 59, 58, tzinfo=zone), "b")
    head = compose(a_draft(), (), stamp, version="1").skeleton
    assert head.startswith(f"Date: Tue, 31 Dec 2024 23:59:58 {written}\r\n".encode())


@pytest.mark.parametrize(
    ("mime_type", "written"),
    [
        ("image/png", "image/png"),
        ("Text/HTML", "text/html"),
        ("message/rfc822", "application/octet-stream"),
        ("multipart/mixed", "application/octet-stream"),
        ("a/b\r\nBcc: c@d", "application/octet-stream"),
        ("a/b; c=d", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("a/", "application/octet-stream"),
        ("/b", "application/octet-stream"),
    ],
)
def test_types_of_files_are_checked(mime_type: str, written: str) -> None:
    data = bytes_of(a_draft(), an_attachment("a", b"x", mime_type))
    assert list(leaves(classic(data)))[1].get_content_type() == written


@pytest.mark.parametrize(
    ("name", "mime_type"),
    [
        ("a.pdf", "application/pdf"),
        ("A.JPG", "image/jpeg"),
        ("报告.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.tar.gz", "application/gzip"),
        ("mail.eml", "application/octet-stream"),
        ("pdf", "application/octet-stream"),
        ("a.", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_guesses_types(name: str, mime_type: str) -> None:
    assert guess_type(name) == mime_type


class Slow(io.BytesIO):
    """A source that gives less than it is asked for, as pipes and network disks do."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 1009))


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 56_999, 57_000, 57_001, 200_000])
def test_short_reads_do_not_break_base64(size: int) -> None:
    content = bytes(n % 251 for n in range(size))
    file = Attachment("a.bin", "application/octet-stream", size, "")
    whole = b"".join(map(base64_text, contents_of(file, lambda _file: io.BytesIO(content))))
    slow = b"".join(map(base64_text, contents_of(file, lambda _file: Slow(content))))
    assert slow == whole
    assert len(slow) == encoded_size(size)
    data = b"Content-Transfer-Encoding: base64\r\n\r\n" + slow
    assert classic(data).get_payload(decode=True) == content
