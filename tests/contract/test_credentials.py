"""What every place for secrets does: written once, held to by the real one and its twin."""

import os
import sys
from contextlib import closing
from dataclasses import replace
from importlib import import_module
from itertools import count
from subprocess import run
from uuid import uuid4

import pytest

from tests.support.mails import an_account
from tests.support.memory_credentials import Credentials, InMemoryCredentials
from traymail.core.account import Account
from traymail.core.errors import CredentialError
from traymail.core.secret import Secret
from traymail.store.credentials import Keyrings


class ContractOfCredentials:
    @pytest.fixture
    def credentials(self) -> Credentials:
        raise NotImplementedError

    @pytest.fixture
    def account(self) -> Account:
        # The keyring outlives the test.
        return an_account(username=f"{uuid4()}@mail.example")

    def test_there_is_none_at_first(self, credentials: Credentials, account: Account) -> None:
        with pytest.raises(CredentialError) as caught:
            credentials.get(account)
        assert caught.value.advice is not None
        assert credentials.delete(account) is False

    @pytest.mark.parametrize(
        "value", ["abcdefghijklmnop", "with a blank ", "密码 é ß", "a'b\"c\\d%s{x}", "x" * 1280]
    )
    def test_what_is_kept_comes_back(
        self, credentials: Credentials, account: Account, value: str
    ) -> None:
        credentials.set(account, Secret(value))
        assert credentials.get(account).reveal() == value

    def test_the_last_one_counts_until_it_is_deleted(
        self, credentials: Credentials, account: Account
    ) -> None:
        credentials.set(account, Secret("first"))
        credentials.set(account, Secret("second"))
        assert credentials.get(account) == Secret("second")
        assert credentials.delete(account) is True
        assert credentials.delete(account) is False
        with pytest.raises(CredentialError):
            credentials.get(account)

    def test_it_is_not_offered_to_another_host_or_user(
        self, credentials: Credentials, account: Account
    ) -> None:
        credentials.set(account, Secret("for this host"))
        for other in (replace(account, host="smtp.evil.example"), replace(account, username="x")):
            with pytest.raises(CredentialError):
                credentials.get(other)
        assert credentials.get(replace(account, name="renamed", port=587)) == Secret(
            "for this host"
        )


class TestVault(ContractOfCredentials):
    @pytest.fixture
    def credentials(self) -> Credentials:
        return InMemoryCredentials()


@pytest.mark.desktop
class TestKeyrings(ContractOfCredentials):
    """The Secret Service of Linux, the Credential Manager of Windows."""

    @pytest.fixture
    def credentials(self, request: pytest.FixtureRequest) -> Keyrings:
        if sys.platform != "win32":
            request.getfixturevalue("keyring_env")
        return Keyrings(os.environ)

    @pytest.mark.parametrize("length", [1, 1150, 1200, 1300, 2500, 30_000])
    def test_what_a_sign_in_gives_is_kept_whatever_its_length(
        self, credentials: Keyrings, account: Account, length: int
    ) -> None:
        words = [letter * length for letter in "ab"]
        for one in words:
            credentials.keep_long(account, one)
            assert credentials.long(account) == one
        credentials.keep_long(account, "short")
        assert credentials.long(account) == "short"
        with pytest.raises(CredentialError):
            credentials.get(account)  # it is no password
        assert credentials.delete(account) is True
        assert credentials.long(account) is None

    @pytest.mark.parametrize("before", ["", "o" * 1300])
    def test_whoever_is_killed_between_pieces_leaves_the_old_or_the_new(
        self, account: Account, before: str
    ) -> None:
        if sys.platform == "win32":
            self._kill_between_pieces(account, before)
            return
        from tests.support.session import with_keyring_of_its_own

        with_keyring_of_its_own(lambda: self._kill_between_pieces(account, before))

    def _kill_between_pieces(self, account: Account, before: str) -> None:
        credentials, new = Keyrings(os.environ), "n" * 3000
        for calls in count(1):
            credentials.delete(account)
            if before:
                credentials.keep_long(account, before)
            command = [sys.executable, "-c", _KILLED, account.host, account.username]
            done = run([*command, new, str(calls)], env=dict(os.environ), check=False)
            assert credentials.long(account) in {before or None, new}
            if done.returncode == 0:
                break
            assert done.returncode == _STATUS
        assert calls > _PIECES
        assert credentials.long(account) == new
        credentials.delete(account)
        assert entries(account) == []


def entries(account: Account) -> list[str]:
    """Return the names of all that the keyring has of an account."""
    if sys.platform == "win32":
        win32cred = import_module("win32ctypes.pywin32.win32cred")
        known = [one["UserName"] for one in win32cred.CredEnumerate(None, 0)]
    else:
        import secretstorage

        with closing(secretstorage.dbus_init()) as bus:
            found = secretstorage.search_items(bus, {"service": f"traymail:{account.host}"})
            known = [one.get_attributes()["username"] for one in found]
    return sorted(name for name in known if name.startswith(account.username))


_STATUS, _PIECES = 9, 3
# It ends behind its n-th change of the keyring.
_KILLED = f"""
import os, sys
from dataclasses import replace
from tests.support.mails import an_account
from traymail.store import credentials

host, username, words, calls = sys.argv[1:]
left = int(calls)

def counted(change):
    def run(*arguments):
        global left
        found = change(*arguments)
        left -= 1
        if left == 0:
            os._exit({_STATUS})
        return found
    return run

module, name = credentials.TRUSTED.get(sys.platform, credentials.SECRET_SERVICE)
backend = getattr(__import__(module, fromlist=[name]), name)
backend.set_password = counted(backend.set_password)
backend.delete_password = counted(backend.delete_password)
account = replace(an_account(username=username), host=host)
credentials.Keyrings(os.environ).keep_long(account, words)
"""
