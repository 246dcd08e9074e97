"""What the demo has in place of the user's keyring and session: it leaves nothing behind."""

from __future__ import annotations

from traymail.core.account import Account
from traymail.core.errors import CredentialError
from traymail.core.secret import Secret
from traymail.core.texts import text
from traymail.store.credentials import Keyrings


class InMemoryKeyring(Keyrings):
    """Secrets for this run only; no keyring is asked, also for accounts that are added."""

    def __init__(self) -> None:
        super().__init__({})
        self._secrets: dict[tuple[str, str], Secret] = {}

    def get(self, account: Account) -> Secret:
        """Return the secret; raises CredentialError."""
        try:
            return self._secrets[account.host, account.username]
        except KeyError:
            raise CredentialError(
                text("There is no secret for account {name}.", name=account.name)
            ) from None

    def set(self, account: Account, secret: Secret) -> None:
        """Keep a secret until the end."""
        self._secrets[account.host, account.username] = secret

    def remember(self, account: Account, secret: Secret) -> None:
        """Keep a secret until the end."""
        self.set(account, secret)

    def delete(self, account: Account) -> bool:
        """Forget a secret; False when there was none."""
        return self._secrets.pop((account.host, account.username), None) is not None


class NoAutostart:
    """`traymail.desktop.autostart.Autostart` that forgets: a rehearsal does not start again."""

    def __init__(self) -> None:
        self._on = False

    def is_on(self) -> bool:
        """Tell what was set."""
        return self._on

    def set(self, *, on: bool) -> None:
        """Remember it until the end."""
        self._on = on
