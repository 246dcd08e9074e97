"""The nouns of a mail: Address, Draft, Attachment, Envelope, Mail."""

from __future__ import annotations

import binascii
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import BinaryIO, Protocol

from traymail.core.errors import SourceError
from traymail.core.reasons import reason_of
from traymail.core.texts import text

# 57 bytes make a base64 line of 76 characters (RFC 2045 section 6.8); 1,000 lines a chunk.
LINE_BYTES = 57
CHUNK_BYTES = 1000 * LINE_BYTES


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox (``local@domain``, checked) and the name shown with it (may be empty)."""

    mailbox: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name} <{self.mailbox}>" if self.name else self.mailbox


class Stat(Protocol):
    """What the system tells of a file."""

    @property
    def st_dev(self) -> int: ...  # noqa: D102 # as os.stat_result has it
    @property
    def st_ino(self) -> int: ...  # noqa: D102 # as os.stat_result has it
    @property
    def st_size(self) -> int: ...  # noqa: D102 # as os.stat_result has it
    @property
    def st_mtime_ns(self) -> int: ...  # noqa: D102 # as os.stat_result has it


# Device and inode may use all of 64 bits (overlayfs does); what keeps them, SQLite, has 63 and a
# sign.
LARGEST_NUMBER = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """What a file was when it was found whole; a copy that sees anything else is thrown away.

    Its time may be any: programs and file systems write years that no calendar has.
    """

    device: int
    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, found: Stat) -> FileIdentity:
        """Return the identity of a file of which the system tells this."""
        device, inode = found.st_dev & LARGEST_NUMBER, found.st_ino & LARGEST_NUMBER
        return cls(device, inode, found.st_size, found.st_mtime_ns)

    def same_file(self, other: FileIdentity) -> bool:
        """Tell whether this is the same file: a device is another one after each mount."""
        return self == replace(other, device=self.device)


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file to attach: a path on disk, or content at hand (a pasted picture, a zip).

    Exactly one of ``path`` and ``content`` is given. ``name`` is what the recipient sees.
    ``guard``: the copy must find this very file, or it raises SourceError. ``cid``: a picture that
    the HTML shows by this Content-ID.
    """

    name: str
    path: str | None = None
    content: bytes | None = field(default=None, repr=False)
    guard: FileIdentity | None = None
    cid: str = ""


@dataclass(frozen=True, slots=True)
class GivenField:
    """A header as it was given: its name in small letters, and all of it, with its CRLF."""

    name: str
    raw: bytes

    @property
    def value(self) -> bytes:
        """What stands behind the colon, folded as it was, without the last CRLF."""
        return self.raw[self.raw.index(b":") + 1 : -2]

    @property
    def words(self) -> str:
        """The value on one line."""
        raw = self.value.replace(b"\r\n", b"")
        try:
            return raw.decode().strip()
        except UnicodeDecodeError:
            return raw.decode("gb18030", "replace").strip()


