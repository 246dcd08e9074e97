"""Many mails at once: one for each recipient, or for each row of a table.

All of them are made twice: once to be checked, then to be stored in one transaction. So none is in
memory longer than it takes to write it.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import stat
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from traymail.accounts import kind_of
from traymail.core.address import split_addresses
from traymail.core.csv_table import CsvRow, CsvTable, read_table
from traymail.core.duration import iso
from traymail.core.errors import InputError, Problem, SourceError, UnsafePath
from traymail.core.lines import printed
from traymail.core.message import Draft, DraftFile, FileIdentity
from traymail.core.outbox import OutboxItem, State
from traymail.core.provider import meant_domain
from traymail.core.reasons import unreadable
from traymail.core.reports import PreviewMail
from traymail.core.template import Template, compile_template, human_size
from traymail.core.texts import text
from traymail.disk import open_behind_links, read_file, typed, write_whole
from traymail.services.wanted import WantedMail, draft_of, require_fit
from traymail.store.spool import INLINE_BYTES

# Here, since no command needs the service.
if TYPE_CHECKING:
    from datetime import timedelta

    from traymail.app import App
    from traymail.core.account import Account
    from traymail.program import Program

# No list of people is larger, and all of it is in memory.
LARGEST_TABLE = 64_000_000
REPORT = ("line", "to", "state", "code", "reply", "duration_ms", "at")
# What spreadsheets reckon, in the wide signs of East Asia too; also behind the sign that other
# languages have between two cells.
_FORMULA = re.compile(r"""(^|[;,\t\r|]["'\s]*)(?=[=+@＝＋－＠\t\r-])""")  # they are meant
# So many mails of a table are shown before they are stored, and so many faults.
MOST_SHOWN = 20
# The report is written in pieces of about so much.
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class NumberedDraft:
    """A mail to be, and the line of the table it comes from, or the number of its recipient."""

    line: int
    draft: Draft


@dataclass(slots=True)
class Checked:
    """What a look at all mails has found: their lines, their files, and what is wrong.

    ``domains`` are those of all recipients, each with the first mailbox there.
    """

    lines: array[int] = field(default_factory=lambda: array("q"))
    files: Counter[str] = field(default_factory=Counter)
    guards: dict[str, FileIdentity | None] = field(default_factory=dict)
    faults: list[Problem] = field(default_factory=list)
    domains: dict[str, str] = field(default_factory=dict)

    @property
    def shared(self) -> Iterator[DraftFile]:
        """The files that are copied before all mails: large ones, and those of several."""
        for path, count in self.files.items():
            if count > 1 or size_of(path) > INLINE_BYTES:
                yield DraftFile(typed(Path(path).name), path, guard=self.guards.get(path))


class Mails:
    """The mails of a batch, made anew at each look at them."""

    def __init__(self, wanted: WantedMail, words: str, html: str | None, account: Account) -> None:
        """``words`` and ``html`` are its text, wherever ``wanted`` says that it comes from."""
        self._wanted, self._words, self._html, self._account = wanted, words, html, account

    def __iter__(self) -> Iterator[NumberedDraft | Problem]:
        """Yield the mail of each recipient."""
        draft = draft_of(self._wanted, self._account, self._words, self._html)
        require_fit(draft, self._account)
        each = {address.mailbox: address for address in draft.to}
        if not each:
            raise InputError(
                text("The mail has no recipient."), text("Write at least one address.")
            )
        for number, address in enumerate(each.values(), 1):
            yield NumberedDraft(number, replace(draft, to=(address,)))

    def numbered(self) -> Iterator[NumberedDraft]:
        """Yield the mails with nothing wrong."""
        return (one for one in self if isinstance(one, NumberedDraft))

    def drafts(self) -> Iterator[Draft]:
        """Yield the mails, which have been checked; raises InputError when one has changed."""
        for one in self:
            if isinstance(one, Problem):
                raise InputError(one.what, one.advice)
            yield one.draft

    def checked(self) -> Checked:
        """Make each mail once; raises InputError when there is none."""
        checked = Checked()
        for one in self:
            if isinstance(one, Problem):
                checked.faults.append(one)
                continue
            checked.lines.append(one.line)
            for address in (*one.draft.to, *one.draft.cc, *one.draft.bcc):
                checked.domains.setdefault(address.mailbox.rpartition("@")[2], address.mailbox)
            files = [file.path or "" for file in one.draft.files]
            for path in files:
                if path not in checked.files and (fault := _fault_of(path, one.line)):
                    checked.faults.append(fault)
            checked.files.update(files)
            checked.guards |= {file.path or "": file.guard for file in one.draft.files}
        if not (checked.lines or checked.faults):
            raise InputError(
                text("The table has no row below its first one."),
                text("Write a row for each mail."),
            )
        return checked


class TableMails(Mails):
    """Those of a table, whose columns the words of the mail name: ``{csv.NAME}``."""

    def __init__(
        self,
        wanted: WantedMail,
        words: str,
        html: str | None,
        account: Account,
        rows: CsvTable,
    ) -> None:
        """``rows`` have the columns; raises InputError for a name that is none of theirs."""
        super().__init__(wanted, words, html, account)
        self._rows, names = rows, rows.names
        self._group = kind_of(account).group(account)
        self._to = [compile_template(one, names) for one in wanted.to]
        self._subject = compile_template(wanted.subject, names)
        # A text that was made of an HTML file is no template, nor is the file.
        made = wanted.body is None
        self._body = Template((words,)) if made else compile_template(words, names)
        self._attach = [compile_template(os.fspath(one), names) for one in wanted.attach]

    def __iter__(self) -> Iterator[NumberedDraft | Problem]:
        """Yield the mail of each row, or what is wrong with it."""
        for row in self._rows.rows():
            if isinstance(row, Problem):
                yield row
                continue
            try:
                draft = self._filled(row)
                require_fit(draft, self._account)
            except (InputError, SourceError) as error:
                yield Problem("", error.title, row.line, error.advice)
            else:
                yield NumberedDraft(row.line, draft)

    def _filled(self, row: CsvRow) -> Draft:
        """Return the mail of a row; raises InputError."""

        def fill(template: Template) -> str:
            return template.render(row.values)

        named = (name for one in self._attach for name in one.names)
        if not all(row.values[name].strip() for name in named):
            raise InputError(
                text("The cell that names the file to attach is empty."),
                text("Write the path of a file there."),
            )
        to = zip(self._to, map(fill, self._to), strict=True)
        wanted = replace(
            self._wanted,
            # An empty cell names nobody besides those who read there anyway.
            to=tuple(
                one
                for template, one in to
                if self._group is None or not template.names or split_addresses(one)
            ),
            subject=fill(self._subject),
            attach=tuple(_file_of(one, row.values) for one in self._attach),
        )
        words = printed(fill(self._body).encode("utf-8", "replace"))
        draft = draft_of(wanted, self._account, words, self._html)
        if not draft.to or not all(one.strip() for one in wanted.to):
            raise InputError(
                text("The mail has no recipient."), text("Write at least one address.")
            )
        return draft


def _file_of(template: Template, values: Mapping[str, str]) -> Path:
    """Return the file that a row names; raises InputError for one beyond what the user has named.

    Others may have written the table: where the user's own words come first, a cell chooses among
    what is in that folder, and below it.
    """
    path = PurePath(template.render(values))
    plain = PurePath(template.render(dict.fromkeys(template.names, "x")))
    if template.parts[0] and path.parts.count("..") > plain.parts.count(".."):
        raise InputError(
            text("A cell leads out of the folder whose files are meant: {path}", path=path),
            text("Write no “..” there, or let the cell hold the whole path."),
        )
    return Path(path)


@dataclass(frozen=True, slots=True)
class AskedTable:
    """A table, and what the mail of each row is to be, in words that may name columns."""

    path: Path
    account: str
    to: str
    subject: str
    body: str
    attach: str = ""
    markdown: bool = False


@dataclass(frozen=True, slots=True)
class TableLook:
    """What a look at a table has found: its columns, its mails, and what is wrong with them.

    ``to`` are recipients to propose: a column of addresses, for an account that needs some.
    ``mails`` and ``faults`` are the first ones; ``trouble`` is wrong with the words themselves.
    ``slips``: mailboxes whose domain was hardly meant, each with the one that may be.
    """

    columns: tuple[str, ...]
    to: str
    count: int = 0
    mails: tuple[PreviewMail, ...] = ()
    faults: tuple[Problem, ...] = ()
    fault_count: int = 0
    trouble: InputError | SourceError | None = None
    slips: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Mails that were stored together: their number, and the line of the table of each."""

    number: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BatchStanding:
    """What became of a batch so far; ``latest`` are those that were tried last, newest first."""

    counts: Mapping[State, int]
    latest: tuple[OutboxItem, ...]


@dataclass(frozen=True, slots=True)
class BatchService:
    """Mails from a table, as the window uses them."""

    app: App
    running: Program

    def look(self, asked: AskedTable) -> TableLook:
        """Read the table and make each mail once; raises InputError, SourceError for no table."""
        rows = table_in(asked.path)
        account = self.running.engine.snapshot().settings.accounts.get(asked.account)
        needless = account is not None and kind_of(account).group(account) is not None
        found = TableLook(rows.columns, "" if needless else rows.likely_to)
        try:
            mails = self._mails(asked, rows)
            checked = mails.checked()
        except (InputError, SourceError) as error:
            return replace(found, trouble=error)
        return replace(
            found,
            count=len(checked.lines),
            mails=tuple(_shown(one) for one in islice(mails.numbered(), MOST_SHOWN)),
            faults=tuple(checked.faults[:MOST_SHOWN]),
            fault_count=len(checked.faults),
            slips=tuple(
                (mailbox, meant)
                for mailbox in checked.domains.values()
                if (meant := meant_domain(mailbox))
            ),
        )

    def post(self, asked: AskedTable, undo: timedelta) -> Batch:
        """Store a mail for each row, all or none, and tell the one who delivers.

        They leave after ``undo``. Raises InputError, SourceError, StateError.
        """
        mails = self._mails(asked, table_in(asked.path))
        checked = mails.checked()
        if checked.faults:
            first = checked.faults[0]
            raise InputError(
                text("Line {line} of the table: {what}", line=first.line, what=first.what),
                first.advice or text("Correct it, and save the table."),
            )
        number = self.app.new_poster().store_batch(mails.drafts(), checked.shared, undo)
        self.running.wake()
        return Batch(number, tuple(checked.lines))

    def standing(self, batch: int) -> BatchStanding:
        """Return what became of a batch so far."""
        outbox = self.app.outbox
        return BatchStanding(outbox.counts_of_batch(batch), tuple(outbox.latest_tried(batch)))

    def stop(self, batch: int) -> None:
        """Take what has not left out of the queue."""
        waiting = self.app.outbox.find(batch=batch, state=State.QUEUED)
        self.running.cancel([one.id for one in waiting])

    def save_report(self, batch: Batch, target: Path) -> None:
        """Write what became of each mail; raises InputError for one of our own files."""
        self.app.home.require_elsewhere(target)
        told = zip(batch.lines, self.app.outbox.of_batch(batch.number), strict=False)
        write_report(target, told)

    def _mails(self, asked: AskedTable, rows: CsvTable) -> TableMails:
        settings = self.running.engine.snapshot().settings
        account = settings.accounts.get(asked.account)
        if account is None:
            raise InputError(text("Choose the account that sends."))
        _require_words(asked, account)
        wanted = WantedMail(
            to=(asked.to,) if asked.to.strip() else (),
            cc=(),
            bcc=(),
            subject=asked.subject,
            body=asked.body,
            html=None,
            markdown=asked.markdown,
            attach=(Path(asked.attach),) if asked.attach.strip() else (),
            account=account.name,
            any_domain=False,
            groups=settings.groups,
        )
        return TableMails(wanted, asked.body, None, account, rows)


def _require_words(asked: AskedTable, account: Account) -> None:
    """Raise InputError for what the mail lacks in each row alike: no cell can mend that."""
    if not asked.to.strip() and kind_of(account).group(account) is None:
        raise InputError(text("The mail has no recipient."), text("Write at least one address."))
    if not (asked.subject or asked.body or asked.attach.strip()):
        raise InputError(
            text("There is nothing to send: no subject, no body, no file."),
            text("Write a subject or a text."),
        )


def _shown(one: NumberedDraft) -> PreviewMail:
    draft = one.draft
    files = tuple((file.name, size_of(file.path)) for file in draft.files)
    return PreviewMail(draft.subject, tuple(map(str, draft.to)), draft.text, files)


def table_in(path: Path) -> CsvTable:
    """Read a table; raises InputError, SourceError."""
    try:
        content = read_file(path, strangers=True, most=LARGEST_TABLE + 1)
    except UnsafePath as error:
        raise SourceError(os.fspath(path), error.title, error.advice) from error
    except OSError as error:
        raise unreadable(path, error) from error
    if len(content) > LARGEST_TABLE:
        raise InputError(
            text("{path} is larger than {most}.", path=path, most=human_size(LARGEST_TABLE)),
            text("Split it into several files."),
        )
    return read_table(content)


def size_of(path: str | None) -> int:
    """Return the size of a file; 0 for one that is gone by now, which is told when it is copied."""
    try:
        return Path(path or "").stat().st_size
    except OSError:
        return 0


def write_report(path: Path, told: Iterable[tuple[int, OutboxItem]]) -> None:
    """Write what became of mails, each with its line, as CSV; raises StateError."""

    def pieces() -> Iterator[bytes]:
        words = io.StringIO(newline="")
        writer = csv.writer(words)
        writer.writerow(REPORT)
        for line, item in told:
            to, reply = _no_formula(", ".join(map(str, item.to))), _no_formula(item.reply or "")
            at = iso(item.updated_at)
            writer.writerow((line, to, item.state.value, item.code, reply, item.duration_ms, at))
            if words.tell() > _PIECE:
                yield words.getvalue().encode("utf-8", "replace")
                words.seek(0)
                words.truncate()
        yield words.getvalue().encode("utf-8", "replace")

    write_whole(path, pieces())


def require_own_place(report: Path, files: Iterable[Path | str]) -> None:
    """Raise InputError for a report that would take the place of what is sent."""
    if os.path.realpath(report) in {os.path.realpath(os.fspath(one)) for one in files}:
        raise InputError(
            text("The report would take the place of {path}.", path=report),
            text("Give it another name."),
        )


def _fault_of(path: str, line: int) -> Problem | None:
    """Return what keeps a file from being attached; a pipe is not waited for."""
    no_file = Problem("", text("Only regular files can be attached."), line)
    try:
        with os.fdopen(open_behind_links(path, last=False), "rb") as file:
            return None if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else no_file
    except UnsafePath as error:
        return Problem("", error.title, line, error.advice)
    except OSError as error:
        # A folder, and a socket, are opened by no system, or not by every one.
        with contextlib.suppress(OSError):
            if not stat.S_ISREG(Path(path).lstat().st_mode):
                return no_file
        why = unreadable(Path(path), error)
        return Problem("", why.title, line, why.advice)


def _no_formula(cell: str) -> str:
    """Return a cell that spreadsheets show, where they would reckon it: servers write some."""
    return _FORMULA.sub(r"\1'", cell)
