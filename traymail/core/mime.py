"""From a draft to the bytes of its message (RFC 5322, RFC 2045-2049), by code of ours.

The encoded attachments are not in these bytes: a Mail puts them in while it is sent.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable

from traymail.core.address import whole_characters
from traymail.core.headers import (
    LONGEST_LINE,
    RULE_HEADER,
    addresses_line,
    date_line,
    file_lines,
    words_line,
)
from traymail.core.message import (
    Attachment,
    Composed,
    Draft,
    Placed,
    Stamp,
    base64_text,
    encoded_size,
)

# What a mail needs beyond its words and files: headers and the frame of the parts; each file.
_MAIL_BYTES = 4096
_PART_BYTES = 512
# RFC 2231 writes a byte of a name as %XX, once in each of two headers, with a little around it.
_NAME_FACTOR = 8


def wire_bytes(words: Iterable[str], files: Iterable[tuple[str, int]]) -> int:
    """Return an upper bound of the bytes on the wire of a mail.

    ``words``: its texts, and its recipients if there are many; ``files``: name and size of each.
    """
    # A line ends with two bytes there.
    said = sum(encoded_size(_octets(one) + one.count("\n")) for one in words)
    return _MAIL_BYTES + said + sum(file_bytes(name, size) for name, size in files)


def file_bytes(name: str, size: int) -> int:
    """Return an upper bound for what a file adds: its part, and a line in the body."""
    return encoded_size(size) + _PART_BYTES + _NAME_FACTOR * _octets(name)


def _octets(words: str) -> int:
    return len(words.encode("utf-8", "replace"))


_TYPES: dict[str, str] = {
    "7z": "application/x-7z-compressed",
    "avi": "video/x-msvideo",
    "bmp": "image/bmp",
    "bz2": "application/x-bzip2",
    "css": "text/css",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "epub": "application/epub+zip",
    "flac": "audio/flac",
    "gif": "image/gif",
    "gz": "application/gzip",
    "heic": "image/heic",
    "htm": "text/html",
    "html": "text/html",
    "ics": "text/calendar",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "log": "text/plain",
    "m4a": "audio/mp4",
    "md": "text/markdown",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ogg": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "rar": "application/vnd.rar",
    "rtf": "application/rtf",
    "svg": "image/svg+xml",
    "tar": "application/x-tar",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "txt": "text/plain",
    "vcf": "text/vcard",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml",
    "xz": "application/x-xz",
    "zip": "application/zip",
}
_UNKNOWN_TYPE = "application/octet-stream"
_TYPE_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789!#$&^_.+-/")
# What a part may hold unencoded: tabs, line ends and visible ASCII.
_PLAIN = b"\t\r\n" + bytes(range(32, 127))
_ASCII = bytes(range(128))


def guess_type(name: str) -> str:
    """Return the MIME type that a file's name tells, the same on every system.

    A mail (``.eml``) is told as mere octets: a part of type message/rfc822 must not be encoded in
    base64 (RFC 2046 section 5.2.1).
    """
    return (
        _TYPES.get(name.rpartition(".")[2].lower(), _UNKNOWN_TYPE) if "." in name else _UNKNOWN_TYPE
    )


def message_id(token: str, domain: str) -> str:
    """Return the Message-ID ``<token@domain>``; ``token`` must never come twice."""
    return f"<{token}@{domain}>"


def compose(
    draft: Draft, attachments: tuple[Attachment, ...], stamp: Stamp, *, version: str
) -> Composed:
    """Return the message of ``draft`` but for the base64 of ``attachments``, and their places.

    Bcc is in no header. Only a mailbox whose local part is not ASCII puts other octets than ASCII
    into it: that mail needs SMTPUTF8.
    """
    if draft.given is not None:
        from traymail.core.given import finished  # few mails are

        return Composed(finished(draft.given, draft.sender, stamp), ())
    shown = tuple(one for one in attachments if draft.html is not None and one.cid)
    others = tuple(one for one in attachments if draft.html is None or not one.cid)
    made = _Made()
    made.say(_head(draft, stamp, version))
    mixed = f"{stamp.boundary}-mixed"
    if others:
        made.say(f"{_multipart('mixed', mixed)}\r\n--{mixed}\r\n")
    _say_body(made, draft, shown, stamp)
    for attachment in others:
        made.place(mixed, file_lines(_safe_type(attachment.mime_type), attachment.name), attachment)
    if others:
        made.say(f"\r\n--{mixed}--\r\n")
    return Composed(bytes(made.skeleton), tuple(made.placed))


class _Made:
    """A message as far as it is made."""

    def __init__(self) -> None:
        self.skeleton = bytearray()
        self.placed: list[Placed] = []

    def say(self, words: str) -> None:
        self.skeleton += words.encode()

    def place(self, boundary: str, lines: str, attachment: Attachment) -> None:
        """Add a part, whose content comes while the mail is sent."""
        self.say(f"\r\n--{boundary}\r\n{lines}\r\nContent-Transfer-Encoding: base64\r\n\r\n")
        self.placed.append(Placed(len(self.skeleton), attachment))


def _head(draft: Draft, stamp: Stamp, version: str) -> str:
    """Return the headers that say who, when and what, down to MIME-Version."""
    lines = [
        date_line(stamp.date),
        addresses_line("From", (draft.sender,)),
        *_recipient_lines(draft),
        f"Message-ID: {stamp.message_id}",
        words_line("Subject", draft.subject),
        words_line("X-Mailer", f"traymail/{version}"),
    ]
    if draft.rule is not None:
        lines += [
            # RFC 3834: no holiday notices, no answers by machines, no loops.
            "Auto-Submitted: auto-generated",
            "X-Auto-Response-Suppress: All",
            words_line(RULE_HEADER, draft.rule),
        ]
    return "\r\n".join([*lines, "MIME-Version: 1.0\r\n"])


def _recipient_lines(draft: Draft) -> list[str]:
    """Return To and Cc; a mail for hidden recipients only says so."""
    lines = [addresses_line("To", draft.to)] if draft.to else []
    if draft.cc:
        lines.append(addresses_line("Cc", draft.cc))
    return lines or ["To: undisclosed-recipients:;"]


def _say_body(made: _Made, draft: Draft, shown: tuple[Attachment, ...], stamp: Stamp) -> None:
    """Add the text, or the text and its HTML twin, with the headers of this part.

    The pictures that the HTML shows go with it (RFC 2387): who shows the plain text has none.
    """
    plain = _text_part("plain", draft.text, stamp.boundary)
    if draft.html is None:
        made.say(plain)
        return
    boundary, related = f"{stamp.boundary}-alternative", f"{stamp.boundary}-related"
    made.say(f"{_multipart('alternative', boundary)}\r\n--{boundary}\r\n{plain}")
    made.say(f"\r\n--{boundary}\r\n")
    html = _text_part("html", draft.html, stamp.boundary)
    if shown:
        made.say(f"{_multipart('related', related, 'text/html')}\r\n--{related}\r\n")
    made.say(html)
    for one in shown:
        lines = file_lines(_safe_type(one.mime_type), one.name, "inline")
        made.place(related, f"{lines}\r\nContent-ID: <{one.cid}>", one)
    if shown:
        made.say(f"\r\n--{related}--\r\n")
    made.say(f"\r\n--{boundary}--\r\n")


def _multipart(kind: str, boundary: str, root: str = "") -> str:
    """Return the header of a part that holds others, the first of type ``root``."""
    first = f'\r\n type="{root}";' if root else ""
    return f'Content-Type: multipart/{kind};{first}\r\n boundary="{boundary}"\r\n'


def _text_part(kind: str, words: str, boundary: str) -> str:
    """Return a text with its headers; its lines end with CRLF, the last one too."""
    lined = whole_characters(words).replace("\r\n", "\n").replace("\r", "\n")
    if lined and not lined.endswith("\n"):
        lined += "\n"
    data = lined.replace("\n", "\r\n").encode()
    encoding = _encoding(data, boundary)
    if encoding == "7bit":
        content = data.decode("ascii")
    elif encoding == "base64":
        content = base64_text(data).decode("ascii")
    else:
        content = binascii.b2a_qp(data, istext=True).decode("ascii")
    return (
        f"Content-Type: text/{kind}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n{content}"
    )


def _encoding(data: bytes, boundary: str) -> str:
    """Return the transfer encoding that makes ``data`` safe and small."""
    if boundary.encode() in data:
        return "base64"
    if not data.translate(None, _PLAIN):
        short = len(data) <= LONGEST_LINE or max(map(len, data.split(b"\r\n"))) <= LONGEST_LINE
        return "7bit" if short else "quoted-printable"
    # An octet becomes three in quoted-printable, and four thirds in base64.
    beyond = len(data.translate(None, _ASCII))
    return "quoted-printable" if beyond * 6 <= len(data) else "base64"


def _safe_type(mime_type: str) -> str:
    """Return ``mime_type`` where base64 may hold it, else the type of mere octets."""
    lowered = mime_type.lower()
    kind, slash, rest = lowered.partition("/")
    fits = slash and rest and "/" not in rest and _TYPE_SIGNS.issuperset(lowered)
    return lowered if fits and kind not in {"", "message", "multipart"} else _UNKNOWN_TYPE
