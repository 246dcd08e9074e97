"""What follows from what is written: size on the wire, what is wrong, the draft it makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial

from traymail.accounts import kind_of
from traymail.core.account import Account
from traymail.core.address import undotted
from traymail.core.groups import members, recipients
from traymail.core.message import Address, Draft, DraftFile
from traymail.core.mime import wire_bytes
from traymail.core.provider import by_id, meant_domain
from traymail.core.shown import cid_of, from_markdown, plain, to_html
from traymail.core.signature import signed
from traymail.core.template import human_size
from traymail.core.texts import Text, text
from traymail.ui.model.completion import complaint, named, with_name
from traymail.ui.model.quick_send import DraftStage, QuickSend, posting

# The HTML of a text is about so much larger; it is only made when the mail is sent.
_HTML_FACTOR = 2
_FIELDS = ("to", "cc", "bcc")
# Of a domain, so many characters fit into the question.
_ROOM = 14
# Above so many recipients that see each other, one mail each is hardly ever unwanted.
MOST_SEEN = 15
NO_SUBJECT = text("Send without a subject?")


@dataclass(frozen=True, slots=True)
class Weight:
    """How much of the account's limit the mail takes."""

    part: float
    words: Text
    more: Text
    over: bool


class Keeping(Enum):
    """Why mail would not leave at once."""

    NOTHING = ""
    STOPPED = "stopped"
    OFFLINE = "offline"
    PAUSED = "paused"


def weight(state: QuickSend) -> Weight | None:
    """Return what the meter shows; None when it has nothing to tell."""
    account, octets = state.account, wire_size(state)
    if account is None:
        return None
    limit = account.max_message_bytes
    over = octets > limit
    if not (state.files or over):
        return None
    sizes = {"a": human_size(octets), "b": human_size(limit)}
    words = text("{a} of {b}", **sizes)
    if over:
        provider = by_id(account.provider)
        words = text(
            "{a} of {b}: {provider} would refuse this. Remove a file or zip it.",
            provider=provider.name if provider else account.host or account.name,
            **sizes,
        )
    count = len(state.files)
    more = text("1 file") if count == 1 else text("{n} files", n=count)
    return Weight(min(octets / limit, 1.0), words, more, over)


def wire_size(state: QuickSend) -> int:
    """Return how many octets the message will have on the wire at most."""
    written = state.written
    copies = 1 + _HTML_FACTOR if written.markdown else 1
    body = written.body + (account.signature if (account := state.account) else "")
    groups = state.standing.groups
    grouped = (str(one) for typed in state.recipients for one in members(typed, groups) or ())
    words = (*[body] * copies, written.subject, *state.people, *grouped)
    sizes = [(file.name, file.sent(written.pictures)[1]) for file in state.files]
    return wire_bytes(words, sizes)


def complaints(state: QuickSend) -> dict[str, Text]:
    """Return what is wrong with a field, by its name: to, cc, bcc."""
    found = {}
    for name in _FIELDS:
        ready = (words for words in getattr(state.written, name) if words not in state.typing)
        groups = state.standing.groups
        typed = (words for words in ready if _own_name(state.account, words) is None)
        wrong = (complaint(words, groups) for words in typed)
        first = next((what for what in wrong if what is not None), None)
        if first is not None:
            found[name] = first
    account = state.account
    cannot = barred(account)
    for name in _FIELDS:
        if name in cannot and getattr(state.written, name):
            found[name] = cannot[name]
    ready_to = tuple(words for words in state.written.to if words not in state.typing)
    if account is not None and ready_to and "to" not in found:
        wrong_to = kind_of(account).wrong_to(account, _addresses(state, ready_to, {}))
        if wrong_to is not None:
            found["to"] = wrong_to
    if state.tried and not state.recipients and group_of(account) is None:
        found["to"] = text("Who gets it? Type an address, or choose “Me”.")
    return found


