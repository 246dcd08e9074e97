"""`traymail rule`: the rules of the configuration, checked and tried without sending."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from traymail.cli.config import checked
from traymail.cli.options import AS_JSON
from traymail.cli.progress import TerminalBar
from traymail.cli.proposals import rules
from traymail.cli.session import Session
from traymail.cli.show import table
from traymail.cli.words import PATH, Number, argument, command, group, option
from traymail.core.errors import InputError
from traymail.core.template import human_size
from traymail.core.texts import text
from traymail.services.dry_run import DryRun

if TYPE_CHECKING:
    from traymail.core.reports import Preview
    from traymail.core.rule import Rule

SHOWN_MAILS = 10


@group("rule", text("Manage the rules."))
def rule() -> None:
    """Hold the commands below."""


@command("list", text("List the rules."))
@AS_JSON
@click.pass_obj
def list_(session: Session, /, *, as_json: bool) -> None:
    """Print the configured rules."""
    rules = session.settings().rules
    if as_json:
        session.dump([_facts(one) for one in rules])
        return
    if not rules:
        session.say(text("There is no rule."))
        return
    words = (
        text("name"),
        text("kind"),
        text("state"),
        text("account"),
        text("to"),
        text("watches"),
    )
    rows = [
        (
            *(one.name, one.kind),
            session.translated(text("on") if one.enabled else text("off")),
            *(one.account, ", ".join(address.mailbox for address in one.to)),
            ", ".join(one.sources),
        )
        for one in rules
    ]
    for line in table([tuple(map(session.translated, words)), *rows]):
        session.say(line)


def _facts(one: Rule) -> dict[str, object]:
    return {
        "name": one.name,
        "kind": one.kind,
        "enabled": one.enabled,
        "account": one.account,
        "to": [str(address) for address in one.to],
        "watches": list(one.sources),
    }


@command("check", text("Check the rules and list every problem."))
@click.pass_obj
def check(session: Session, /) -> None:
    """Read the configuration, which is checked as a whole."""
    checked(session)


@command(
    "test",
    text(
        "Show what a rule would mail, and send nothing.\n\n"
        "It looks at everything in the folder, or everything in the logs."
    ),
)
@argument("name", "NAME", shell_complete=rules)
@option(
    "--file",
    text("Look at this file only."),
    type=PATH,
    metavar="FILE",
)
@option(
    "--limit",
    text("Show at most this many mails; 10 if not given, all with --json."),
    type=Number(min=0),
    metavar="N",
)
@AS_JSON
@click.pass_obj
def test(
    session: Session, /, *, name: str, file: Path | None, limit: int | None, as_json: bool
) -> None:
    """Make a dry run."""
    settings = session.settings()
    found = next((one for one in settings.rules if one.name == name), None)
    if found is None:
        known = ", ".join(one.name for one in settings.rules)
        raise InputError(
            text("There is no rule {name}.", name=name),
            text("There are: {names}", names=known)
            if known
            else text("Write rules into the configuration: traymail config path"),
        )
    if limit is None and not as_json:
        limit = SHOWN_MAILS
    account = settings.accounts[found.account]
    with TerminalBar(session.translated(text("Reading"))) as bar:
        dry = DryRun(session.app, session.translate, bar)
        preview = dry.preview(found, account, file, session.app.clock.now(), limit)
    if as_json:
        _dump(session, preview)
    else:
        _print(session, preview)


def _dump(session: Session, preview: Preview) -> None:
    session.dump(
        {
            "rule": preview.rule,
            "events": preview.events,
            "mails": [
                {
                    "subject": mail.subject,
                    "to": list(mail.to),
                    "body": mail.body,
                    "attachments": [
                        {"name": name, "size": size} for name, size in mail.attachments
                    ],
                }
                for mail in preview.mails
            ],
            "left_out": [
                {"what": one.what, "reason": session.translated(one.reason, whole=True)}
                for one in preview.left_out
            ],
        }
    )


def _print(session: Session, preview: Preview) -> None:
    session.say(
        text(
            "Rule {rule}: {events} found; {mails} mails shown, none is sent.",
            rule=preview.rule,
            events=preview.events,
            mails=len(preview.mails),
        )
    )
    for mail in preview.mails:
        session.say("")
        facts = [
            (session.translated(text("to")), ", ".join(mail.to)),
            (session.translated(text("subject")), mail.subject),
        ]
        label = session.translated(text("file"))
        facts += [(label, f"{name}, {human_size(size)}") for name, size in mail.attachments]
        for line in (*table(facts), "", *mail.body.splitlines()):
            session.say(f"  {line}".rstrip())
    if preview.left_out:
        session.say("")
        session.say(text("Left out:"))
    for one in preview.left_out:
        session.say(f"  {one.what}: {session.translated(one.reason, whole=True)}")


for each in (list_, check, test):
    rule.add_command(each)
