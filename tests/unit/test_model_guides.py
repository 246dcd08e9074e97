"""The way to a code: whose guide is shown, and what is said while a code is typed."""

import pytest

from traymail.core.provider import PROVIDERS, AuthKind, by_id, for_address
from traymail.ui.model import guides as model


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda row: row.id)
def test_every_provider_has_a_guide_with_steps_and_its_page(provider: object) -> None:
    row = by_id(provider.id)  # type: ignore[attr-defined] # a row of the table
    assert row is not None
    guide = model.guide_for(row)
    assert guide.steps
    assert (guide.url, guide.label) == (row.help_url, row.auth_kind.secret_name)
    assert guide.sixteen <= (row.auth_kind in {AuthKind.AUTHORIZATION_CODE, AuthKind.APP_PASSWORD})


def test_an_unknown_server_wants_a_password_behind_dots() -> None:
    guide = model.guide_for(None)
    assert (guide.hidden, guide.url, guide.sixteen) == (True, "", False)


@pytest.mark.parametrize(
    ("address", "typed", "secret", "note", "severity"),
    [
        ("a@qq.com", "  ", None, None, "warning"),
        ("a@qq.com", "abcd efgh", None, "8 of 16 letters", "warning"),
        (
            "a@qq.com",
            "abcd efgh ijkl mno1",
            None,
            "The code has letters only: this may be your password.",
            "warning",
        ),
        (
            "a@qq.com",
            "abcd efgh ijkl mnop",
            "abcdefghijklmnop",
            "16 letters, as it should be.",
            "success",
        ),
        ("a@163.com", "ABCDEF", "ABCDEF", None, "warning"),
        ("a@x.example", "my pass word", "my pass word", None, "warning"),
    ],
)
def test_a_code_is_checked_while_it_is_typed(
    address: str, typed: str, secret: str | None, note: str | None, severity: str
) -> None:
    check = model.check_code(model.guide_for(for_address(address)), typed)
    assert (check.secret.reveal() if check.secret else None) == secret
    assert (None if check.note is None else str(check.note)) == note
    assert check.severity == severity


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("a@qq.com", "QQ Mail wants an authorization code, not your password."),
        ("a@gmail.com", "Gmail wants an app password, not your own password."),
        ("a@outlook.com", "OAuth2"),
        ("a@x.example", None),
    ],
)
def test_what_a_provider_wants_is_said(address: str, words: str | None) -> None:
    told = model.wants(for_address(address))
    assert (told is None) if words is None else (words in str(told))
