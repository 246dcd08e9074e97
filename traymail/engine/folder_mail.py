"""What the mails of a folder rule say: subject, body and recipients of dropped files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from traymail.core.account import Account
from traymail.core.message import Draft
from traymail.core.observations import FoundFile
from traymail.core.rules.folder import FolderRule
from traymail.core.selection import readable, split
from traymail.core.template import FOLDER, Template, compile_template, human_size
from traymail.engine.flow import Surroundings, common_values

# Raw bytes that go into one zip, as a multiple of the account's limit for a mail.
_ZIP_SHARE = 4


@dataclass(frozen=True, slots=True)
class Templates:
    """A rule's subject and body, ready to be filled in."""

    subject: Template
    body: Template


def templates_of(rule: FolderRule) -> Templates:
    """Return the rule's templates; raises InputError for a placeholder that is not known."""
    return Templates(compile_template(rule.subject, FOLDER), compile_template(rule.body, FOLDER))


def write_draft(
    rule: FolderRule,
    account: Account,
    files: Sequence[FoundFile],
    surroundings: Surroundings,
    now: datetime,
) -> Draft:
    """Return the mail about these files, which it does not attach; of a batch, the first leads."""
    templates = templates_of(rule)
    values = common_values(rule, surroundings, now, len(files)) | file_values(rule, files)
    return Draft(
        account=account.name,
        sender=account.address,
        to=rule.to,
        cc=rule.cc,
        bcc=rule.bcc,
        subject=templates.subject.render(values),
        text=templates.body.render(values),
        rule=rule.name,
        when_unsure=rule.when_unsure.value,
    )


def file_values(rule: FolderRule, files: Sequence[FoundFile]) -> dict[str, str]:
    """Return the placeholders that folder rules have."""
    first = files[0]
    path = PurePosixPath(readable(first.path))
    modified = datetime.fromtimestamp(first.identity.mtime_ns / 1e9, UTC).astimezone()
    return {
        "file.name": path.name,
        "file.stem": path.stem,
        "file.suffix": path.suffix,
        "file.size": human_size(first.identity.size),
        "file.folder": str((PurePosixPath(rule.folder) / path).parent),
        "file.modified": f"{modified:%Y-%m-%d %H:%M:%S}",
        "files": "\n".join(
            f"{readable(file.path)}, {human_size(file.identity.size)}" for file in files
        ),
    }


def share_out(
    rule: FolderRule, account: Account, files: Sequence[FoundFile]
) -> list[list[FoundFile]]:
    """Share files out to mails: one each, or those of a batch as many as go into one."""
    if not rule.batch:
        return [[file] for file in files]
    limit = account.max_message_bytes * (_ZIP_SHARE if rule.zip else 1)
    sizes = [(file.path, file.identity.size) for file in files]
    return [[files[at] for at in mail] for mail in split(rule.body, sizes, limit)]


def zip_name(rule: FolderRule, now: datetime) -> str:
    """Return the name of the zip that a rule's files go out in."""
    return f"{rule.name} {now.astimezone():%Y-%m-%d %H%M%S}.zip"
