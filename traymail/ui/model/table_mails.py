"""The window of mails from a table as a value: what is written, what was found, what went out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from traymail.accounts import kind_of
from traymail.core.account import Account
from traymail.core.csv_table import PREFIX
from traymail.core.errors import Problem, TraymailError
from traymail.core.fields import Choice, Field, FieldKind, Form, Section
from traymail.core.outbox import OutboxItem, State
from traymail.core.overview import Overview
from traymail.core.sight import Sight
from traymail.core.texts import Text, text
from traymail.services.batches import AskedTable, Batch, BatchStanding, TableLook
from traymail.ui.model.outbox_table import SIGNS, Sign, time_left
from traymail.ui.model.quick_judge import barred, group_of
from traymail.ui.model.rule_preview import Instead
from traymail.ui.model.sentences import sentence_of

# So many faults are told beside the form.
_FAULTS = 5
# Before so many are out, the speed is not known well enough to promise anything.
_SURE_AFTER = 3


@dataclass(frozen=True, slots=True)
class TableMailing:
    """How the window stands. ``looked`` belongs to ``values``, or is looked for.

    ``proposed`` are the recipients that a look has put in, for a user who writes none.
    ``posted``: the mails are in the outbox, and leave from ``began`` on.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = None
    accounts: Mapping[str, Account] = field(default_factory=dict)
    proposed: str = ""
    looked: TableLook | None = None
    looking: bool = False
    mail: int = 0
    posting: bool = False
    trouble: TraymailError | None = None
    posted: Batch | None = None
    began: datetime | None = None
    standing: BatchStanding | None = None

    @property
    def asked(self) -> AskedTable | None:
        """What is written; None before a table is chosen."""
        if self.path is None:
            return None
        given = self.values
        return AskedTable(
            self.path,
            given.get("account", ""),
            given.get("to", ""),
            given.get("subject", ""),
            given.get("body", ""),
            given.get("attach", ""),
            markdown=given.get("markdown") == "true",
        )

    @property
    def account(self) -> Account | None:
        """The account that sends; None before the accounts are known, and where there is none."""
        return self.accounts.get(self.values.get("account", ""))

    @property
    def may_send(self) -> bool:
        """Whether the mails may be stored."""
        looked = self.looked
        return (
            not (self.looking or self.posting)
            and self.posted is None
            and looked is not None
            and looked.trouble is None
            and looked.count > 0
            and looked.fault_count == 0
        )

    @property
    def left(self) -> int:
        """How many of the mails have not come to an end."""
        if self.standing is None:
            return 0 if self.posted is None else len(self.posted.lines)
        counts = self.standing.counts
        return counts[State.QUEUED] + counts[State.SENDING]


# --- what happens -------------------------------------------------------------------------------


def informed(state: TableMailing, overview: Overview) -> TableMailing:
    """Return the state once the accounts are known."""
    settings = overview.settings
    accounts = settings.accounts
    usual = settings.default_account or next(iter(accounts), "")
    kept = state.values.get("account", "")
    values = {**state.values, "account": kept if kept in accounts else usual}
    return replace(state, accounts=accounts, values=values)


def chosen(state: TableMailing, path: Path) -> TableMailing:
    """Return the state after another table was chosen."""
    return replace(state, path=path, looked=None, looking=True, mail=0, trouble=None)


def written(state: TableMailing, values: Mapping[str, str]) -> TableMailing:
    """Return the state after something was typed."""
    if values == state.values:
        return state
    return replace(state, values=dict(values), looking=state.path is not None, trouble=None)


def found(state: TableMailing, looked: TableLook) -> TableMailing:
    """Return the state after a look; it proposes recipients to a user who has written none.

    They are looked at next; an account whose mails have their readers needs none.
    """
    if state.values.get("to", "") == state.proposed != looked.to:
        values = {**state.values, "to": looked.to}
        return replace(state, values=values, proposed=looked.to, looked=looked, looking=True)
    mail = min(state.mail, max(len(looked.mails) - 1, 0))
    return replace(state, looked=looked, looking=False, mail=mail)


def turned(state: TableMailing, step: int) -> TableMailing:
    """Return the state with another mail shown."""
    return replace(state, mail=state.mail + step)


def failed(state: TableMailing, error: TraymailError) -> TableMailing:
    """Return the state after something could not be done."""
    return replace(state, trouble=error, looking=False, posting=False)


def posting(state: TableMailing) -> TableMailing:
    """Return the state while the mails are stored."""
    return replace(state, posting=True, trouble=None)


def posted(state: TableMailing, batch: Batch, now: datetime) -> TableMailing:
    """Return the state once the mails are stored."""
    return replace(state, posting=False, posted=batch, began=now + undo_of(state))


def followed(state: TableMailing, standing: BatchStanding) -> TableMailing:
    """Return the state after a look at what became of the mails."""
    return replace(state, standing=standing)


# --- what is shown ------------------------------------------------------------------------------


def form_of(state: TableMailing) -> Form:
    """Return the form: a button beside each text offers the columns."""
    accounts = tuple(
        Choice(one.name, kind_of(one).with_address(one)) for one in state.accounts.values()
    )
    columns = () if state.looked is None else state.looked.columns
    offered = tuple(Choice(f"{{{PREFIX}{one}}}", one) for one in columns if one)
    return (
        Section(
            None,
            (
                Field("account", text("&From"), FieldKind.CHOICE, choices=accounts),
                Field("to", text("T&o"), choices=offered),
                Field("subject", text("S&ubject"), choices=offered),
                Field("body", text("Te&xt"), FieldKind.LINES, choices=offered),
                Field("markdown", text("Mark&down"), FieldKind.SWITCH),
                Field("attach", text("&Attach"), choices=offered),
            ),
        ),
    )