def barred(account: Account | None) -> Mapping[str, Text]:
    """Return the parts of a mail that an account takes none of, and the words that say so."""
    return {} if account is None else kind_of(account).refused(account)


def group_of(account: Account | None) -> Address | None:
    """Return whom a mail without recipients goes to; None: there have to be some."""
    return None if account is None else kind_of(account).group(account)


def own_mailbox(account: Account | None) -> str | None:
    """Return where mail reaches the user through an account; None for one that only sends."""
    if account is None or "address" not in kind_of(account).form.keys:
        return None
    return account.address.mailbox


def may_send(state: QuickSend) -> bool:
    """Return whether Send can be pressed."""
    heavy = weight(state)
    return (
        state.stage is DraftStage.WRITING
        and state.account is not None
        and not (heavy is not None and heavy.over)
        and not complaints(state)
    )


def asked_to_send(state: QuickSend) -> QuickSend:
    """Return the state after Send was pressed: POSTING, ASKING, or what is missing is told."""
    if state.stage is not DraftStage.WRITING:
        return state
    state = replace(state, tried=True, trouble=None)
    if not may_send(state):
        return state
    return _asked(state)


def agreed(state: QuickSend) -> QuickSend:
    """Return the state after the question was answered with yes: POSTING, or the next one."""
    if state.stage is not DraftStage.ASKING or state.question is None:
        return state
    return _asked(replace(state, agreed=state.agreed | {state.question}))


def _asked(state: QuickSend) -> QuickSend:
    question = next((one for one in _doubts(state) if one not in state.agreed), None)
    if question is None:
        return posting(state)
    return replace(state, stage=DraftStage.ASKING, question=question)


def _doubts(state: QuickSend) -> Iterator[Text]:
    """Yield what is asked before such a mail is sent."""
    others = (one for one in state.people if _own_name(state.account, one) is None)
    for mailbox in dict.fromkeys(named(words, {}).mailbox for words in others):
        domain = mailbox.rpartition("@")[2]
        shown = domain if len(domain) <= _ROOM else f"{domain[: _ROOM - 1]}…"
        if undotted(mailbox):
            yield text("“@{domain}” has no dot. Send anyway?", domain=shown)
        elif meant := meant_domain(mailbox):
            yield text("Is @{meant} meant? Send to “@{domain}” anyway?", meant=meant, domain=shown)
    seen = len(state.spread((*state.written.to, *state.written.cc)))
    if seen > MOST_SEEN and not state.each:
        yield text("All {n} recipients see each other. Send anyway?", n=seen)
    if not state.written.subject.strip():
        yield NO_SUBJECT


def draft_of(state: QuickSend, names: Mapping[str, str]) -> Draft:
    """Return the draft to post; raises InputError for a bad address, or what an account refuses.

    There must be an account. ``names`` are those of known mailboxes.
    """
    account, written = state.account, state.written
    assert account is not None, "without an account Send is disabled"  # noqa: S101 - told above
    group = group_of(account)
    words, html, files = _body(state, account)
    words, html = signed(words, html, account.signature)
    draft = Draft(
        account=account.name,
        sender=account.address,
        to=_addresses(state, written.to, names) or ((group,) if group else ()),
        cc=_addresses(state, written.cc, names),
        bcc=_addresses(state, written.bcc, names),
        subject=written.subject.strip(),
        text=words,
        html=html,
        files=files,
        when_unsure=account.when_unsure.value,
    )
    kind_of(account).require(account, draft)
    return draft


def _body(state: QuickSend, account: Account) -> tuple[str, str | None, tuple[DraftFile, ...]]:
    """Return the text, its HTML and all files; an account without HTML gets pictures as files."""
    written, by_path = state.written, {file.path: file for file in state.files}
    shown = [by_path[path] for path in written.shown if path in by_path]
    cids = {file.path: cid_of(file.path, account.address.mailbox) for file in shown}
    html = None
    if not state.takes_pictures:
        cids = dict.fromkeys(cids, "")
        html = _html(written.body, []) if written.markdown else None
    elif shown or written.markdown:
        named = [(cids[file.path], file.name) for file in shown]
        html = _html(written.body, named) if written.markdown else to_html(written.body, named)
    files = tuple(
        DraftFile(file.name, file.sent(written.pictures)[0], cid=cids.get(file.path, ""))
        for file in (*dict.fromkeys(shown), *state.attached)
    )
    return plain(written.body, [file.name for file in shown]), html, files


