"""A mail in full, to be read: headers, text, files, every attempt; and as a new mail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from traymail.core.address import clean
from traymail.core.markdown import to_html
from traymail.core.message import Address
from traymail.core.outbox import Attempt
from traymail.core.overview import MailDetail
from traymail.core.replies import outcome_told
from traymail.core.reply_rules.details import reply_told
from traymail.core.template import human_size
from traymail.core.texts import Text, text
from traymail.ui.model.outbox_table import SIGNS, subject_of
from traymail.ui.model.passages import Passage
from traymail.ui.model.prefill import Prefill

_LONGEST_NAME = 60


def passages(mail: MailDetail) -> tuple[Passage, ...]:
    """Return the mail in full."""
    return (*_headers(mail), *_body(mail), *_files(mail), *_attempts(mail))


def _headers(mail: MailDetail) -> Iterator[Passage]:
    item = mail.item
    for name, value in (
        (text("From"), item.sender),
        (text("To"), _joined(item.to)),
        (text("Cc"), _joined(item.cc)),
        (text("Bcc"), _joined(item.bcc)),
        (text("Subject"), subject_of(item)),
        (text("Date"), _moment(item.created_at.astimezone().isoformat(" ", "seconds"))),
        (text("Account"), item.account),
        (text("Rule"), item.rule or ""),
        (text("Status"), SIGNS[item.state].word),
        (text("Message-ID"), item.message_id),
    ):
        if value:
            yield from _named(name, value)


def _body(mail: MailDetail) -> Iterator[Passage]:
    yield Passage("\n")
    if mail.text.strip():
        yield Passage(f"{mail.text.rstrip()}\n")
    else:
        yield Passage(text("This mail has no text."), "muted")
        yield Passage("\n")


def _files(mail: MailDetail) -> Iterator[Passage]:
    if mail.attachments:
        yield from _head(text("Attachments"))
    for file in mail.attachments:
        yield Passage(f"{file.name}  ")
        yield Passage(f"{human_size(file.size)}\n", "muted")


def _attempts(mail: MailDetail) -> Iterator[Passage]:
    yield from _head(text("Attempts"))
    if not mail.attempts:
        yield Passage(text("It has not been tried yet."), "muted")
        yield Passage("\n")
    for attempt in mail.attempts:
        yield from _attempt(attempt)
    for verdict in mail.verdicts:
        yield Passage(f"{verdict.mailbox}: {reply_told(verdict.code, verdict.reply)}\n", "mono")


def _attempt(attempt: Attempt) -> Iterator[Passage]:
    when = _moment(attempt.started_at.astimezone().isoformat(" ", "seconds"))
    yield Passage(
        text(
            "{number}. {when}, {outcome}, {seconds} s",
            number=attempt.number,
            when=when,
            outcome=outcome_told(attempt.outcome),
            seconds=f"{attempt.duration_ms / 1000:.1f}",
        )
    )
    reply = reply_told(attempt.code, attempt.reply)
    yield Passage("\n")
    if reply:
        yield Passage(reply, "mono")
        yield Passage("\n")


def _named(name: Text, value: Text | str) -> Iterator[Passage]:
    yield Passage(name, "name")
    yield Passage("\t", "name")
    yield Passage(value, "value")
    yield Passage("\n")


def _head(words: Text) -> Iterator[Passage]:
    yield Passage(words, "head")
    yield Passage("\n", "head")


def _joined(people: Sequence[Address]) -> str:
    return ", ".join(map(str, people))


def _moment(iso: str) -> str:
    """Return a moment without the offset of its zone."""
    return iso[: len("2026-11-23 10:02:00")]


# --- what leaves the window -----------------------------------------------------------------------


def as_new(mail: MailDetail, files: Sequence[Path]) -> Prefill:
    """Return a new mail with the words and recipients of one; its files are at these paths.

    When only some have the mail, the new one is for the others.
    """
    item = mail.item
    lacking = set(item.mailboxes) - set(item.accepted) or set(item.mailboxes)

    def for_them(people: Sequence[Address]) -> tuple[str, ...]:
        return tuple(str(one) for one in people if one.mailbox in lacking)

    return Prefill(
        to=for_them(item.to),
        cc=for_them(item.cc),
        bcc=for_them(item.bcc),
        subject=item.subject,
        body=mail.text,
        files=tuple(map(str, files)),
        account=item.account,
        # HTML of another origin cannot be edited: the plain text goes out alone.
        markdown=mail.html is not None and mail.html == to_html(mail.text),
    )


def eml_name(subject: str) -> str:
    """Return a name for the message as a file."""
    safe = "".join("_" if sign in '/\\:*?"<>|' else sign for sign in clean(subject))
    return f"{safe[:_LONGEST_NAME].strip(' .') or 'mail'}.eml"
