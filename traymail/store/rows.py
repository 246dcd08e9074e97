"""Between rows and nouns: how mails and attachments are written down."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from traymail.core.account import WhenUnsure
from traymail.core.errors import RecipientReply
from traymail.core.message import Address, Attachment, Composed, Draft, Stamp, encoded_size
from traymail.core.outbox import OutboxItem, Phase, State
from traymail.store.database import from_ms, to_ms

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
            message_id=str(row["message_id"]),
            state=State.FAILED,
            account=str(row["account"]),
            rule=str(row["rule"]) or None,
            sender=str(row["sender"]),
            to=(),
            cc=(),
            bcc=(),
            pending=(),
            subject=str(row["subject"]),
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
        message_id=row["message_id"],
        state=State(row["state"]),
        account=row["account"],
        rule=row["rule"] or None,
        sender=row["sender"],
        to=_addresses(recipients["to"]),
        cc=_addresses(recipients["cc"]),
        bcc=_addresses(recipients["bcc"]),
        pending=tuple(_words(one) for one in json.loads(row["pending"])),
        subject=row["subject"],
        size=row["size"],
        created_at=from_ms(row["created_at"]),
        updated_at=from_ms(row["updated_at"]),
        attempts=row["attempts"],
        phase=Phase(row["phase"]),
        next_attempt_at=_time(row["next_attempt_at"]),
        code=row["code"],
        reply=row["reply"],
        advice_id=row["advice_id"],
        duration_ms=row["duration_ms"],
        possible_duplicate=bool(row["possible_duplicate"]),
        when_unsure=WhenUnsure(row["when_unsure"]),
        unsure=row["unsure"],
        refused=tuple(
            RecipientReply(_words(mailbox), int(code), _words(reply), advice_id, for_good=True)
            for mailbox, code, reply, advice_id in json.loads(row["refused"])
        ),
        tries=row["tries"],
        since=_time(row["since"]),
        parts=row["parts"],
        parts_of=row["parts_of"],
    )


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


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)


def _time(moment: int | None) -> datetime | None:
    return None if moment is None else from_ms(moment)
