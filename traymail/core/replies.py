"""What a server's answer means for a mail and its account, and what to tell the user."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from traymail.core.errors import (
    AccountFailure,
    AuthFailure,
    CredentialError,
    DeliveryError,
    KeyringError,
    PermanentFailure,
    RecipientReply,
    Reply,
    SourceError,
    Stage,
    TransientFailure,
    UnknownOutcome,
)
from traymail.core.outbox import Receipt
from traymail.core.provider import by_id
from traymail.core.reply_rules import RULES, Action, ReplyRule, Trouble
from traymail.core.texts import Text, text

# Of a reply, so much is kept: a hostile server must not fill the outbox.
LONGEST_REPLY = 500

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?!\S)")
# The words of `outcome_word`, as people read them.
_OUTCOMES = {
    "sent": text("sent"),
    "later": text("not now"),
    "refused": text("refused"),
    "unknown": text("perhaps sent"),
    "stopped": text("account stopped"),
    "interrupted": text("interrupted"),
}
_BY_ID = {rule.id: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Which rule fits, whose failure it is, and what to say.

    ``hold``: leave the account alone for so long. ``new_connection``: another connection may
    take the mail at once.
    """

    advice_id: str
    kind: type[DeliveryError]
    title: Text
    advice: Text
    hold: timedelta
    new_connection: bool = False


def diagnose(
    reply: Reply, provider: str, *, trouble: Trouble | None = None, login_worked: bool = False
) -> Diagnosis:
    """Find what an answer means.

    ``provider`` is the id of the table's row, or "". With ``trouble`` there was no answer, and
    ``reply`` tells in its text what happened instead. ``login_worked``: the secret has been
    accepted before.
    """
    row = by_id(provider)
    family = row.family if row else ""
    rule = next(_fitting(reply, family, trouble, login_worked=login_worked), _BY_ID["nonsense"])
    return Diagnosis(
        rule.id,
        _kind(rule, reply.stage),
        rule.title,
        rule.advice,
        rule.hold,
        rule.action is Action.RETRY_NEW_CONNECTION,
    )


def as_error(
    diagnosis: Diagnosis, reply: Reply, refused: tuple[RecipientReply, ...] = ()
) -> DeliveryError:
    """Make the error of a diagnosis, ready to be raised."""
    return diagnosis.kind(
        reply,
        diagnosis.advice_id,
        diagnosis.title,
        diagnosis.advice,
        hold=diagnosis.hold,
        refused=refused,
    )


def advice_for(advice_id: str | None) -> Text | None:
    """Return the advice of a stored advice id; None when there is none."""
    rule = _BY_ID.get(advice_id or "")
    return rule.advice if rule else None


def title_for(advice_id: str | None) -> Text | None:
    """Return what a stored advice id says went wrong; None when there is none."""
    rule = _BY_ID.get(advice_id or "")
    return rule.title if rule else None


def trouble_of(advice_id: str | None) -> Trouble | None:
    """Return what ended the session of a stored advice id; None when it was a reply."""
    rule = _BY_ID.get(advice_id or "")
    return rule.trouble if rule else None


def about_login(advice_id: str | None, code: int | None) -> bool:
    """Tell whether an advice id and a code mean that the login was refused, or had no secret."""
    rule = _BY_ID.get(advice_id or "")
    if rule is None:
        return False
    # 530: RFC 4954 section 6, authentication required.
    return rule.trouble is Trouble.NO_SECRET or Stage.AUTH in rule.stages or code == 530  # noqa: PLR2004 # so the comment


def attachment_lost(error: SourceError) -> DeliveryError:
    """Return the failure of a mail whose stored attachment cannot be read."""
    reply = Reply(None, str(error.title), Stage.DATA)
    return as_error(diagnose(reply, "", trouble=Trouble.FILE), reply)


def outcome_word(outcome: Receipt | DeliveryError | CredentialError | None) -> str:
    """Return the word the history keeps for what came of an attempt; None: broken off by us."""
    match outcome:
        case None:
            return "interrupted"
        case Receipt():
            return "sent"
        case TransientFailure() | KeyringError():
            return "later"
        case PermanentFailure():
            return "refused"
        case UnknownOutcome():
            return "unknown"
        case _:
            return "stopped"


def outcome_told(word: str) -> Text | str:
    """Return a word of the history as people read it; one that is not known stays as it is."""
    return _OUTCOMES.get(word, word)


def readable(raw: bytes, hide: Callable[[str], str] = str) -> str:
    """Return a server's words on one line: UTF-8, else GB18030 (older QQ texts), cleaned.

    ``hide`` strikes a secret out; it is asked before anything is cut off or put together.
    """
    try:
        words = raw.decode()
    except UnicodeDecodeError:
        words = raw.decode("gb18030", "replace")
    words = hide(words)
    shown = words
    if not words.isprintable():
        shown = "".join(" " if unicodedata.category(c) in {"Cc", "Cf"} else c for c in words)
    shown = " ".join(shown.split())
    return (shown if shown == words else hide(shown))[:LONGEST_REPLY]


def enhanced_code(reply: Reply) -> str:
    """Return the status code of RFC 3463 that a reply begins with, or ""."""
    found = _ENHANCED.match(reply.text)
    return found[1] if found and str(reply.code or "").startswith(found[1][0]) else ""


def _fitting(
    reply: Reply, family: str, trouble: Trouble | None, *, login_worked: bool
) -> Iterator[ReplyRule]:
    for rule in RULES:
        if rule.trouble is not trouble or (rule.stages and reply.stage not in rule.stages):
            continue
        if (rule.family and rule.family != family) or (rule.login_worked and not login_worked):
            continue
        if _says(rule, reply):
            yield rule


def _says(rule: ReplyRule, reply: Reply) -> bool:
    return (
        (not rule.code or bool(re.fullmatch(rule.code, str(reply.code))))
        and (not rule.enhanced or bool(re.fullmatch(rule.enhanced, enhanced_code(reply))))
        and (not rule.words or bool(re.search(rule.words, reply.text, re.IGNORECASE)))
    )


def _kind(rule: ReplyRule, stage: Stage) -> type[DeliveryError]:
    match rule.action:
        case Action.RETRY | Action.RETRY_NEW_CONNECTION:
            return TransientFailure
        case Action.PERMANENT:
            return PermanentFailure
        case Action.UNKNOWN:
            return UnknownOutcome
        case Action.NEEDS_USER if stage is Stage.AUTH:
            return AuthFailure
        case Action.NEEDS_USER if rule.about_account or stage in _ABOUT_ACCOUNT:
            return AccountFailure
        case Action.NEEDS_USER:
            return PermanentFailure


_ABOUT_ACCOUNT = {Stage.CONNECT, Stage.TLS, Stage.STARTTLS, Stage.EHLO, Stage.MAIL}