@dataclass(frozen=True, slots=True)
class GivenMail:
    """A message as another program wrote it (`traymail.core.given` reads it).

    ``body`` follows the empty line behind the headers. ``subject`` is as people read it;
    ``message_id`` is None where there is none yet.
    """

    fields: tuple[GivenField, ...]
    body: bytes = field(repr=False)
    subject: str
    message_id: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What someone, or a rule, wants to say: not yet stored, nothing encoded.

    ``given``: the message that another program wrote, which is sent as it is; the rest is then
    what lists show of it. ``batch``: the number of the mails that are stored together with it.
    """

    account: str
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    html: str | None = None
    files: tuple[DraftFile, ...] = ()
    rule: str | None = None
    dedupe_key: str | None = None
    when_unsure: str = "ask"
    given: GivenMail | None = None
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it is kept with a mail: inline content when small, else a file of the spool.

    ``cid`` is there until its message is composed, whose skeleton then has it.
    """

    name: str
    mime_type: str
    size: int
    sha256: str
    content: bytes | None = field(default=None, repr=False)
    spool: str | None = None
    cid: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who the server is told: the sender's mailbox and every recipient's, Bcc included."""

    sender: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """An attachment and the offset in the skeleton at which its base64 lines stand."""

    offset: int
    attachment: Attachment


OpenAttachment = Callable[[Attachment], BinaryIO]


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that is never one big value: a skeleton and the files that belong into it.

    The skeleton is the whole RFC 5322 message (CRLF) but for the encoded attachments. It is made
    once, when the mail is stored, so every attempt sends the same bytes.
    ``subject``, ``text``, ``html``, ``to`` and ``cc`` are there for senders that do not speak
    RFC 5322; whoever else is in the envelope is hidden. ``parts``: how many messages are taken of
    a mail that leaves in several.
    """

    message_id: str
    envelope: Envelope
    subject: str
    text: str
    html: str | None
    skeleton: bytes = field(repr=False)
    placed: tuple[Placed, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    parts: int = 0

    @property
    def size(self) -> int:
        """Return the octets of the message on the wire (RFC 1870), without dot-stuffing."""
        return len(self.skeleton) + sum(encoded_size(p.attachment.size) for p in self.placed)

    def chunks(self, open_attachment: OpenAttachment) -> Generator[bytes, None, None]:
        """Yield the message's bytes in order; at most 64 KiB of a file is in memory at a time.

        Raises SourceError as `contents_of` does: before the last bytes.
        """
        done = 0
        for place in self.placed:
            yield from self._of_skeleton(done, place.offset)
            done = place.offset
            yield from map(base64_text, contents_of(place.attachment, open_attachment))
        yield from self._of_skeleton(done, len(self.skeleton))

    def _of_skeleton(self, start: int, end: int) -> Iterator[bytes]:
        """Yield a part of the skeleton; a message that a program wrote is all of it, and large."""
        yield self.skeleton[start : min(start + CHUNK_BYTES, end)]
        for at in range(start + CHUNK_BYTES, end, CHUNK_BYTES):
            yield self.skeleton[at : min(at + CHUNK_BYTES, end)]


def encoded_size(size: int) -> int:
    """Return the bytes that ``size`` bytes become as base64 lines with CRLF."""
    lines, rest = divmod(size, LINE_BYTES)
    return lines * 78 + (4 * ((rest + 2) // 3) + 2 if rest else 0)


def contents_of(file: Attachment, open_attachment: OpenAttachment) -> Iterator[bytes]:
    """Yield a file as it is kept, a thousand lines of base64 at a time.

    Raises SourceError when it cannot be read, or is no longer as long as it was: the last piece
    stays here until all is there, and not a byte more than was announced leaves.
    """
    length, held = 0, b""
    try:
        with open_attachment(file) as source:
            while length <= file.size and (block := read_fully(source, CHUNK_BYTES)):
                length += len(block)
                if held:
                    yield held
                held = block
    except OSError as error:
        title = text("A stored attachment cannot be read: {why}", why=reason_of(error))
        raise SourceError(str(error.filename or ""), title) from error
    if length != file.size:
        raise SourceError(file.name, text("The kept copy of {name} is damaged.", name=file.name))
    if held:
        yield held


def base64_text(block: bytes) -> bytes:
    """Return ``block`` in base64 lines of 76 characters, each ended by CRLF."""
    encoded = binascii.b2a_base64(block, newline=False)
    lines = [encoded[at : at + 76] for at in range(0, len(encoded), 76)]
    return b"\r\n".join([*lines, b""])


def read_fully(source: BinaryIO, size: int) -> bytes:
    """Read ``size`` bytes, less only at the end: a short read must not end a base64 group."""
    block = source.read(size)
    while 0 < len(block) < size:
        more = source.read(size - len(block))
        if not more:
            break
        block += more
    return block


@dataclass(frozen=True, slots=True)
class Composed:
    """What `traymail.core.mime.compose` makes of a draft: skeleton and the places of its files."""

    skeleton: bytes = field(repr=False)
    placed: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What makes a message this very one, fixed when it is stored."""

    message_id: str
    date: datetime
    boundary: str