def _html(body: str, pictures: Sequence[tuple[str, str]]) -> str:
    from traymail.core.markdown import to_html as of_markdown  # slow to import, and seldom chosen

    return from_markdown(body, pictures, of_markdown)


def _own_name(account: Account | None, words: str) -> Address | None:
    """Return whom words name in a way that only this kind of account has."""
    return None if account is None else kind_of(account).named(account, words)


def _addresses(
    state: QuickSend, typed: tuple[str, ...], names: Mapping[str, str]
) -> tuple[Address, ...]:
    """Return the recipients; raises InputError for one that is none."""
    own = partial(_own_name, state.account)
    found = recipients(typed, state.standing.groups, own)
    return tuple(one if own(one.mailbox) else with_name(one, names) for one in found)


def countdown(state: QuickSend, seconds: int) -> Text:
    """Return what the undo bar says."""
    count = len({one.casefold() for one in state.people})
    if count == 0:
        return text("Sending in {s} s to the group", s=seconds)
    if count == 1:
        return text("Sending in {s} s to 1 person", s=seconds)
    return text("Sending in {s} s to {n} people", s=seconds, n=count)


def why_undo_stands(state: QuickSend) -> Text | None:
    """Return what the undo bar says while no mail leaves, and its count stands still."""
    return text("Paused: the mail waits") if keeping(state) is Keeping.PAUSED else None


def keeping(state: QuickSend) -> Keeping:
    """Return why the mail would wait in the outbox."""
    account, standing = state.account, state.standing
    if account is None:
        return Keeping.NOTHING
    if account.name in standing.stopped:
        return Keeping.STOPPED
    if account.name in standing.offline:
        return Keeping.OFFLINE
    return Keeping.PAUSED if standing.paused else Keeping.NOTHING


_KEPT: Mapping[Keeping, Text] = {
    Keeping.STOPPED: text("This account needs you first. Your mail is kept until then."),
    Keeping.OFFLINE: text("No network. Your mail is kept and goes out when you are back online."),
    Keeping.PAUSED: text("Sending is paused. Your mail is kept and goes out when you resume."),
}


def keeping_words(state: QuickSend) -> Text | None:
    """Return the sentence of the amber strip; None when mail leaves at once."""
    return _KEPT.get(keeping(state))


def sender_words(account: Account) -> Text | str:
    """Return an account as the From field shows it."""
    kind = kind_of(account)
    if account.address.mailbox == kind.shown_address(account):
        return str(account.address)
    return kind.with_address(account)


_SIGNS = {
    "file-earmark-pdf": {"pdf"},
    "file-earmark-image": {
        "png",
        "jpg",
        "jpeg",
        "gif",
        "webp",
        "bmp",
        "svg",
        "heic",
        "tif",
        "tiff",
    },
    "file-earmark-zip": {"zip", "7z", "rar", "gz", "bz2", "xz", "tar"},
    "file-earmark-word": {"doc", "docx", "odt", "rtf"},
    "file-earmark-excel": {"xls", "xlsx", "ods", "csv"},
    "file-earmark-ppt": {"ppt", "pptx", "odp"},
    "file-earmark-music": {"mp3", "m4a", "wav", "flac", "ogg"},
    "file-earmark-play": {"mp4", "mkv", "mov", "avi", "webm"},
    "file-earmark-text": {"txt", "md", "log"},
}


def sign_of(name: str) -> str:
    """Return the icon for a kind of file."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    return next((sign for sign, endings in _SIGNS.items() if ending in endings), "file-earmark")
