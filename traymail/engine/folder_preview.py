"""A dry run of a folder rule: the mails that files would make, if they were dropped now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePosixPath

from traymail.core.account import Account
from traymail.core.observations import FoundFile
from traymail.core.reports import LeftOut, Preview, PreviewMail
from traymail.core.rules.folder import FolderRule
from traymail.core.selection import readable, size_reason
from traymail.engine.flow import Machine
from traymail.engine.folder_mail import share_out, write_draft, zip_name


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
