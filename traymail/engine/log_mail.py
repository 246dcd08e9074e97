"""What the mails of a log rule say: alerts, digests, silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from traymail.core.account import Account
from traymail.core.duration import format_duration, spoken_duration
from traymail.core.lines import CUT_MARK
from traymail.core.matcher import capture_names
from traymail.core.message import Draft
from traymail.core.rules.log import LogRule
from traymail.core.selection import readable
from traymail.core.template import CAPTURED, LOG, Template, compile_template
from traymail.core.texts import Text, Translate, text
from traymail.core.throttle import Alert, MatchBatch, Told, Why
from traymail.engine.flow import Machine, common_values

# Characters of all lines in one mail; what is more is counted in words.
MOST_TEXT = 200_000
# A captured part may be as long as a line.
MOST_SUBJECT = 500


@dataclass(frozen=True, slots=True)
class LogWriter:
    """Writes a rule's mails, in the language of ``translate``."""

    rule: LogRule
    account: Account
    subject: Template
    body: Template
    machine: Machine
    translate: Translate

    def write(self, alert: Alert, now: datetime) -> Draft:
        """Return the mail of an alert."""
        subject, body = self._silence(now) if alert.why is Why.SILENCE else self._lines(alert, now)
        return Draft(
            account=self.account.name,
            sender=self.account.address,
            to=self.rule.to,
            cc=self.rule.cc,
            bcc=self.rule.bcc,
            subject=subject,
            text=body,
            rule=self.rule.name,
            when_unsure=self.rule.when_unsure.value,
        )

    def _lines(self, alert: Alert, now: datetime) -> tuple[str, str]:
        batch = alert.batch
        told = (*batch.first, *batch.last)
        values = common_values(self.rule, self.machine, now, batch.count)
        values["suppressed"] = str(alert.suppressed)
        values["lines"] = self._joined(batch)
        if told:
            values |= {"line": told[0].match.line, "path": readable(told[0].path)}
            captured = told[0].match.captured.items()
            values |= {CAPTURED + name: value for name, value in captured}
        subject, body = self.subject.render(values), self.body.render(values)
        if len(subject) > MOST_SUBJECT:
            subject = subject[:MOST_SUBJECT] + CUT_MARK
        if alert.why is Why.DIGEST:
            subject = self._say(
                text("{subject} (digest: {count})", subject=subject, count=batch.count)
            )
            body = f"{self._say(_digest_words(batch))}\n\n{body}"
        elif alert.suppressed:
            held = text("{count} of these came earlier.", count=alert.suppressed)
            body = f"{body}\n\n{self._say(held)}"
        return subject, body

    def _silence(self, now: datetime) -> tuple[str, str]:
        silent = spoken_duration(format_duration(self.rule.silent_for or timedelta(0)))
        host = self.machine.host
        subject = text(
            "[{host}] {rule}: nothing has matched for {duration}",
            host=host,
            rule=self.rule.name,
            duration=silent,
        )
        body = text(
            "The rule {rule} has seen no matching line for {duration}.\n"
            "Logs: {paths}\n"
            "Sent at {time}; sent again after the next match and as long a silence.",
            rule=self.rule.name,
            duration=silent,
            paths=", ".join(self.rule.paths),
            time=f"{now.astimezone():%Y-%m-%d %H:%M:%S}",
        )
        return self._say(subject), self._say(body)

    def _joined(self, batch: MatchBatch) -> str:
        """Return the lines there are; those left out are counted where they are missing."""
        first, cut_first = _fitting(batch.first, MOST_TEXT)
        room = MOST_TEXT - sum(len(words) for words in first)
        last, cut_last = _fitting(tuple(reversed(batch.last)), room)
        missing = batch.left_out + cut_first + cut_last
        gap = [self._say(text("… {count} more, not shown …", count=missing))] if missing else []
        # Records of several lines stand apart.
        words = [*first, *gap, *reversed(last)]
        return ("\n\n" if any("\n" in one for one in words) else "\n").join(words)

    def _say(self, words: Text) -> str:
        return words.translated(self.translate, whole=True)


def writer_of(rule: LogRule, account: Account, machine: Machine, translate: Translate) -> LogWriter:
    """Return the rule's writer; raises InputError for a placeholder that is not known."""
    names = capture_names(rule.match)
    return LogWriter(
        rule,
        account,
        compile_template(rule.subject, LOG, names),
        compile_template(rule.body, LOG, names),
        machine,
        translate,
    )


def _digest_words(batch: MatchBatch) -> Text:
    if batch.since is None or batch.until is None or batch.since == batch.until:
        return text("Matches since the last mail: {count}", count=batch.count)
    return text(
        "Matches since the last mail: {count}, from {since} to {until}",
        count=batch.count,
        since=f"{batch.since.astimezone():%Y-%m-%d %H:%M:%S}",
        until=f"{batch.until.astimezone():%Y-%m-%d %H:%M:%S}",
    )


def _fitting(told: Sequence[Told], room: int) -> tuple[list[str], int]:
    """Return as many as fit, and how many do not."""
    words = list(_while_fitting(told, room))
    return words, len(told) - len(words)


def _while_fitting(told: Sequence[Told], room: int) -> Iterator[str]:
    for one in told:
        room -= len(one.match.shown) + 1
        if room < 0:
            return
        yield one.match.shown
