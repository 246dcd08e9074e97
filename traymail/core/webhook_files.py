"""A message with files, as a service takes it: a form with all of them, or the content of one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from traymail.core.address import clean
from traymail.core.message import Attachment, OpenAttachment, contents_of
from traymail.core.webhook_body import BodyTemplate, compile_body, message
from traymail.core.webhooks import FilePosting, FilesTaken

if TYPE_CHECKING:
    from traymail.core.message import Mail

# What stands beside files: a text, or a title and a text.
_CAPTION, _PARTS = '{"caption": "{text}"}', '{"title": "{subject}", "message": "{body}"}'


@dataclass(frozen=True, slots=True)
class Posted:
    """What is posted: where to, as what, its length, and its bytes in blocks."""

    target: str = field(repr=False)
    content_type: str
    length: int
    blocks: Iterator[bytes] = field(repr=False)


def caption(files: FilesTaken, written: tuple[str, str]) -> tuple[dict[str, str], bool]:
    """Return what is said of files, and whether that is all of it."""
    content, whole = message(_body(files), files.room, written, {})
    found: dict[str, str] = json.loads(content)
    return {key: value for key, value in found.items() if value}, whole


def _body(files: FilesTaken) -> BodyTemplate:
    return compile_body(_CAPTION if files.posting is FilePosting.FORM else _PARTS)


def posted(
    files: FilesTaken, mail: Mail, path: str, query: str, open_attachment: OpenAttachment
) -> Posted:
    """Return the message of a mail that has files.

    A piece of one is in memory at a time. The blocks raise SourceError for a file that is no
    longer as long as it was: before the last of them.
    """
    said, _whole = caption(files, (mail.subject, mail.text))
    attached = [one.attachment for one in mail.placed]
    if files.posting is FilePosting.CONTENT:
        return _content(attached[0], said, path, query, open_attachment)
    return _form(attached, said, path, query, (mail.message_id, open_attachment))


def _content(
    file: Attachment,
    said: Mapping[str, str],
    path: str,
    query: str,
    open_attachment: OpenAttachment,
) -> Posted:
    from urllib.parse import urlencode

    named = urlencode({"filename": _name(file), **said})
    target = f"{path.rstrip('/')}?{query}&{named}" if query else f"{path.rstrip('/')}?{named}"
    blocks = contents_of(file, open_attachment)
    return Posted(target, "application/octet-stream", file.size, blocks)


def _form(
    files: Sequence[Attachment],
    said: Mapping[str, str],
    path: str,
    query: str,
    given: tuple[str, OpenAttachment],
) -> Posted:
    """Return what Telegram takes: a document, or a group of them with the text below the last."""
    number, open_attachment = given
    # Nobody can know it beforehand, so no file has it in it.
    boundary = hashlib.sha256(number.encode()).hexdigest()
    fields = dict(said)
    method, names = "sendDocument", ["document"]
    if len(files) > 1:
        method, names = "sendMediaGroup", [f"file{place}" for place in range(len(files))]
        media = [{"type": "document", "media": f"attach://{name}"} for name in names]
        media[-1] |= said
        fields = {"media": json.dumps(media, ensure_ascii=False)}
    opening = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    heads = [
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; '
            f'filename="{_quoted(_name(file))}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        ).encode()
        for name, file in zip(names, files, strict=True)
    ]
    closing = f"--{boundary}--\r\n".encode()

    def blocks() -> Iterator[bytes]:
        before = opening
        for head, file in zip(heads, files, strict=True):
            yield before + head
            yield from contents_of(file, open_attachment)
            before = b"\r\n"
        yield before + closing

    length = len(opening) + sum(map(len, heads)) + len(closing) + 2 * len(files)
    target = f"{path.rpartition('/')[0]}/{method}?{query}"
    content_type = f"multipart/form-data; boundary={boundary}"
    return Posted(target, content_type, length + sum(one.size for one in files), blocks())


def _name(file: Attachment) -> str:
    return clean(file.name).strip(" ") or "attachment"


def _quoted(name: str) -> str:
    """Return a name as browsers write it into a form."""
    return name.replace("\\", "_").replace('"', "%22")
