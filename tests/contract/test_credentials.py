"""What every place for secrets does: written once, held to by the real one and its twin."""

import os
from dataclasses import replace
from uuid import uuid4

import pytest

from tests.support.mails import an_account
from tests.support.memory_credentials import InMemoryCredentials
from tests.support.session import KeyringSession
from traymail.core.account import Account
from traymail.core.errors import CredentialError
from traymail.core.ports import Credentials
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


class TestKeyrings(ContractOfCredentials):
    @pytest.fixture
    def credentials(self, keyring_env: KeyringSession) -> Credentials:
        assert keyring_env.address
        return Keyrings(os.environ)
