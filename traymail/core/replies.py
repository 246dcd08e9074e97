"""What a server's answer means for a mail and its account, and what to tell the user."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
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
    TraymailError,
    UnknownOutcome,
)
from traymail.core.outbox import OutboxItem, Receipt, State
from traymail.core.provider import by_id
from traymail.core.reasons import foreseen
from traymail.core.reply_rules import (
    RULES,
    Action,
    ReplyRule,
    Trouble,
    details,
    families_of,
    services,
    titles,
)
from traymail.core.reply_rules.details import OWN_FILES, SCARCE, reply_told
from traymail.core.reply_rules.secrets import WAYS_TO_MEND
from traymail.core.texts import ByCommand, Text, by_command, in_command, text

# Of a reply, so much is kept: a hostile server must not fill the outbox. More is looked at, since
# blanks are put together; but not all, since a server may say megabytes.
LONGEST_REPLY = 500
LONGEST_READ = 20_000

_STATUS = re.compile(rb"[245]\.\d{1,3}\.\d{1,3} ")
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?!\S)")
# The words of `outcome_word`, as people read them.
_OUTCOMES = {
    "sent": text("sent"),
    "later": text("not now"),
    "refused": text("refused"),
    "unknown": text("perhaps sent"),
    "stopped": text("account stopped"),
    "interrupted": text("interrupted"),
    "held": text("held back by a limit"),
}
# The words of `Stage`, where they are not the protocol's own.
_STAGES = {
    Stage.CONNECT.value: text("connecting"),
    Stage.AUTH.value: text("login"),
    Stage.MAIL.value: text("sender"),
    Stage.RCPT.value: text("recipients"),
    Stage.DATA.value: text("content"),
    Stage.FINAL.value: text("end of the mail"),
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
    reply: Reply,
    provider: str,
    *,
    trouble: Trouble | None = None,
    login_worked: bool = False,
    place: str = "",
    oauth: bool = False,
) -> Diagnosis:
    """Find what an answer means.

    ``provider`` is the id of the table's row, the family of a service that has none, the wider
    one first where there are two (joined by a colon), or "". With ``trouble`` there was no answer,
    and ``reply`` tells in its text what happened instead.
    ``login_worked``: the secret has been accepted before. ``place``: that of
    `traymail.core.secret.Secret`. ``oauth``: the secret was an access token.
    """
    row = by_id(provider)
    own = (row.family,) if row else (provider, provider.partition(":")[0])
    families = {"", *own, *families_of(reply.text)}
    if services.by_service(own[-1]):
        families.add(services.HTTP)
    rule = next(
        (
            rule
            for rule in RULES
            if rule.trouble is trouble
            and rule.family in families
            and (rule.auth_kind is None or (row is not None and row.auth_kind is rule.auth_kind))
            and (login_worked or not rule.login_worked)
            and (oauth or not rule.oauth)
            and _says(rule, reply)
        ),
        _BY_ID["nonsense"],
    )
    # An account that is locked, or a kind of login, is not mended with the secret.
    about_secret = rule.action is Action.NEEDS_USER and rule.title is titles.LOGIN_REFUSED
    advice_id = f"{rule.id}@{place}" if place and about_secret and not trouble else rule.id
    return Diagnosis(
        advice_id,
        _kind(rule, reply.stage),
        rule.title,
        _advice(rule, advice_id, ""),
        rule.hold,
        rule.action is Action.RETRY_NEW_CONNECTION,
    )


def refused_recipient(mailbox: str, reply: Reply, diagnosis: Diagnosis) -> RecipientReply:
    """Return what a diagnosis makes of the refusal of one recipient."""
    return RecipientReply(
        mailbox,
        reply.code or 0,
        reply.text,
        diagnosis.advice_id,
        for_good=diagnosis.kind is PermanentFailure,
        hold=diagnosis.hold,
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
        hold=max((diagnosis.hold, *(one.hold for one in refused))),
        refused=refused,
    )


def advice_for(advice_id: str | None, account: str = "") -> Text | None:
    """Return the advice of a stored advice id for a mail; None when there is none.

    ``account``: its name, for advice that names a command.
    """
    rule = _row(advice_id)
    return _advice(rule, advice_id or "", account) if rule else None


def remedy_for(advice_id: str, account: str) -> Text:
    """Return what to do about a failure that no mail of the outbox has met: a trial's."""
    rule = _row(advice_id)
    return (_remedy(rule, advice_id, account) if rule else None) or _WAIT


