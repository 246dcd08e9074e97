"""`traymail send --each` and `--csv`: one mail for each recipient, or for each row of a table.

All mails are made twice: once to be checked, then to be stored in one transaction. So none is in
memory longer than it takes to write it.
"""

from __future__ import annotations

import csv
import io
import os
import stat
import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from traymail.cli import endings
from traymail.cli.outcome import settle_abandoned, tell
from traymail.cli.session import Session, typed
from traymail.cli.show import iso, table
from traymail.cli.wanted import WantedMail, Ways, draft_of, require_fit
from traymail.core.csv_table import CsvRow, CsvTable, read_table
from traymail.core.errors import InputError, Problem, SourceError, problem_line
from traymail.core.lines import printed
from traymail.core.message import Draft, DraftFile
from traymail.core.outbox import OutboxItem, State
from traymail.core.reasons import unreadable
from traymail.core.reply_rules.details import reply_told
from traymail.core.template import Template, compile_template, human_size
from traymail.core.texts import text
from traymail.disk import read_file, write_whole
from traymail.store.spool import INLINE_BYTES

if TYPE_CHECKING:
    from traymail.core.account import Account
    from traymail.core.settings import Settings

# No list of people is larger, and all of it is in memory.
LARGEST_TABLE = 64_000_000
REPORT = ("line", "to", "state", "code", "reply", "duration_ms", "at")
# So many mails that failed are told one by one.
MOST_TOLD = 20
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# The report is written in pieces of about so much.
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class NumberedDraft:
    """A mail to be, and the line of the table it comes from, or the number of its recipient."""

    line: int
    draft: Draft


@dataclass(slots=True)
class Checked:
    """What a look at all mails has found: their lines, their files, and what is wrong."""

    lines: array[int] = field(default_factory=lambda: array("q"))
    files: Counter[str] = field(default_factory=Counter)
    faults: list[Problem] = field(default_factory=list)


class Mails:
    """The mails of one command, made anew at each look at them."""

    def __init__(
        self,
        wanted: WantedMail,
        words: tuple[str, str | None],
        account: Account,
        rows: CsvTable | None,
    ) -> None:
        self._wanted = wanted
        self._words, self._html = words
        self._account = account
        self._rows = rows
        self._templates = _Templates(wanted, self._words, rows.names) if rows else None

    def __iter__(self) -> Iterator[NumberedDraft | Problem]:
        """Yield each mail, or what is wrong with it."""
        if self._rows is None or self._templates is None:
            yield from self._for_recipients()
            return
        for row in self._rows.rows():
            if isinstance(row, Problem):
                yield row
                continue
            try:
                wanted, words = self._templates.filled(row)
                draft = draft_of(wanted, self._account, words, self._html)
                _require_whole(draft, wanted)
                require_fit(draft, self._account)
            except (InputError, SourceError) as error:
                yield Problem("", error.title, row.line, error.advice)
            else:
                yield NumberedDraft(row.line, draft)

    def drafts(self) -> Iterator[Draft]:
        """Yield the mails, which have been checked; raises InputError when one has changed."""
        for one in self:
            if isinstance(one, Problem):
                raise InputError(one.what, one.advice)
            yield one.draft

    def _for_recipients(self) -> Iterator[NumberedDraft]:
        draft = draft_of(self._wanted, self._account, self._words, self._html)
        require_fit(draft, self._account)
        each = {address.mailbox: address for address in draft.to}
        if not each:
            raise InputError(
                text("The mail has no recipient."), text("Write at least one address.")
            )
        for number, address in enumerate(each.values(), 1):
            yield NumberedDraft(number, replace(draft, to=(address,)))


class _Templates:
    """What of a mail has placeholders for the columns of a table."""

    def __init__(self, wanted: WantedMail, words: str, names: frozenset[str]) -> None:
        self._wanted = wanted
        self._to = [compile_template(typed(one), names) for one in wanted.to]
        self._subject = compile_template(typed(wanted.subject), names)
        # A text that was made of an HTML file is no template, nor is the file.
        plain = wanted.body is None
        self._body = Template((words,)) if plain else compile_template(words, names)
        self._attach = [compile_template(os.fspath(one), names) for one in wanted.attach]

    def filled(self, row: CsvRow) -> tuple[WantedMail, str]:
        """Return what is wanted of the mail of a row, and its text; raises InputError."""

        def fill(template: Template) -> str:
            return template.render(row.values)

        named = (name for one in self._attach for name in one.names)
        if not all(row.values[name].strip() for name in named):
            raise InputError(
                text("The cell that names the file to attach is empty."),
                text("Write the path of a file there."),
            )
        wanted = replace(
            self._wanted,
            to=tuple(map(fill, self._to)),
            subject=fill(self._subject),
            attach=tuple(Path(fill(one)) for one in self._attach),
        )
        return wanted, printed(fill(self._body).encode("utf-8", "replace"))


