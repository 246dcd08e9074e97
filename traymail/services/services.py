"""What windows are given of the program, and nothing else: they know no disk, keyring or server.

Every call but `ProgramService.listen` may block, so windows make them through the bridge's
background, never on Tk's thread. Each may raise a TraymailError, which is shown with its way out.
"""

from __future__ import annotations

from dataclasses import dataclass

from traymail.app import App
from traymail.program import Program
from traymail.services.accounts import AccountService
from traymail.services.batches import BatchService
from traymail.services.drafts import DraftService
from traymail.services.groups import GroupService
from traymail.services.mail import MailService
from traymail.services.program import ProgramService
from traymail.services.rules import RuleService
from traymail.store.people import People


@dataclass(frozen=True, slots=True)
class Services:
    """What a user can do, by subject."""

    mail: MailService
    batches: BatchService
    drafts: DraftService
    accounts: AccountService
    rules: RuleService
    groups: GroupService
    program: ProgramService


def services_of(app: App, running: Program) -> Services:
    """Return what the running program of a home can be asked."""
    people = People(app.database)
    return Services(
        mail=MailService(app, running, people),
        batches=BatchService(app, running),
        drafts=DraftService(app, people),
        accounts=AccountService(app, running),
        rules=RuleService(app, running),
        groups=GroupService(app, running),
        program=ProgramService(app, running),
    )
