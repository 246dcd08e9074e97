"""Credentials in memory: the twin of the real ones, held to the same contract."""

from typing import Protocol

from traymail.core.account import Account
from traymail.core.errors import CredentialError
from traymail.core.ports import SecretSource
from traymail.core.secret import Secret
from traymail.core.texts import text


class Credentials(SecretSource, Protocol):
    """Where secrets live."""

    def set(self, account: Account, secret: Secret) -> None:
        """Keep it in the keyring and read it back; raises CredentialError."""
        ...

    def delete(self, account: Account) -> bool:
        """Forget it; False when there was none."""
        ...


class InMemoryCredentials:
    """Keeps secrets by host and user name, as the keyring does."""

    def __init__(self) -> None:
        self._secrets: dict[tuple[str, str], Secret] = {}

    def get(self, account: Account) -> Secret:
        """Return the secret; raises CredentialError."""
        try:
            return self._secrets[account.host, account.username]
        except KeyError:
            raise CredentialError(text("There is no secret."), text("Enter it.")) from None

    def another(self, account: Account, refused: Secret) -> bool:
        """Return whether there is another one by now."""
        return self.get(account) != refused

    def set(self, account: Account, secret: Secret) -> None:
        """Keep a secret."""
        self._secrets[account.host, account.username] = secret

    def delete(self, account: Account) -> bool:
        """Forget a secret; False when there was none."""
        return self._secrets.pop((account.host, account.username), None) is not None