def send(
    session: Session,
    wanted: WantedMail,
    words: tuple[str, str | None],
    through: tuple[Settings, Account],
    ways: Ways,
) -> int:
    """Check all mails, store them, and deliver what may leave now."""
    settings, account = through
    rows = None if ways.table is None else _read(ways.table)
    mails = Mails(wanted, words, account, rows)
    checked = _checked(mails)
    if ways.report is not None:
        session.app.home.require_elsewhere(ways.report)
        sources = (one for one in (ways.table, wanted.html) if one is not None)
        _require_own_place(ways.report, (*sources, *checked.files))
    if checked.faults:
        return _tell_faults(session, ways.table, checked)
    if ways.dry_run:
        show = _dump if ways.as_json else _show
        show(session, mails, len(checked.lines))
        return endings.OK
    if ways.report is not None:
        _write_report(ways.report, ())  # before anything is stored
    batch = session.mail.store_batch(mails.drafts(), _shared(checked.files))
    if not ways.as_json:
        session.say(
            text(
                "Batch {batch}: {count} mails are stored in the outbox.",
                batch=batch,
                count=len(checked.lines),
            )
        )
    if ways.queue:
        delivered = session.beside.wake()
        if not delivered:
            _tell_alone(session)
    else:
        try:
            _deliver(session, batch, settings, len(checked.lines))
        except KeyboardInterrupt:
            settle_abandoned(session)
            session.note(text("Interrupted: what is not sent yet stays in the outbox."))
            _report(session, batch, checked.lines, ways)
            raise
    _report(session, batch, checked.lines, ways)
    if ways.as_json:
        counts = session.app.outbox.counts_of_batch(batch)
        states = {state.value: count for state, count in counts.items()}
        session.dump({"batch": batch, "mails": len(checked.lines), "states": states})
    return endings.OK if ways.queue else _tell(session, batch, settings, ways, checked.lines)


def _read(path: Path) -> CsvTable:
    try:
        if path.stat().st_size > LARGEST_TABLE:
            raise InputError(
                text("{path} is larger than {most}.", path=path, most=human_size(LARGEST_TABLE)),
                text("Split it into several files."),
            )
        return read_table(read_file(path))
    except OSError as error:
        raise unreadable(path, error) from error


def _require_own_place(report: Path, files: Iterable[Path | str]) -> None:
    """Raise InputError for a report that would take the place of what is sent."""
    if os.path.realpath(report) in {os.path.realpath(os.fspath(one)) for one in files}:
        raise InputError(
            text("The report would take the place of {path}.", path=report),
            text("Give it another name."),
        )


def _checked(mails: Mails) -> Checked:
    """Make each mail once; raises InputError when there is none."""
    checked = Checked()
    for one in mails:
        if isinstance(one, Problem):
            checked.faults.append(one)
            continue
        checked.lines.append(one.line)
        files = [file.path or "" for file in one.draft.files]
        for path in files:
            if path not in checked.files and (fault := _fault_of(path, one.line)):
                checked.faults.append(fault)
        checked.files.update(files)
    if not (checked.lines or checked.faults):
        raise InputError(
            text("The table has no row below its first one."),
            text("Write a row for each mail."),
        )
    return checked


def _fault_of(path: str, line: int) -> Problem | None:
    """Return what keeps a file from being attached; a pipe is not waited for."""
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            return Problem("", text("Only regular files can be attached."), line)
        with Path(path).open("rb"):
            return None
    except OSError as error:
        why = unreadable(Path(path), error)
        return Problem("", why.title, line, why.advice)


def _require_whole(draft: Draft, wanted: WantedMail) -> None:
    """Raise InputError for a row whose cell of recipients is empty."""
    if not draft.to or not all(one.strip() for one in wanted.to):
        raise InputError(text("The mail has no recipient."), text("Write at least one address."))


def _shared(files: Counter[str]) -> Iterable[DraftFile]:
    """Return the files that are copied before all mails: large ones, and those of several."""
    for path, count in files.items():
        if count > 1 or _size(path) > INLINE_BYTES:
            yield DraftFile(typed(Path(path).name), path)