def barred_fields(state: TableMailing) -> Mapping[str, Text]:
    """Return the fields that mean nothing to the account, and the words that say so."""
    cannot = barred(state.account)
    parts = {"to": "to", "attach": "files"}
    return {name: cannot[part] for name, part in parts.items() if part in cannot}


def help_of(state: TableMailing) -> Mapping[str, Text | None]:
    """Return what stands below fields: an account may take none of them, or none at all."""
    path = text("The path of a file; empty: none.")
    group = None if group_of(state.account) is None else text("Empty: to the whole group.")
    return {"to": group, "attach": path, **barred_fields(state)}


def undo_of(state: TableMailing) -> timedelta:
    """Return how long the mails wait before they leave, as those of the quick send do."""
    return timedelta(0) if state.account is None else state.account.undo


def table_words(state: TableMailing) -> Text | str:
    """Return what the line of the table says."""
    return text("No table chosen") if state.path is None else state.path.name


def sight(state: TableMailing) -> Sight | Instead:
    """Return what the preview shows."""
    looked = state.looked
    if state.path is None:
        return Instead("file-earmark-text", text("Choose a table: a CSV file with a row a mail."))
    if looked is None:
        return Instead("", text("Looking…"), turning=True)
    if looked.trouble is not None:
        return Instead("eye-slash", sentence_of(looked.trouble))
    if looked.fault_count:
        listed = list(map(_told, looked.faults[:_FAULTS]))
        return Sight(_wrong(looked), below=_counted(listed, looked.fault_count))
    count = len(looked.mails)
    if not count:
        return Instead("eye", text("Once the fields are filled in, this shows the mails."))
    mail = min(state.mail, count - 1)
    return Sight(
        _headline(looked),
        caption=text("Mail {i} of {n}", i=mail + 1, n=looked.count),
        below=_counted([_slip(*one) for one in looked.slips[:_FAULTS]], len(looked.slips)),
        mail=looked.mails[mail],
        earlier=mail > 0,
        later=mail < count - 1,
    )


def _counted(listed: list[Text], count: int) -> tuple[Text, ...]:
    """Return what is listed of so many, and how many more there are."""
    more = count - len(listed)
    return (*listed, text("and {n} more", n=more)) if more else tuple(listed)


def _headline(looked: TableLook) -> Text:
    if looked.count == 1:
        return text("1 mail would be sent.")
    return text("{n} mails would be sent, one for each row.", n=looked.count)


def _wrong(looked: TableLook) -> Text:
    if looked.fault_count == 1:
        return text("1 row cannot be sent. Correct the table, and choose it again.")
    return text(
        "{n} rows cannot be sent. Correct the table, and choose it again.", n=looked.fault_count
    )


def _slip(mailbox: str, meant: str) -> Text:
    return text("Is @{meant} meant in “{address}”?", meant=meant, address=mailbox)


def _told(fault: Problem) -> Text:
    return text("Line {line}: {what}", line=fault.line, what=fault.what)


@dataclass(frozen=True, slots=True)
class LogLine:
    """A row of the log: when a mail was tried, to whom, what came of it."""

    id: int
    sign: Sign
    at: str
    to: str
    code: str
    reply: str


def log_lines(state: TableMailing) -> Sequence[LogLine]:
    """Return the rows of the log, newest first."""
    latest = () if state.standing is None else state.standing.latest
    return [_line(item) for item in latest]


def _line(item: OutboxItem) -> LogLine:
    return LogLine(
        item.id,
        SIGNS[item.state],
        item.updated_at.astimezone().strftime("%H:%M:%S"),
        ", ".join(map(str, item.to)),
        "" if item.code is None else str(item.code),
        item.reply or "",
    )


def part_done(state: TableMailing) -> float:
    """Return which part of the mails has come to an end, 0 to 1."""
    count = 0 if state.posted is None else len(state.posted.lines)
    return (count - state.left) / count if count else 0.0


def progress_words(state: TableMailing) -> Text:
    """Return how many of the mails are out."""
    count = 0 if state.posted is None else len(state.posted.lines)
    counts = {} if state.standing is None else state.standing.counts
    sent = counts.get(State.SENT, 0)
    wrong = sum(counts.get(one, 0) for one in (State.FAILED, State.PARTIAL, State.UNKNOWN))
    if wrong:
        return text("{sent} of {n} sent, {wrong} went wrong", sent=sent, n=count, wrong=wrong)
    return text("{sent} of {n} sent", sent=sent, n=count)


def rest_words(state: TableMailing, now: datetime) -> Text | str:
    """Return how long the rest takes: as those before, and no less than the account's caps say."""
    if state.posted is None or state.began is None:
        return ""
    if not state.left:
        return text("All done")
    count, took = len(state.posted.lines), now - state.began
    done = count - state.left
    rest = state.left * took / done if done >= _SURE_AFTER else timedelta(0)
    if state.account is not None:
        rest = max(rest, state.account.limits.least_time(count) - took)
    return time_left(rest.total_seconds()) if rest > timedelta(0) else ""
