"""How commands show values: times, tables, entries of the outbox."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

from traymail.core.address import clean
from traymail.core.duration import iso
from traymail.core.outbox import Attempt, Fate, OutboxItem, Recipient, State
from traymail.core.replies import advice_for, parts_told
from traymail.core.texts import Text, Translate, elided, text

MOST_CELL = 200
"""So many characters stand in a cell of a table."""


def local(moment: datetime | None) -> str:
    """Return a time for people, of the day where they are."""
    return "" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines with the columns under each other; Han characters take two places."""
    rows = [tuple(elided(clean(cell), MOST_CELL) for cell in row) for row in rows]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell + " " * (room - width(cell)) for cell, room in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def shortened(words: str, places: int) -> str:
    """Return words that take at most so many places on a terminal, with an ellipsis if cut."""
    if width(words) <= places:
        return words
    kept, taken = "", 1
    for sign in words:
        taken += width(sign)
        if taken > places:
            break
        kept += sign
    return f"{kept.rstrip()}…"


def width(words: str) -> int:
    """Return the places that ``words`` take on a terminal."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in words
    )


def state_word(item: OutboxItem) -> Text:
    """Return how a mail stands as people read it."""
    word = text("waits for the server's answer") if item.unanswered else STATES[item.state]
    if parts_told(item) is None:
        return word
    return text("{state} ({n} of {all} parts)", state=word, n=item.parts, all=item.parts_of)


def fate_word(fate: Fate) -> Text:
    """Return how a mail stands with a recipient as people read it."""
    return _FATES[fate]


def account_word(state: str) -> Text:
    """Return an account's state, a word of ``status --json``, as people read it."""
    return _ACCOUNTS[state]


STATES = {
    State.QUEUED: text("waiting"),
    State.SENDING: text("being sent"),
    State.SENT: text("sent"),
    State.PARTIAL: text("partly sent"),
    State.FAILED: text("failed"),
    State.UNKNOWN: text("perhaps sent"),
    State.CANCELLED: text("cancelled"),
}
_FATES = {
    Fate.PENDING: text("waiting"),
    Fate.ACCEPTED: text("has it"),
    Fate.DEFERRED: text("not now"),
    Fate.REFUSED: text("refused"),
}
_ACCOUNTS = {
    "ready": text("ready"),
    "no secret": text("no secret"),
    "locked": text("keyring locked"),
    "waiting": text("waiting"),
    "attention": text("needs you"),
    "missing": text("not configured"),
}


def entry(item: OutboxItem, translate: Translate) -> dict[str, object]:
    """Return an entry of ``outbox list --json``."""
    advice = advice_for(item.advice_id, item.account)
    return {
        "id": item.id,
        "message_id": item.message_id,
        "state": item.state.value,
        "account": item.account,
        "rule": item.rule,
        "to": [str(address) for address in item.to],
        "subject": item.subject,
        "size": item.size,
        "created_at": iso(item.created_at),
        "updated_at": iso(item.updated_at),
        "attempts": item.attempts,
        "next_attempt_at": iso(item.next_attempt_at),
        "code": item.code,
        "reply": item.reply,
        "advice": None if advice is None else advice.translated(translate, whole=True),
        "duration_ms": item.duration_ms,
        "possible_duplicate": item.possible_duplicate,
        "accepted": len(item.accepted),
        "refused": len(item.denied),
    }


def recipient_entries(found: Iterable[Recipient]) -> list[dict[str, object]]:
    """Return the recipients of a mail for programs."""
    return [
        {"address": one.mailbox, "state": one.fate.value, "code": one.code, "reply": one.reply}
        for one in found
    ]


def try_entries(attempts: Iterable[Attempt]) -> list[dict[str, object]]:
    """Return the history of a mail for programs."""
    return [
        {
            "number": one.number,
            "at": iso(one.started_at),
            "duration_ms": one.duration_ms,
            "outcome": one.outcome,
            "stage": one.stage,
            "code": one.code,
            "reply": one.reply,
        }
        for one in attempts
    ]
