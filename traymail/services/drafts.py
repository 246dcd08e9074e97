"""What the quick-send window remembers: its draft, pasted pictures, past recipients."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, fields
from io import BytesIO
from pathlib import Path
from typing import Any

from traymail.app import App
from traymail.core.message import Address
from traymail.core.overview import SavedDraft
from traymail.store import drafts
from traymail.store.people import People


@dataclass(frozen=True, slots=True)
class DraftService:
    """The mail that is being written."""

    app: App
    past: People

    def load(self) -> SavedDraft:
        """Return the kept draft; an empty one when there is none."""
        known: dict[str, Any] = {}
        kept = drafts.load(self.app.home.state)
        for field in fields(SavedDraft):
            value = kept.get(field.name)
            if isinstance(value, list):
                value = tuple(one for one in value if isinstance(one, str))
            if isinstance(value, type(field.default)):
                known[field.name] = value
        return SavedDraft(**known)

    def keep(self, draft: SavedDraft) -> None:
        """Keep a draft; an empty one forgets it."""
        drafts.save(self.app.home.state, {} if draft == SavedDraft() else asdict(draft))

    def keep_picture(self, png: bytes, word: str) -> Path:
        """Keep a pasted picture where a draft can find it after a restart.

        ``word``: what its name begins with.
        """
        taken_at = self.app.clock.now().astimezone()
        return drafts.keep_picture(self.app.home.state, f"{word}-{taken_at:%Y%m%d-%H%M%S}", png)

    def unpack(self, mail_id: int) -> tuple[Path, ...]:
        """Make a mail's attachments files, under their names, where a draft can find them."""
        spool = self.app.spool
        attachments = [place.attachment for place in self.app.outbox.mail(mail_id).placed]
        spool.require_room(sum(attachment.size for attachment in attachments))
        paths = []
        for attachment in attachments:
            with spool.open(attachment) as content:
                token = secrets.token_hex(8)
                paths.append(drafts.keep_file(self.app.home.state, token, attachment.name, content))
        return tuple(paths)

    def keep_small(self, name: str, content: bytes) -> Path:
        """Keep a smaller picture under the name of the large one, as long as the draft."""
        token = secrets.token_hex(8)
        return drafts.keep_file(self.app.home.state, token, name, BytesIO(content))

    def people(self) -> tuple[Address, ...]:
        """Return past recipients, the most used first."""
        return self.past.known()

    def forget_person(self, mailbox: str) -> None:
        """Offer a recipient no more."""
        self.past.forget(mailbox)
