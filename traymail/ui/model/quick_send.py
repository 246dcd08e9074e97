"""The quick-send window as a value: what is written, how far it is, what each event makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from pathlib import PurePath

from traymail.accounts import kind_of
from traymail.core.account import Account
from traymail.core.errors import SourceError, TraymailError
from traymail.core.events import AccountChanged, Event, ItemChanged, PauseChanged
from traymail.core.groups import Groups, members
from traymail.core.outbox import OutboxItem, State
from traymail.core.overview import Overview, SavedDraft
from traymail.core.replies import trouble_of
from traymail.core.reply_rules import Trouble
from traymail.core.shown import without_pictures
from traymail.core.texts import Text, text
from traymail.ui.model.prefill import Prefill
from traymail.ui.model.sentences import sentence_of

_NO_WAY = frozenset({Trouble.NAME, Trouble.NETWORK, Trouble.REFUSED, Trouble.TIMEOUT})
_ON_ITS_WAY = frozenset({State.SENDING, State.SENT, State.PARTIAL, State.UNKNOWN, State.FAILED})


class DraftStage(Enum):
    """How far a mail is. Only in WRITING can it be changed."""

    WRITING = "writing"
    ASKING = "asking whether it is really meant so"
    POSTING = "being stored"
    WAITING = "stored, and can be undone"
    RETURNING = "being taken back"


@dataclass(frozen=True, slots=True)
class SmallPicture:
    """A picture with no side above ``most`` pixels, made of a larger one or that one itself."""

    most: int
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class File:
    """A file to attach; ``trouble`` is why it cannot be.

    ``longest``: the longer side of a picture that could be made smaller, ``small`` what was made.
    """

    path: str
    name: str
    size: int = 0
    trouble: Text | None = None
    longest: int = 0
    small: SmallPicture | None = None

    def sent(self, most: int) -> tuple[str, int]:
        """Return path and size of what is sent when pictures are made this small; 0: not at all."""
        if self.small is not None and self.small.most == most:
            return self.small.path, self.small.size
        return self.path, self.size


@dataclass(frozen=True, slots=True)
class Standing:
    """How the accounts stand; ``known`` once it was asked for."""

    known: bool = False
    accounts: Mapping[str, Account] = field(default_factory=dict)
    default: str = ""
    stopped: frozenset[str] = frozenset()
    offline: frozenset[str] = frozenset()
    paused: bool = False
    groups: Groups = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuickSend:
    """All of the window.

    ``written`` is what its fields hold (the files are in ``files``); of its addresses, those in
    ``typing`` are not finished yet. ``tried``: the user asked to send it, so what is missing is
    told. ``trouble``: why the last step did not work. ``question``: what is asked before it is
    sent, ``agreed`` what was answered with yes. ``mail`` and ``seconds``: what can be undone, and
    how long.
    """

    standing: Standing = Standing()
    written: SavedDraft = field(default_factory=SavedDraft)
    typing: frozenset[str] = frozenset()
    files: tuple[File, ...] = ()
    stage: DraftStage = DraftStage.WRITING
    tried: bool = False
    trouble: Text | None = None
    question: Text | None = None
    agreed: frozenset[Text] = frozenset()
    mail: int = 0
    seconds: int = 0

    @property
    def account(self) -> Account | None:
        """The account to send from: the chosen one, the default one, any; None without any."""
        accounts = self.standing.accounts
        for name in (self.written.account, self.standing.default):
            if name in accounts:
                return accounts[name]
        return next(iter(accounts.values()), None)

    @property
    def recipients(self) -> tuple[str, ...]:
        """All recipients, as they were typed."""
        return (*self.written.to, *self.written.cc, *self.written.bcc)

    @property
    def people(self) -> tuple[str, ...]:
        """All recipients, those of groups in place of their names."""
        return self.spread(self.recipients)

    def spread(self, typed: tuple[str, ...]) -> tuple[str, ...]:
        """Return recipients with the people of groups in place of their names."""
        found: list[str] = []
        for words in typed:
            own = self.account and kind_of(self.account).named(self.account, words)
            people = None if own else members(words, self.standing.groups)
            found += (words,) if people is None else (one.mailbox for one in people)
        return tuple(found)

    @property
    def may_each(self) -> bool:
        """Whether each could get a mail of its own: who gets a copy would get all of them."""
        written = self.written
        return len(self.spread(written.to)) > 1 and not (written.cc or written.bcc)

    @property
    def each(self) -> bool:
        """Whether each recipient gets a mail of its own."""
        return self.written.each and self.may_each

    @property
    def to_shrink(self) -> tuple[File, ...]:
        """The pictures of which smaller ones are wanted, and not made yet."""
        most = self.written.pictures
        return tuple(
            file
            for file in self.files
            if 0 < most < file.longest and (file.small is None or file.small.most != most)
        )

    @property
    def attached(self) -> tuple[File, ...]:
        """The files that are not shown in the text."""
        return tuple(file for file in self.files if file.path not in self.written.shown)

    @property
    def unseen(self) -> tuple[str, ...]:
        """The pictures in the text that were not looked at: an undo brought them back."""
        there = {file.path for file in self.files}
        return tuple(path for path in dict.fromkeys(self.written.shown) if path not in there)

    @property
    def takes_pictures(self) -> bool:
        """Whether the text can show pictures: some accounts send words alone, and files apart."""
        return self.account is not None and "html" not in kind_of(self.account).refused(
            self.account
        )

    @property
    def kept(self) -> SavedDraft:
        """What has to survive a restart."""
        files = tuple(file.path for file in self.attached)
        if not (files or _has_words(self.written)):
            return SavedDraft()
        return replace(self.written, files=files, posted=self.mail)

    @property
    def empty(self) -> bool:
        """Whether nothing has been written or attached."""
        return self.kept == SavedDraft()


def _has_words(written: SavedDraft) -> bool:
    ways = SavedDraft(
        written.account, markdown=written.markdown, each=written.each, pictures=written.pictures
    )
    return replace(written, files=(), posted=0) != ways


# --- writing ------------------------------------------------------------------------------------


def wrote(state: QuickSend, written: SavedDraft, typing: frozenset[str] = frozenset()) -> QuickSend:
    """Return the state after typing."""
    if state.stage is not DraftStage.WRITING or (written, typing) == (state.written, state.typing):
        return state
    gone = set(state.written.shown) - set(written.shown)
    files = tuple(file for file in state.files if file.path not in gone)
    return replace(state, written=written, typing=typing, files=files, trouble=None)


def looked(state: QuickSend, files: Sequence[File]) -> QuickSend:
    """Return the state after files were looked at: those that can be are attached.

    One that is there already is shown as it is now, also when it is gone.
    """
    new = {file.path: file for file in files}
    kept = tuple(new.pop(file.path, file) for file in state.files)
    shown = state.written.shown
    more = tuple(one for one in new.values() if one.trouble is None or one.path in shown)
    return replace(state, files=(*kept, *more))


def shrunk(state: QuickSend, path: str, small: SmallPicture) -> QuickSend:
    """Return the state after a smaller picture was made."""
    files = tuple(replace(one, small=small) if one.path == path else one for one in state.files)
    return replace(state, files=files)


def turned_away(state: QuickSend, files: Sequence[File]) -> Text | None:
    """Return why the first of these files was not attached, and how many more; None: all were."""
    there = {file.path for file in state.files}
    bad = [file for file in files if file.trouble is not None and file.path not in there]
    if not bad:
        return None
    first = text("{name}: {what}", name=bad[0].name, what=bad[0].trouble)
    if len(bad) == 1:
        return first
    return text("{first} Not attached, either: {n} more.", first=first, n=len(bad) - 1)


def removed(state: QuickSend, path: str) -> QuickSend:
    """Return the state without a file."""
    if state.stage is not DraftStage.WRITING:
        return state
    return replace(
        state, files=tuple(file for file in state.files if file.path != path), trouble=None
    )


def prefilled(state: QuickSend, asked: Prefill) -> QuickSend:
    """Return the state with what is asked for added; nothing the user wrote is lost.

    The files are looked at apart, and attached then.
    """
    if state.stage is DraftStage.WAITING:
        state = finished(state)  # it is stored, and leaves when its time has come
    old = state.written
    more = asked.body if asked.shown else without_pictures(asked.body)
    lead = old.body.rstrip()
    written = replace(
        old,
        to=_with(old.to, asked.to),
        cc=_with(old.cc, asked.cc),
        bcc=_with(old.bcc, asked.bcc),
        subject=old.subject or asked.subject,
        body=f"{lead}\n\n{more}" if lead and more else more or old.body,
        account=asked.account or old.account,
        markdown=old.markdown or asked.markdown,
        shown=(*old.shown, *asked.shown),
    )
    return replace(state, written=written)


def clashes(state: QuickSend, asked: Prefill) -> bool:
    """Tell whether this would be another mail than the one that is being written.

    Its people must not get what was written for others; files and words are just added.
    """
    other = bool(asked.to or asked.cc or asked.bcc or asked.subject)
    return other and state.stage in {DraftStage.WRITING, DraftStage.ASKING} and not state.empty


def restored(state: QuickSend, saved: SavedDraft) -> QuickSend:
    """Return the state with a kept draft, unless something is written; its files are unseen yet."""
    if saved.posted or not state.empty:
        return state
    paths = dict.fromkeys((*saved.files, *saved.shown))
    files = tuple(File(path, PurePath(path).name) for path in paths)
    return replace(state, written=replace(saved, files=()), files=files)


def _with(there: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*there, *more)))


# --- sending ------------------------------------------------------------------------------------


def posting(state: QuickSend) -> QuickSend:
    """Return the state while the mail is stored; files that were missing may be there again."""
    files = tuple(replace(file, trouble=None) for file in state.files)
    return replace(
        state,
        stage=DraftStage.POSTING,
        files=files,
        trouble=None,
        question=None,
        agreed=frozenset(),
    )


def reconsidered(state: QuickSend) -> QuickSend:
    """Return the state after a question was answered with no."""
    return replace(state, stage=DraftStage.WRITING, question=None, agreed=frozenset())


def posted(state: QuickSend, mail: int, seconds: int) -> QuickSend:
    """Return the state once the mail is stored and leaves in so many seconds."""
    if seconds <= 0:
        return finished(state)
    return replace(state, stage=DraftStage.WAITING, mail=mail, seconds=seconds)


def refused(state: QuickSend, error: TraymailError) -> QuickSend:
    """Return the state after a step that did not work; the text is there again."""
    files = state.files
    if isinstance(error, SourceError):
        files = tuple(
            replace(file, trouble=error.title)
            if error.path in {file.path, file.sent(state.written.pictures)[0]}
            else file
            for file in files
        )
    state = replace(state, files=files, trouble=sentence_of(error))
    if state.stage in {DraftStage.POSTING, DraftStage.RETURNING}:
        return replace(state, stage=DraftStage.WRITING, mail=0, seconds=0)
    return state


def returning(state: QuickSend) -> QuickSend:
    """Return the state while the mail is taken back."""
    return replace(state, stage=DraftStage.RETURNING)


def returned(state: QuickSend, *, back: bool) -> QuickSend:
    """Return the state after undo: the text is there again, also when it came too late."""
    late = text("Too late: this mail is already on its way. Its text is here as a copy.")
    return replace(
        state,
        stage=DraftStage.WRITING,
        mail=0,
        seconds=0,
        tried=False,
        trouble=None if back else late,
    )


def finished(state: QuickSend) -> QuickSend:
    """Return an empty window."""
    return QuickSend(standing=state.standing)


# --- what the program tells -----------------------------------------------------------------------


def informed(state: QuickSend, overview: Overview, now: datetime) -> QuickSend:
    """Return the state with the accounts as they stand."""
    settings = overview.settings
    standing = Standing(
        known=True,
        accounts=settings.accounts,
        default=settings.default_account,
        stopped=frozenset(name for name, one in overview.accounts.items() if one.needs_user),
        offline=frozenset(
            name
            for name, one in overview.accounts.items()
            if one.failures > 0 and one.hold_until is not None and one.hold_until > now
        ),
        paused=overview.paused,
        groups=settings.groups,
    )
    return replace(state, standing=standing)


def heard(state: QuickSend, event: Event) -> QuickSend:
    """Return the state after an event of the engine."""
    standing = state.standing
    match event:
        case ItemChanged():
            standing = replace(standing, offline=_offline(standing.offline, event.item))
            return _after_item(replace(state, standing=standing), event.item)
        case AccountChanged():
            name = event.state.name
            others = standing.stopped - {name}
            stopped = others | {name} if event.state.needs_user else others
            return replace(state, standing=replace(standing, stopped=stopped))
        case PauseChanged():
            return replace(state, standing=replace(standing, paused=event.paused))
        case _:  # settings are asked for anew by the window; the rest is not shown here
            return state


def _offline(offline: frozenset[str], item: OutboxItem) -> frozenset[str]:
    if item.state is State.QUEUED and item.attempts > 0 and trouble_of(item.advice_id) in _NO_WAY:
        return offline | {item.account}
    if item.state is State.SENT or item.code is not None:
        return offline - {item.account}
    return offline


def _after_item(state: QuickSend, item: OutboxItem) -> QuickSend:
    """Follow what others do with the mail that can be undone: send it at once, or cancel it."""
    if state.stage is not DraftStage.WAITING or item.id != state.mail:
        return state
    if item.state in _ON_ITS_WAY:
        return finished(state)
    if item.state is State.CANCELLED:
        return returned(state, back=True)
    return state
