"""What is kept of a sign-in, as the one text that a keyring holds."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from traymail.core.account import Account
from traymail.core.secret import Secret
from traymail.core.sign_in import is_fresh


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """The tokens of one sign-in.

    ``refused``: what the service said when it would not renew them; nobody asks it again.
    """

    access: Secret
    got: datetime
    ends: datetime
    refresh: Secret | None
    client_secret: Secret | None
    refused: str = ""

    def fresh(self, now: datetime) -> bool:
        """Tell whether the access token need not be renewed yet."""
        return not self.refused and is_fresh(self.got, self.ends, now)

    def valid(self, now: datetime) -> bool:
        """Tell whether it has not ended."""
        return not self.refused and now < self.ends


def as_text(kept: StoredTokens, account: Account) -> str:
    """Return the text, which is worth something for the same service and program only."""
    return json.dumps(
        {
            "token_url": account.oauth.token_url,
            "client_id": account.oauth.client_id,
            "access_token": kept.access.reveal(),
            "got": kept.got.timestamp(),
            "ends": kept.ends.timestamp(),
            "refresh_token": kept.refresh.reveal() if kept.refresh else None,
            "client_secret": kept.client_secret.reveal() if kept.client_secret else None,
            "refused": kept.refused,
        },
        separators=(",", ":"),
    )


def from_text(words: str, account: Account) -> StoredTokens | None:
    """Return what was kept; None for what is damaged, or from another service or program."""
    document: Any = None
    with suppress(ValueError, RecursionError):
        document = json.loads(words)
    with suppress(KeyError, TypeError, ValueError, OverflowError):
        made_for = (document["token_url"], document["client_id"])
        if made_for == (account.oauth.token_url, account.oauth.client_id):
            return StoredTokens(
                Secret(str(document["access_token"])),
                datetime.fromtimestamp(document["got"], UTC),
                datetime.fromtimestamp(document["ends"], UTC),
                _secret(document["refresh_token"]),
                _secret(document["client_secret"]),
                str(document["refused"]),
            )
    return None


def _secret(value: object) -> Secret | None:
    return Secret(value) if isinstance(value, str) and value else None
