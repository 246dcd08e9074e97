"""Between rows and nouns: how mails and attachments are written down."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from traymail.core.account import WhenUnsure
from traymail.core.errors import RecipientReply
from traymail.core.message import Address, Attachment, Composed, Draft, Stamp, encoded_size
from traymail.core.outbox import Attempt, OutboxItem, Phase, State
from traymail.store.database import from_ms, text_of, to_ms

T = TypeVar("T")

SELECT = (
    "SELECT id, message_id, state, phase, account, rule, sender, recipients, pending, refused,"
    " subject, size, created_at, updated_at, attempts, tries, since, next_attempt_at, code, reply,"
    " advice_id, duration_ms, possible_duplicate, when_unsure, unsure, parts, parts_of FROM mail "
)


def insert_mail(
    connection: sqlite3.Connection,
    draft: Draft,
    composed: Composed,
    stamp: Stamp,
    times: tuple[datetime, datetime | None],
) -> int:
    """Write a new mail down, with its content and files; ``times``: now, and when it is due."""
    now, due = times
    files = [place.attachment for place in composed.placed]
    mailboxes = dict.fromkeys(a.mailbox for a in (*draft.to, *draft.cc, *draft.bcc))
    cursor = connection.execute(
        "INSERT INTO mail (message_id, dedupe_key, state, account, rule, sender, recipients,"
        " pending, subject, size, files, created_at, updated_at, next_attempt_at, when_unsure)"
        " VALUES (?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            stamp.message_id,
            draft.dedupe_key,
            draft.account,
            draft.rule or "",
            draft.sender.mailbox,
            _dump({"to": _pairs(draft.to), "cc": _pairs(draft.cc), "bcc": _pairs(draft.bcc)}),
            _dump(list(mailboxes)),
            draft.subject,
            len(composed.skeleton) + sum(encoded_size(file.size) for file in files),
            len(files),
            to_ms(now),
            to_ms(now),
            _ms(due),
            WhenUnsure(draft.when_unsure).value,
        ),
    )
    mail_id = cursor.lastrowid or 0
    if draft.batch is not None:
        connection.execute("UPDATE mail SET batch = ? WHERE id = ?", (draft.batch, mail_id))
    connection.execute(
        "INSERT INTO content VALUES (?, ?, ?, ?)",
        (mail_id, composed.skeleton, draft.text, draft.html),
    )
    connection.executemany(
        "INSERT INTO attachment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                mail_id,
                position,
                place.offset,
                file.name,
                file.mime_type,
                file.size,
                file.sha256,
                file.content,
                file.spool,
            )
            for position, (place, file) in enumerate(zip(composed.placed, files, strict=True))
        ],
    )
    return mail_id


def save(connection: sqlite3.Connection, item: OutboxItem) -> None:
    """Write down what of a mail may change."""
    connection.execute(
        "UPDATE mail SET state = ?, phase = ?, pending = ?, refused = ?, updated_at = ?,"
        " attempts = ?, tries = ?, since = ?, next_attempt_at = ?, code = ?, reply = ?,"
        " advice_id = ?, duration_ms = ?, possible_duplicate = ?, when_unsure = ?, unsure = ?,"
        " parts = ?, parts_of = ? WHERE id = ?",
        (
            item.state.value,
            item.phase.value,
            _dump(item.pending),
            _dump([(r.mailbox, r.code, r.reply, r.advice_id) for r in item.refused]),
            to_ms(item.updated_at),
            item.attempts,
            item.tries,
            _ms(item.since),
            _ms(item.next_attempt_at),
            item.code,
            item.reply,
            item.advice_id,
            item.duration_ms,
            item.possible_duplicate,
            item.when_unsure.value,
            item.unsure,
            item.parts,
            item.parts_of,
            item.id,
        ),
    )


def item_of(row: sqlite3.Row) -> OutboxItem:
    """Return the entry that a row of `SELECT` holds; a damaged one has failed."""
    try:
        return _item(row)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        from traymail.core.reply_rules.details import LOST  # slow to import, and seldom needed

        return OutboxItem(
            id=row["id"],
            message_id=shown(row["message_id"]),
            state=State.FAILED,
            account=shown(row["account"]),
            rule=shown(row["rule"]) or None,
            sender=shown(row["sender"]),
            to=(),
            cc=(),
            bcc=(),
            pending=(),
            subject=shown(row["subject"]),
            size=0,
            created_at=from_ms(row["created_at"]),
            updated_at=from_ms(row["updated_at"]),
            reply=LOST.msgid,
            advice_id="attachment",
        )


def _item(row: sqlite3.Row) -> OutboxItem:
    recipients = json.loads(row["recipients"])
    return OutboxItem(
        id=row["id"],
        message_id=_words(row["message_id"]),
        state=State(row["state"]),
        account=_words(row["account"]),
        rule=_words(row["rule"]) or None,
        sender=_words(row["sender"]),
        to=_addresses(recipients["to"]),
        cc=_addresses(recipients["cc"]),
        bcc=_addresses(recipients["bcc"]),
        pending=tuple(_words(one) for one in json.loads(row["pending"])),
        subject=_words(row["subject"]),
        size=_whole(row["size"]),
        created_at=from_ms(row["created_at"]),
        updated_at=from_ms(row["updated_at"]),
        attempts=_whole(row["attempts"]),
        phase=Phase(row["phase"]),
        next_attempt_at=_time(row["next_attempt_at"]),
        code=_or_none(_whole, row["code"]),
        reply=_or_none(_words, row["reply"]),
        advice_id=_or_none(_words, row["advice_id"]),
        duration_ms=_or_none(_whole, row["duration_ms"]),
        possible_duplicate=bool(row["possible_duplicate"]),
        when_unsure=WhenUnsure(row["when_unsure"]),
        unsure=_whole(row["unsure"]),
        refused=tuple(
            RecipientReply(
                _words(mailbox), int(code), _words(reply), _words(advice_id), for_good=True
            )
            for mailbox, code, reply, advice_id in json.loads(row["refused"])
        ),
        tries=_whole(row["tries"]),
        since=_time(row["since"]),
        parts=row["parts"],
        parts_of=row["parts_of"],
    )


def attempt_of(row: sqlite3.Row) -> Attempt:
    """Return the try that a row holds; of a damaged one, what can be read."""
    code, duration = row["code"], row["duration_ms"]
    return Attempt(
        number=row["number"] if isinstance(row["number"], int) else 0,
        started_at=from_ms(row["started_at"]),
        duration_ms=duration if isinstance(duration, int) else 0,
        outcome=shown(row["outcome"]),
        stage=shown(row["stage"]),
        code=code if isinstance(code, int) else None,
        reply=shown(row["reply"]),
    )


def verdict_of(row: sqlite3.Row) -> RecipientReply:
    """Return what was said of a recipient; of a damaged row, what can be read."""
    code = row["code"] if isinstance(row["code"], int) else 0
    return RecipientReply(shown(row["mailbox"]), code, shown(row["reply"]), shown(row["advice_id"]))


def shown(value: object) -> str:
    """Return a value as a text to look at, also where a damaged row holds none."""
    if isinstance(value, bytes):
        return text_of(value)
    return "" if value is None else str(value)


def attachment_of(row: sqlite3.Row) -> Attachment:
    """Return the attachment that a row holds."""
    return Attachment(
        name=row["name"],
        mime_type=row["mime_type"],
        size=row["size"],
        sha256=row["sha256"],
        content=row["content"],
        spool=row["spool"],
    )


def among(*states: State) -> str:
    """Return the condition that a mail is in one of these states, as indexes have it."""
    return "(" + " OR ".join(f"state = '{state.value}'" for state in states) + ")"


def like(words: str) -> str:
    """Return a LIKE pattern (escape character: backslash) for text that contains ``words``."""
    for special in ("\\", "%", "_"):
        words = words.replace(special, f"\\{special}")
    return f"%{words}%"


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _pairs(addresses: Iterable[Address]) -> list[tuple[str, str]]:
    return [(address.mailbox, address.name) for address in addresses]


def _addresses(pairs: Iterable[tuple[str, str]]) -> tuple[Address, ...]:
    return tuple(Address(_words(mailbox), _words(name)) for mailbox, name in pairs)


def _words(value: object) -> str:
    """Return a text as the JSON of a row holds it; raises TypeError for what is none."""
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _whole(value: object) -> int:
    """Return a number of a row; raises TypeError for what is none."""
    if not isinstance(value, int):
        raise TypeError(value)
    return value


def _or_none(reader: Callable[[object], T], value: object) -> T | None:
    return None if value is None else reader(value)


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)


def _time(moment: int | None) -> datetime | None:
    return None if moment is None else from_ms(moment)
