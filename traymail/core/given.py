"""A message that another program wrote: what is read of it, and the few headers that change.

All else leaves as it came, byte for byte. Only the ends of lines become CRLF, as SMTP has them; a
lone CR, at which some servers see the end of a line and others do not, becomes a space, as Postfix
makes it: nothing can be smuggled in between.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator

from traymail.core.address import clean, excerpt, parse_address
from traymail.core.errors import InputError
from traymail.core.headers import addresses_line, date_line
from traymail.core.lines import printed
from traymail.core.message import Address, GivenField, GivenMail, Stamp
from traymail.core.texts import text

# Only its sender may see these (RFC 5322 section 3.6.3).
_HIDDEN = frozenset({"bcc", "resent-bcc"})
# What a mail must have, and gets where it is missing or empty.
_COMPLETED = frozenset({"date", "message-id"})
_NAME = re.compile(rb"([!-9;-~]+)[ \t]*:")
# The first line of a mail as mailboxes keep it.
_MAILBOX_LINE = b"From "
_ENCODED = re.compile(r"=\?([^?\s]+)\?([bqBQ])\?([^?\s]*)\?=")
_BETWEEN_ENCODED = re.compile(r"(\?=)\s+(=\?)")
_ID = re.compile(r"<[^<>\s]+>")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
# A name without a domain, such as cron's "root".
_LOCAL = re.compile(r'[^\s@<>"(),:;\\]+')
# Of a message, so much is looked at for the text that lists and windows show.
_LOOKED_AT = 256 * 1024


def read_given(data: bytes) -> GivenMail:
    """Return the message in ``data``; what begins with no header is all body."""
    lined = data.replace(b"\r\n", b"\n").replace(b"\r", b" ").replace(b"\n", b"\r\n")
    if lined and not lined.endswith(b"\r\n"):
        lined += b"\r\n"
    at = lined.index(b"\r\n") + 2 if lined.startswith(_MAILBOX_LINE) else 0
    fields: list[GivenField] = []
    while at < len(lined):
        if lined.startswith(b"\r\n", at):
            at += 2
            break
        named = _NAME.match(lined, at)
        if not named:
            break  # the empty line is missing
        end = _end_of_field(lined, at)
        fields.append(GivenField(named[1].decode("ascii").lower(), lined[at:end]))
        at = end
    return GivenMail(
        tuple(fields),
        lined[at:],
        subject=clean(_decoded(" ".join(_words_of(fields, "subject")[:1]))),
        message_id=_message_id(fields),
    )


def _words_of(fields: Iterable[GivenField], name: str) -> list[str]:
    """Return the values of all headers of that name that have one."""
    return [words for one in fields if one.name == name and (words := one.words)]


def _message_id(fields: Iterable[GivenField]) -> str | None:
    for words in _words_of(fields, "message-id"):
        found = _ID.search(words)
        return found[0] if found else clean(words)
    return None


def finished(given: GivenMail, sender: Address, stamp: Stamp) -> bytes:
    """Return the message as it leaves: without Bcc, with a date, an id and the sender's address.

    A From that names somebody else becomes Reply-To, where it is an address and none is there yet.
    """
    head: list[bytes] = []
    ours = addresses_line("From", (sender,)).encode() + b"\r\n"
    written = [one for one in given.fields if one.name == "from"]
    agree = len(written) == 1 and _agrees(written[0], sender)
    there = {one.name for one in given.fields if one.value.strip()}
    for one in given.fields:
        if one.name in _HIDDEN or (one.name in _COMPLETED and one.name not in there):
            continue
        if one.name != "from" or agree:
            head.append(one.raw)
        elif one is written[0]:
            head.append(ours)
            if "reply-to" not in there and _has_domain(one):
                head.append(b"Reply-To:" + one.value + b"\r\n")
    if not written:
        head.append(ours)
    if "date" not in there:
        head.append(date_line(stamp.date).encode() + b"\r\n")
    if "message-id" not in there:
        head.append(f"Message-ID: {stamp.message_id}\r\n".encode())
    return b"".join([*head, b"\r\n", given.body])


def recipients_of(given: GivenMail, name: str, own: Address) -> tuple[Address, ...]:
    """Return the addresses in all headers of that name; ``own``: who is meant without a domain.

    Raises InputError for what is no address.
    """
    return tuple(
        one for words in _words_of(given.fields, name) for one in recipients_in(words, own)
    )


def recipients_in(words: str, own: Address) -> tuple[Address, ...]:
    """Return the addresses of a list as RFC 5322 writes it, with comments and groups."""
    return tuple(_address(one, own) for one in _listed(words))


def text_of(given: GivenMail) -> str:
    """Return the text of a message, or its beginning, for people who look at the outbox."""
    try:
        return _plain_part(given)
    except Exception:  # noqa: BLE001 # the parser stumbles over odd MIME in many ways
        return ""


def _plain_part(given: GivenMail) -> str:
    import email  # slow to import, and few mails are given

    head = b"".join(one.raw for one in given.fields if one.name.startswith("content-"))
    message = email.message_from_bytes(head + b"\r\n" + given.body[:_LOOKED_AT])
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            charset = part.get_content_charset("utf-8")
            if isinstance(payload, bytes):
                return _in_charset(payload, charset)
    return ""


def _end_of_field(lined: bytes, at: int) -> int:
    """Return where the header that begins at ``at`` ends: continued lines begin with a blank."""
    end = lined.index(b"\r\n", at) + 2
    while lined[end : end + 1] in {b" ", b"\t"}:
        end = lined.index(b"\r\n", end) + 2
    return end


def _agrees(written: GivenField, sender: Address) -> bool:
    """Tell whether a From names the sender, and nobody besides."""
    found = _listed(written.words)
    return [_mailbox(one).lower() for one in found] == [sender.mailbox.lower()]


def _has_domain(written: GivenField) -> bool:
    found = _listed(written.words)
    return bool(found) and all("@" in _mailbox(one) for one in found)


def _mailbox(words: str) -> str:
    """Return what stands in angle brackets, or all of it."""
    if words.endswith(">") and "<" in words:
        return words[words.rindex("<") + 1 : -1].strip()
    return words


def _address(words: str, own: Address) -> Address:
    mailbox = _mailbox(words)
    if "@" not in mailbox and _LOCAL.fullmatch(mailbox):
        return own
    found = parse_address(mailbox)
    name = words[: words.rindex("<")].strip() if mailbox != words else ""
    if name.startswith('"') and name.endswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return Address(found.mailbox, clean(_decoded(name)).strip())


def _listed(words: str) -> tuple[str, ...]:
    """Return what stands between the commas of a list, without comments and names of groups."""
    found, piece = [], ""
    for sign in _without_comments(words):
        match sign:
            case "," | ";":
                found.append(piece)
                piece = ""
            case ":" if "<" not in piece:
                piece = ""  # the name of a group
            case _:
                piece += sign
    stripped = (one.strip() for one in (*found, piece))
    return tuple(one for one in stripped if one)


def _without_comments(words: str) -> Iterator[str]:
    """Yield the signs of a header's value, quoted strings whole, and no comments.

    Raises InputError where a quotation or a comment does not end.
    """
    at, depth = 0, 0
    while at < len(words):
        sign = words[at]
        if sign == "\\" and depth:
            at += 2
        elif sign == '"' and not depth:
            quoted = _QUOTED.match(words, at)
            if not quoted:
                raise _open(words)
            yield quoted[0]
            at = quoted.end()
        else:
            depth += sign == "("
            if not depth:
                yield sign
            depth -= sign == ")" and depth > 0
            at += 1
    if depth:
        raise _open(words)


def _open(words: str) -> InputError:
    return InputError(
        text("“{words}” has a quotation or a comment that does not end.", words=excerpt(words)),
        text("Write it like name@example.com or Name <name@example.com>."),
    )


def _decoded(words: str) -> str:
    """Return words with those of RFC 2047 as people read them."""
    if "=?" not in words:
        return words
    return _ENCODED.sub(_decoded_word, _BETWEEN_ENCODED.sub(r"\1\2", words))


def _decoded_word(found: re.Match[str]) -> str:
    charset, way, data = found[1].partition("*")[0], found[2].lower(), found[3]
    raw = data.encode("ascii", "replace")
    try:
        decoded = (
            binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))
            if way == "b"
            else binascii.a2b_qp(raw, header=True)
        )
        return decoded.decode(charset, "replace")
    except (binascii.Error, LookupError, ValueError):
        return found[0]


def _in_charset(payload: bytes, charset: str) -> str:
    try:
        words = payload.decode(charset)
    except (LookupError, ValueError):
        return printed(payload)
    return printed(words.encode("utf-8", "replace"))
