"""`traymail send --each` and `--csv`: one mail for each recipient, or for each row of a table."""

from __future__ import annotations

import sys
from array import array
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from traymail.cli import endings
from traymail.cli.outcome import settle_abandoned, tell
from traymail.cli.session import Session
from traymail.cli.show import table
from traymail.cli.slips import ask_about_slips
from traymail.cli.wanted import Ways
from traymail.core.errors import problem_line
from traymail.core.outbox import State
from traymail.core.reply_rules.details import reply_told
from traymail.core.template import human_size
from traymail.core.texts import text
from traymail.services.batches import (
    Checked,
    Mails,
    TableMails,
    require_own_place,
    size_of,
    table_in,
    write_report,
)
from traymail.services.wanted import WantedMail

if TYPE_CHECKING:
    from traymail.core.account import Account
    from traymail.core.settings import Settings

# So many mails that failed are told one by one.
MOST_TOLD = 20


def send(
    session: Session,
    wanted: WantedMail,
    words: tuple[str, str | None],
    through: tuple[Settings, Account],
    ways: Ways,
) -> int:
    """Check all mails, store them, and deliver what may leave now."""
    settings, account = through
    rows = None if ways.table is None else table_in(ways.table)
    mails = TableMails(wanted, *words, account, rows) if rows else Mails(wanted, *words, account)
    checked = mails.checked()
    if ways.report is not None:
        session.app.home.require_elsewhere(ways.report)
        sources = (one for one in (ways.table, wanted.html) if one is not None)
        require_own_place(ways.report, (*sources, *checked.files))
    if checked.faults:
        return _tell_faults(session, ways.table, checked)
    if ways.dry_run:
        show = _dump if ways.as_json else _show
        show(session, mails, len(checked.lines))
        return endings.OK
    ask_about_slips(session, checked.domains.values(), any_domain=wanted.any_domain)
    if ways.report is not None:
        write_report(ways.report, ())  # before anything is stored
    batch = session.mail.store_batch(mails.drafts(), checked.shared)
    _report(session, batch, checked.lines, ways)  # whose mails there are, should it be killed
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
    for one in mails.numbered():
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
            size = human_size(size_of(file.path))
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
                        {"name": file.name, "size": size_of(file.path)} for file in one.draft.files
                    ],
                }
                for one in mails.numbered()
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
        write_report(ways.report, zip(lines, session.app.outbox.of_batch(batch), strict=False))


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
