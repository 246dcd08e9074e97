"""What every kind of account brings along."""

from typing import Any

import pytest

from traymail.accounts import ALL
from traymail.core.account_kind import AccountKind
from traymail.core.fields import fields_of


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_a_kind_is_offered_by_its_own_words(kind: AccountKind[Any]) -> None:
    assert kind.title.msgid
    assert kind.about.msgid.endswith(".")
    assert "&" not in f"{kind.title.msgid}{kind.about.msgid}"


@pytest.mark.parametrize("kind", [one for one in ALL if one.listed], ids=lambda kind: kind.name)
def test_what_is_asked_first_can_be_asked_again_later(kind: AccountKind[Any]) -> None:
    names = [field.name for field in fields_of(kind.asked_first())]
    assert len(set(names)) == len(names)
    assert set(names) <= set(kind.form.keys)
