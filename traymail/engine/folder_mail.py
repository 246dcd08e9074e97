"""What the mails of a folder rule say: subject, body and recipients of dropped files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePath, PurePosixPath

from traymail.core.account import Account
from traymail.core.message import Draft
from traymail.core.observations import FoundFile
from traymail.core.reports import LeftOut, Preview, PreviewMail
from traymail.core.rules.folder import FolderRule
from traymail.core.selection import readable, size_reason, split
from traymail.core.template import FOLDER, Template, compile_template, human_size
from traymail.engine.flow import Machine, common_values

# Raw bytes that go into one zip, as a multiple of the account's limit for a mail.
_ZIP_SHARE = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    machine: Machine,
    now: datetime,
) -> Draft:
    """Return the mail about these files, which it does not attach; of a batch, the first leads."""
    templates = templates_of(rule)
    values = common_values(rule, machine, now, len(files)) | file_values(rule, files)
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


def file_values(
    rule: FolderRule, files: Sequence[FoundFile], system: type[PurePath] = PurePath
) -> dict[str, str]:
    """Return the placeholders that folder rules have; ``system``: as paths are written there."""
    first = files[0]
    path = PurePosixPath(readable(first.path))
    return {
        "file.name": path.name,
        "file.stem": path.stem,
        "file.suffix": path.suffix,
        "file.size": human_size(first.identity.size),
        "file.folder": str(system(rule.folder, path.parent)),
        "file.modified": _local_time(first.identity.mtime_ns // 1_000_000_000),
        "files": "\n".join(
            f"{readable(file.path)}, {human_size(file.identity.size)}" for file in files
        ),
    }


def _local_time(seconds: int) -> str:
    """Return a time since 1970 as it is written here; one that no calendar has, as a number."""
    try:
        return f"{(_EPOCH + timedelta(seconds=seconds)).astimezone():%Y-%m-%d %H:%M:%S}"
    except (OverflowError, ValueError, OSError):  # beyond the year 9999, or what the system knows
        return f"@{seconds}"


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


def preview(
    rule: FolderRule,
    account: Account,
    found: Sequence[FoundFile],
    machine: Machine,
    now: datetime,
    limit: int | None = None,
) -> Preview:
    """Return what the files would make; at most ``limit`` mails, but every file is counted.

    Nothing is sent, read or written, and what was mailed before is not asked for. Of a zip, the
    size is that of the files in it. Raises InputError for a template that cannot be used.
    """
    mailed: list[FoundFile] = []
    left_out: list[LeftOut] = []
    for file in found:
        reason = size_reason(rule, file.identity.size, account.max_message_bytes)
        if reason is None:
            mailed.append(file)
        else:
            left_out.append(LeftOut(readable(file.path), reason))
    groups = share_out(rule, account, mailed)[:limit]
    mails = tuple(_mail(rule, account, group, machine, now) for group in groups)
    return Preview(rule.name, len(mailed), mails, tuple(left_out))


def _mail(
    rule: FolderRule,
    account: Account,
    files: Sequence[FoundFile],
    machine: Machine,
    now: datetime,
) -> PreviewMail:
    draft = write_draft(rule, account, files, machine, now)
    sizes = [(readable(PurePosixPath(file.path).name), file.identity.size) for file in files]
    if rule.zip:
        sizes = [(zip_name(rule, now), sum(size for _, size in sizes))]
    return PreviewMail(
        draft.subject, tuple(map(str, draft.to)), draft.text, attachments=tuple(sizes)
    )
