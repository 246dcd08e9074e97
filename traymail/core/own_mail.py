"""Is a file a mail that a rule of traymail made? Mailed on, it could go round for ever.

A mail is known by the header that every mail of a rule has, among other headers of a mail: so a
text that only tells of it is mailed like any other. It is looked for

- where a mail begins: behind byte order marks, empty lines, a mailbox's line, or up to `MOST_ODD`
  lines that are none of a mail's; in any encoding whose letters are those of ASCII, or UTF-16;
- in mails that come back or are passed on, whole or quoted, also coded in base64 or
  quoted-printable, or signed (S/MIME), and in what Outlook saves (.msg, winmail.dat), or in JSON;
- in what is packed (`traymail.core.packed`), one in the other.

Where this ends: nobody sees into what is encrypted, and traymail not into 7z, RAR or uuencode, nor
beyond `_MOST_READ` of a mail, `_MOST_LOOKED_AT` of another file, or what `traymail.core.packed`
unpacks of an archive. What goes round in such a wrapping is slowed down and ends: no rule sends
more than its max_per_hour, and all together no more than rules_max_per_hour, which hold the rest
back and tell of it; a file of the same name and content is mailed once (again); and each round
packs the mail into another, until it is too large for the account.
"""

from __future__ import annotations

import binascii
import io
import re

from traymail.core.headers import RULE_HEADER
from traymail.core.packed import Budget, Read, contents
from traymail.core.texts import text

LOOP = text("it is a mail that a rule of traymail made: mailing it on could go round for ever")
# Lines that stand before the headers of a mail and are none: what other programs, or people, put
# there, and what is left of folded lines.
MOST_ODD = 5
# Of a saved mail, so much is looked at: no server takes as many headers.
_MOST_READ = 8 * 1024 * 1024
# Of anything else, which may quote one.
_MOST_LOOKED_AT = 256 * 1024
_BLOCK = 64 * 1024
# Codes in codes, each unpacked.
_DEEP = 3
# What it costs at least to look into what was coded.
_LOOK = 16 * 1024
# Headers around the one that is ours; and so many times it may stand in a text that tells of it.
_AROUND, _MOST_MARKS = 16 * 1024, 200

# What other programs put before a mail: byte order marks, empty lines, the length of what follows,
# the line of a mailbox file.
_BEFORE_HEADERS = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)*\s*(?:[0-9]+[ \t]*[\r\n]+)?(>?From [^\r\n]*[\r\n]+)?"
)
_HEADER = re.compile(rb"[!-9;-~\x80-\xff]+[ \t]*:")
_PLAIN_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]*[ \t]*:")
_ODD_LINE = re.compile(rb"[^\r\n]{0,2000}[\r\n]+")
_END_OF_HEADERS = re.compile(rb"\r?\r\n\r?\r\n|\n\n|\r\r(?!\n)|\n\r\n")
_NAME = re.escape(RULE_HEADER.encode())
_FIRST_HEADER = re.compile(_NAME + rb"[ \t]*:", re.IGNORECASE)
_RULE_HEADER = re.compile(rb"(?:^|[\r\n])" + _NAME + rb"[ \t]*:", re.IGNORECASE)
# The same in a mail that is quoted.
_MARK = re.compile(rb"(?:^|[\r\n])([ \t>|]*)" + _NAME + rb"[ \t]*:", re.IGNORECASE)
# Where another mail begins inside of one: a mail that comes back, or is passed on, whole.
_INSIDE = re.compile(
    rb"(?:^|[\r\n])Content-Type[ \t]*:\s*(?:message/(?:rfc822|global)|text/rfc822-headers"
    rb"|multipart/digest)",
    re.IGNORECASE,
)
_NEXT_IN_MAILBOX = re.compile(rb"\n\r?\nFrom [^\r\n]*")
# What Outlook keeps mails in: OLE, and TNEF.
_OUTLOOK = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x78\x9f\x3e\x22")
# What is signed so that nothing can be read beside the signature: PKCS #7 (RFC 5652 section 5.1).
_SIGNED = re.compile(rb"\x30.{1,5}\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", re.DOTALL)
# What mailboxes are exported as: a mail is one line there, its breaks are spelled.
_JSON = re.compile(rb"\s*[\[{]")
_SPELLED_BREAK = re.compile(rb"(?:\\r)?\\n")
_EMPTY_LINE = re.compile(rb"\n[ \t>|]*(?=\n)")
# What only a mail has that was made: who writes of headers does not write what was in them.
_MADE = re.compile(
    rb"(?:^|\n)[ \t>|]*(?:(Received)[ \t]*:\s*(?:from|by|\()|(Message-ID)[ \t]*:\s*<?[^\s<>]+@"
    rb"|(Date)[ \t]*:[^\n]*[0-9]{4} [0-9]{2}:[0-9]{2}"
    rb"|(Return-Path|Delivered-To)[ \t]*:\s*[^\s@]+@)",
    re.IGNORECASE,
)
_ANY = re.compile(
    rb"(?:^|\n)[ \t>|]*(From|To|Subject|MIME-Version|Content-Type|Auto-Submitted|X-Mailer"
    rb"|X-Auto-Response-Suppress|Received|Date|Message-ID)[ \t]*:\s*[^\s]",
    re.IGNORECASE,
)
_SOFT_BREAK = re.compile(rb"=[ \t]*\r?\n")
_BASE64 = re.compile(
    rb"(?<![A-Za-z0-9+/])(?:(?:[A-Za-z0-9+/]{40,}+={0,2}[ \t]*\r*\n)++[A-Za-z0-9+/]*={0,2}"
    rb"|[A-Za-z0-9+/]{200,}+={0,2})"
)