def _size(path: str) -> int:
    """Return the size of a file; 0 for one that is gone by now, which is told when it is copied."""
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _tell_faults(session: Session, path: Path | None, checked: Checked) -> int:
    """Print each fault, of a table with its line; return the status."""
    for fault in checked.faults:
        told = fault if path else replace(fault, line=None)
        session.note(problem_line(path.name if path else "--each", told, session.translate))
    count = len(checked.faults)
    many = text("{count} things are wrong, and nothing is stored.", count=count)
    session.note(many if count > 1 else text("1 thing is wrong, and nothing is stored."))
    if path is not None:
        session.note(text("Correct the lines named above, then run the command again."))
    return endings.DATA


def _show(session: Session, mails: Mails, count: int) -> None:
    session.say(text("{count} mails would be sent; none is.", count=count))
    say = session.translated
    for one in mails:
        if isinstance(one, Problem):
            continue
        draft = one.draft
        facts = [
            (say(text("line")), str(one.line)),
            (say(text("to")), ", ".join(map(str, draft.to))),
        ]
        for name, people in ((text("copy"), draft.cc), (text("hidden copy"), draft.bcc)):
            if people:
                facts.append((say(name), ", ".join(map(str, people))))
        facts.append((say(text("subject")), draft.subject))
        for file in draft.files:
            size = human_size(_size(file.path or ""))
            facts.append((say(text("file")), f"{file.name}, {size}"))
        session.say("")
        for line in (*table(facts), "", *draft.text.splitlines()):
            session.say(f"  {line}".rstrip())


def _dump(session: Session, mails: Mails, count: int) -> None:
    session.dump(
        {
            "count": count,
            "mails": [
                {
                    "line": one.line,
                    "to": [str(address) for address in one.draft.to],
                    "subject": one.draft.subject,
                    "body": one.draft.text,
                    "attachments": [
                        {"name": file.name, "size": _size(file.path or "")}
                        for file in one.draft.files
                    ],
                }
                for one in mails
                if isinstance(one, NumberedDraft)
            ],
        }
    )


def _deliver(session: Session, batch: int, settings: Settings, count: int) -> None:
    """Deliver, with a bar that tells how long the rest takes."""
    if sys.stderr is None or not sys.stderr.isatty():
        session.beside.deliver_batch(batch, settings, lambda _left: None)
        return
    label = session.translated(text("Sending"))
    with click.progressbar(length=count, label=label, show_pos=True, file=sys.stderr) as bar:
        session.beside.deliver_batch(
            batch, settings, lambda left: bar.update(max(count - left - bar.pos, 0))
        )


def _report(session: Session, batch: int, lines: array[int], ways: Ways) -> None:
    if ways.report is not None:
        _write_report(ways.report, zip(lines, session.app.outbox.of_batch(batch), strict=False))


def _no_formula(cell: str) -> str:
    """Return a cell that spreadsheets show, where they would reckon it: servers write some."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _write_report(path: Path, told: Iterable[tuple[int, OutboxItem]]) -> None:
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


def _tell(session: Session, batch: int, settings: Settings, ways: Ways, lines: array[int]) -> int:
    """Print what came of the mails; return the status."""
    outbox = session.app.outbox
    counts = outbox.counts_of_batch(batch)
    waiting, told = None, 0
    for line, item in zip(lines, outbox.of_batch(batch), strict=False):
        if item.state in {State.FAILED, State.PARTIAL, State.UNKNOWN} and told < MOST_TOLD:
            told += 1
            to = ", ".join(item.mailboxes)
            said = session.translated(reply_told(item.code, item.reply))
            session.note(
                text(
                    "Line {line}, mail {id} to {to}: {said}",
                    line=line,
                    id=item.id,
                    to=to,
                    said=said,
                )
            )
        elif item.state is State.QUEUED and waiting is None:
            waiting = item
    if not ways.as_json:
        session.say(
            text(
                "Batch {batch}: sent {sent}, partly sent {partial}, failed {failed}, perhaps sent "
                "{unknown}, waiting {queued}",
                batch=batch,
                **{state.value: counts[state] for state in State},
            )
        )
    if waiting is not None:
        status = tell(session, waiting, session.app.holds(settings))
        return status or endings.LATER
    if counts[State.UNKNOWN] or counts[State.SENDING]:
        return endings.LATER
    ended = counts[State.PARTIAL] + counts[State.FAILED] + counts[State.CANCELLED]
    return endings.UNAVAILABLE if ended else endings.OK


def _tell_alone(session: Session) -> None:
    if session.app.instance.running.holder() is None:
        session.note(
            text(
                "Nothing delivers waiting mail: start traymail, or run: traymail outbox retry --all"
            )
        )