def way_to_mend(place: str, account: str) -> Text:
    """Return what to do about a secret that is not in the keyring."""
    return Text(WAYS_TO_MEND[place].msgid, (("account", in_command(account)),))


def title_for(advice_id: str | None) -> Text | None:
    """Return what a stored advice id says went wrong; None when there is none."""
    rule = _row(advice_id)
    return rule.title if rule else None


def what_failed(title: Text, code: int | None, reply: str | None) -> Text:
    """Return what went wrong in words: the title, and what the server said or did instead."""
    detail = reply_told(code, reply)
    if code is not None:
        return text("{title}: {reply}", title=title, reply=detail)
    if not detail or (title, detail) in _SAID_TWICE:
        return title
    return text("{title} ({detail})", title=title, detail=detail)


_SAID_TWICE = {(titles.NO_CONNECTION, details.REFUSED), (titles.NO_ANSWER, details.TIMED_OUT)}


def trouble_of(advice_id: str | None) -> Trouble | None:
    """Return what ended the session of a stored advice id; None when it was a reply."""
    rule = _row(advice_id)
    return rule.trouble if rule else None


def about_login(advice_id: str | None, code: int | None) -> bool:
    """Tell whether an advice id and a code mean that the login was refused, or had no secret."""
    rule = _row(advice_id)
    if rule is None or rule.action is not Action.NEEDS_USER:
        return False
    if rule.trouble is Trouble.SIGN_IN:
        return True
    # 530: RFC 4954 section 6, authentication required.
    return rule.trouble is Trouble.NO_SECRET or Stage.AUTH in rule.stages or code == 530  # noqa: PLR2004 # so the comment


def mended_outside(advice_id: str | None) -> bool:
    """Tell whether what stopped an account may have been mended where traymail does not see it.

    A credential file may be another now, a command may print another secret, a keyring be there.
    """
    return trouble_of(advice_id) is Trouble.NO_SECRET or _place(advice_id) != ""


def waits_for_keyring(advice_id: str | None) -> bool:
    """Tell whether an account stands still until the keyring is there, open, and has its secret."""
    return advice_id in _OF_KEYRINGS


_OF_KEYRINGS = frozenset({"no-secret", "no-keyring", "keyring-locked"})


def attachment_lost(error: SourceError) -> DeliveryError:
    """Return the failure of a mail whose stored attachment cannot be read."""
    reply = Reply(None, error.path, Stage.DATA)
    return as_error(diagnose(reply, "", trouble=Trouble.FILE), reply)


def gone_wrong(error: Exception, *, after_final: bool) -> DeliveryError:
    """Return the failure of an attempt in which something went wrong on our own side."""
    # Kept with the mail: no words that may hold anything.
    known = OWN_FILES if isinstance(error, TraymailError) else SCARCE
    detail = type(error).__name__ if foreseen(error) is None else known.msgid
    stage, trouble = Stage.DATA, Trouble.INTERNAL
    if after_final:
        stage, trouble = Stage.FINAL, Trouble.UNSURE
    reply = Reply(None, detail, stage)
    return as_error(diagnose(reply, "", trouble=trouble), reply)


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


def have_it(item: OutboxItem) -> Text:
    """Return how many of the recipients have a mail."""
    return text("{n} of {all} have it.", n=len(item.accepted), all=len(item.mailboxes))