def mailed_by_a_rule(read: Read) -> bool:
    """Tell whether a file, from its beginning, is a saved mail that a rule of traymail made.

    Or one that holds such a mail, also packed: a refusal that came back with it would be refused
    again, and so on. Its name tells nothing: mail programs save under any.
    """
    return _holds_one(read, Budget(), _DEEP)


def _holds_one(read: Read, budget: Budget, deep: int, *, in_mail: bool = False) -> bool:
    return any(_is_by_a_rule(one, budget, deep, in_mail) for one in contents(read, budget))


def _is_by_a_rule(read: Read, budget: Budget, deep: int, in_mail: bool) -> bool:  # noqa: FBT001 # a state, not a mode
    # Without its zeros, UTF-16 is as plain as what it holds.
    data = bytearray(read(_BLOCK).replace(b"\0", b""))
    begins = _headers_of(data)
    is_mail = in_mail or begins is not None or data.startswith(_OUTLOOK)
    is_mail = is_mail or bool(_SIGNED.match(data) or _JSON.match(data))
    most = _MOST_READ if is_mail else _MOST_LOOKED_AT
    taken = _BLOCK
    while taken < most and (more := read(_BLOCK)):
        data += more.replace(b"\0", b"")
        taken += _BLOCK
    if begins is not None and _begins_with_one(data, begins):
        return True
    if _has_marks(data, anywhere=is_mail):
        return True
    return deep > 0 and _has_coded(data, budget, deep, in_mail=is_mail)


def _headers_of(data: bytearray) -> int | None:
    """Return where the headers of a mail begin; None when it is none."""
    before = _BEFORE_HEADERS.match(data)
    at = before.end() if before else 0
    if _HEADER.match(data, at):
        return at
    for _ in range(MOST_ODD):
        if not (odd := _ODD_LINE.match(data, at)):
            break
        at = odd.end()
        if _PLAIN_HEADER.match(data, at):
            end = _END_OF_HEADERS.search(data, at)
            headers = data[at : end.start() if end else len(data)]
            if _is_made(headers, fewest=2 if end else 1):
                return at
    return None


def _begins_with_one(data: bytearray, begins: int) -> bool:
    before = _BEFORE_HEADERS.match(data)
    end = _END_OF_HEADERS.search(data, begins)
    until = end.start() if end else len(data)
    ours = _FIRST_HEADER.match(data, begins) or _RULE_HEADER.search(data, begins, until)
    if ours and _ANY.search(_one_break(data[begins:until])):
        return True
    others = (_INSIDE, _NEXT_IN_MAILBOX) if before and before[1] else (_INSIDE,)
    insides = (found.end() for one in others if (found := one.search(data, begins)))
    return any(_RULE_HEADER.search(data, at) for at in insides)


def _has_marks(data: bytearray, *, anywhere: bool) -> bool:
    """Tell whether the headers of one stand in a text: quoted, or ``anywhere`` as they are."""
    unspelled = _SPELLED_BREAK.sub(b"\n", data)
    for form in (data, _SOFT_BREAK.sub(b"", data), binascii.a2b_qp(data), unspelled):
        if b"x-traymail-rule" not in form.lower():
            continue
        for number, mark in enumerate(_MARK.finditer(form)):
            if number == _MOST_MARKS:
                break
            if not anywhere and b">" not in mark[1]:
                continue
            if _is_made(_block_around(form, mark.end())):
                return True
    return False


def _block_around(data: bytes | bytearray, at: int) -> bytes:
    """Return the lines around a place, as far as no empty line is between."""
    before = _one_break(data[max(0, at - _AROUND) : at])
    behind = _one_break(data[at : at + _AROUND])
    begin = max((empty.end() for empty in _EMPTY_LINE.finditer(before)), default=0)
    end = _EMPTY_LINE.search(behind)
    return before[begin:] + behind[: end.start() if end else None]


def _one_break(data: bytes | bytearray) -> bytes:
    return bytes(data).replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _is_made(block: bytes | bytearray, fewest: int = 2) -> bool:
    """Tell whether headers are those of a mail that was made, and not of a text about mails."""
    block = _one_break(block)
    named = {found[1].lower() for found in _ANY.finditer(block)}
    return bool(_MADE.search(block)) and len(named) >= fewest


def _has_coded(data: bytearray, budget: Budget, deep: int, *, in_mail: bool) -> bool:
    """Tell whether what stands in base64 is one, or holds one."""
    for blob in _BASE64.finditer(data):
        if budget.left <= 0:
            return False
        coded = bytes(blob[0]).translate(None, b" \t\r\n=")
        budget.spend(len(coded) + _LOOK)
        decoded = binascii.a2b_base64(coded[: len(coded) // 4 * 4] + _rest(coded))
        if _holds_one(io.BytesIO(decoded).read, budget, deep - 1, in_mail=in_mail):
            return True
    return False


def _rest(coded: bytes) -> bytes:
    """Return the last, incomplete group of a code, filled up; one sign alone holds nothing."""
    rest = coded[len(coded) // 4 * 4 :]
    return rest.ljust(4, b"=") if len(rest) > 1 else b""
