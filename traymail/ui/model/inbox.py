"""The inbox of the demo: mails as they arrived, read as a mail program reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from enum import Enum

from traymail.core.headers import RULE_HEADER
from traymail.core.markdown import text_of
from traymail.core.template import human_size
from traymail.core.texts import Text, text

MOST_SHOWN = 20_000  # letters; the source has the rest
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})


@dataclass(frozen=True, slots=True)
class Delivered:
    """A mail as the server took it: the envelope and the bytes."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """One attached file."""

    name: str
    content: bytes = field(repr=False)
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """A mail that was read. ``rule`` made it; "" when it was sent by hand."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    body: str
    source: str = field(repr=False)
    rule: str = ""
    parts: tuple[Part, ...] = ()


def read(delivered: Delivered) -> Received:
    """Read a mail. Takes a while for large ones."""
    message = message_from_bytes(delivered.content, _class=EmailMessage, policy=policy.default)
    return Received(
        sender=delivered.sender,
        recipients=delivered.recipients,
        subject=str(message["Subject"] or ""),
        body=_body(message),
        source=_source(delivered.content),
        rule=str(message[RULE_HEADER] or ""),
        parts=tuple(_part(part) for part in _files(message)),
    )


def _body(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if not isinstance(part, EmailMessage):
        return ""
    try:
        words = str(part.get_content())
    except (LookupError, MessageError):
        return ""
    if part.get_content_subtype() == "html":
        words = text_of(words)
    return words.replace("\r\n", "\n").strip("\n")


def _files(message: EmailMessage) -> list[EmailMessage]:
    if not message.is_multipart():
        return []
    return [part for part in message.iter_attachments() if isinstance(part, EmailMessage)]


def _part(part: EmailMessage) -> Part:
    content = part.get_payload(decode=True)
    data = content if isinstance(content, bytes) else part.as_bytes()
    return Part(part.get_filename() or "", data, part.get_content_type() in _PICTURES)


def _source(content: bytes) -> str:
    """Return the beginning of the mail as it travelled."""
    words = content[: 4 * MOST_SHOWN].decode("utf-8", "replace").replace("\r\n", "\n")
    return cut(words)


def cut(words: str) -> str:
    """Return as much of a text as is shown."""
    return words if len(words) <= MOST_SHOWN else f"{words[:MOST_SHOWN]}…"


# --- the window's state -----------------------------------------------------------------------


class Origin(Enum):
    """What made a mail."""

    HAND = "hand"
    FOLDER = "folder"
    LOG = "log"
    RULE = "rule"


ICONS: Mapping[Origin, str] = {
    Origin.HAND: "send",
    Origin.FOLDER: "folder2",
    Origin.LOG: "journal-text",
    Origin.RULE: "lightning",
}


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """A mail in the list; ``number`` tells it from others."""

    number: int
    mail: Received
    at: datetime
    unread: bool = True


@dataclass(frozen=True, slots=True)
class Inbox:
    """All of it: ``entries`` newest first; ``kinds`` are those of the rules, by name."""

    kinds: Mapping[str, Origin] = field(default_factory=dict)
    entries: tuple[InboxEntry, ...] = ()
    chosen: int | None = None
    source: bool = False

    @property
    def entry(self) -> InboxEntry | None:
        """The chosen mail."""
        return next((one for one in self.entries if one.number == self.chosen), None)

    @property
    def unread(self) -> int:
        """How many were not looked at yet."""
        return sum(one.unread for one in self.entries)


def title(state: Inbox) -> Text:
    """Return the title of the window: what the taskbar shows."""
    return text("Demo inbox ({n})", n=state.unread) if state.unread else text("Demo inbox")


def informed(state: Inbox, kinds: Mapping[str, Origin]) -> Inbox:
    """Take in of which kind the rules are."""
    return replace(state, kinds=kinds)


def arrived(state: Inbox, mail: Received, at: datetime) -> Inbox:
    """Put a mail on top. The first is looked at by itself; later ones wait for it."""
    number = max((one.number for one in state.entries), default=0) + 1
    state = replace(state, entries=(InboxEntry(number, mail, at), *state.entries))
    return state if state.chosen is not None else choose(state, number)


def choose(state: Inbox, number: int) -> Inbox:
    """Look at a mail."""
    entries = tuple(
        replace(one, unread=False) if one.number == number else one for one in state.entries
    )
    source = state.source and state.chosen == number
    return replace(state, entries=entries, chosen=number, source=source)


def step(state: Inbox, by: int) -> Inbox:
    """Look at the next mail below (1) or above (-1)."""
    numbers = [one.number for one in state.entries]
    if not numbers:
        return state
    here = numbers.index(state.chosen) if state.chosen in numbers else 0
    return choose(state, numbers[min(max(here + by, 0), len(numbers) - 1)])


def show_source(state: Inbox, *, source: bool) -> Inbox:
    """Show the mail as it travelled, or as it is read."""
    return replace(state, source=source)


def origin(state: Inbox, mail: Received) -> Origin:
    """Return what made a mail."""
    return state.kinds.get(mail.rule, Origin.RULE) if mail.rule else Origin.HAND


def sent_by(mail: Received) -> Text:
    """Return what made a mail, in a fact's words."""
    return text("Rule “{name}”", name=mail.rule) if mail.rule else text("Quick send")


def line_of(mail: Received) -> Text | str:
    """Return the small line above a subject in the list."""
    return mail.rule or text("Quick send")


def subject_of(mail: Received) -> Text | str:
    """Return the subject, or that there is none."""
    return mail.subject or text("(no subject)")


def facts(mail: Received) -> tuple[tuple[Text, Text | str], ...]:
    """Return what stands above the body."""
    return (
        (text("From"), mail.sender),
        (text("To"), ", ".join(mail.recipients)),
        (text("Sent by"), sent_by(mail)),
    )


def body_of(mail: Received) -> Text | str:
    """Return the text that is shown."""
    return cut(mail.body) or text("This mail has no text.")


def name_of(part: Part) -> Text | str:
    """Return the name of an attached file."""
    return part.name or text("without a name")


def size_of(part: Part) -> str:
    """Return the size of an attached file, for people."""
    return human_size(len(part.content))