def parts_told(item: OutboxItem) -> Text | None:
    """Return what is there of a mail that leaves in several messages; None when that is no news."""
    n, of = item.parts, item.parts_of
    match item.state:
        case State.UNKNOWN if of > 1:
            return text("{n} of {all} parts are there; of the next, nobody knows.", n=n, all=of)
        case State.SENT | State.PARTIAL:
            return None
        case _ if not n or of <= 1:
            return None
        case State.QUEUED:
            return text("{n} of {all} parts are there; only the rest follows.", n=n, all=of)
        case State.FAILED:
            return text(
                "{n} of {all} parts are there; another try sends only the rest.", n=n, all=of
            )
        case _:
            return text("{n} of {all} parts are there.", n=n, all=of)


def stage_told(word: str) -> Text | str:
    """Return a stage of the history as people read it."""
    return _STAGES.get(word, word.upper())


def readable(raw: bytes, hide: Callable[[str], str] = str) -> str:
    """Return a server's words on one line: UTF-8, else GB18030 (older QQ texts), cleaned.

    ``hide`` strikes a secret out; it is asked before anything is cut off or put together.
    """
    try:
        words = raw.decode()
    except UnicodeDecodeError:
        words = raw.decode("gb18030", "replace")
    words = hide(words[:LONGEST_READ])
    if not words.isprintable():
        words = "".join(" " if unicodedata.category(c) in {"Cc", "Cf"} else c for c in words)
    return " ".join(words.split())[:LONGEST_REPLY]


def joined(lines: list[bytes]) -> bytes:
    """Return the lines of a reply as one; a status code that each of them repeats stands once."""
    first = _STATUS.match(lines[0])
    if first is None:
        return b" ".join(lines)
    return b" ".join([lines[0], *(line.removeprefix(first[0]) for line in lines[1:])])


def enhanced_code(reply: Reply) -> str:
    """Return the status code of RFC 3463 that a reply begins with, or ""."""
    found = _ENHANCED.match(reply.text)
    return found[1] if found and str(reply.code or "").startswith(found[1][0]) else ""


def _row(advice_id: str | None) -> ReplyRule | None:
    return _BY_ID.get((advice_id or "").partition("@")[0])


def _place(advice_id: str | None) -> str:
    """Return where the secret was that a stored advice id is about; "" for the keyring."""
    return (advice_id or "").partition("@")[2]


def _remedy(rule: ReplyRule, advice_id: str, account: str) -> Text | None:
    """Return what is wrong and what to do; of a secret that is not in the keyring, where."""
    way = WAYS_TO_MEND.get(_place(advice_id))
    # Advice that names a command of ours names the one for the keyring.
    cause = rule.cause if way is None or isinstance(rule.advice, ByCommand) else rule.advice
    return _after(cause, _named(way or rule.advice, account))


def _after(first: Text | None, then: Text | None) -> Text | None:
    """Return one sentence after the other, as far as there are both."""
    if first is None or then is None:
        return then or first
    if not isinstance(then, ByCommand):
        return text("{advice} {fate}", advice=first, fate=then)
    return by_command(
        text("{advice} {fate}", advice=first, fate=Text(then.msgid, then.values)),
        in_window=text("{advice} {fate}", advice=first, fate=then.in_window),
        at_hand=text("{advice} {fate}", advice=first, fate=then.at_hand),
    )


def _advice(rule: ReplyRule, advice_id: str, account: str) -> Text:
    """Return what to do, and what becomes of the mail."""
    advice = _remedy(rule, advice_id, account)
    if advice is None or rule.fate is None:
        return advice or rule.fate or _WAIT
    return text("{advice} {fate}", advice=advice, fate=rule.fate)


def _named(advice: Text | None, account: str) -> Text | None:
    """Return advice about an account of that name."""
    return replace(advice, values=(("account", in_command(account)),)) if advice else None


_WAIT = text("Try again in a few minutes.")


def _says(rule: ReplyRule, reply: Reply) -> bool:
    return (
        (not rule.stages or reply.stage in rule.stages)
        and (not rule.code or bool(re.fullmatch(rule.code, str(reply.code))))
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
