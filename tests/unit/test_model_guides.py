"""The way to a code: whose guide is shown, and what is said while a code is typed."""

import pytest

from traymail.core.languages import LANGUAGES
from traymail.core.provider import PROVIDERS, AuthKind, by_id, for_address, for_exchangers
from traymail.desktop.paths import guide_file
from traymail.ui.model import guides as model
from traymail.ui.model.passages import Passage, passages_of, section_for


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda row: row.id)
def test_every_provider_has_a_guide_with_steps_and_its_page(provider: object) -> None:
    row = by_id(provider.id)  # type: ignore[attr-defined] # a row of the table
    assert row is not None
    guide = model.guide_for(row)
    assert guide.steps
    assert guide.label == row.auth_kind.secret_name
    opened = [step.url for step in guide.steps if step.url]
    assert row.help_url == "" or row.help_url in opened
    assert len(opened) == len(set(opened)), "each page has a link of its own"
    assert guide.sixteen <= (row.auth_kind in {AuthKind.AUTHORIZATION_CODE, AuthKind.APP_PASSWORD})


@pytest.mark.parametrize(
    ("domain", "like"),
    [
        ("foxmail.com", "foxmail"),
        ("vip.qq.com", "qq"),
        *((f"hotmail.{ending}", "outlook") for ending in ("com", "co.uk", "fr", "de")),
        *((f"outlook.{ending}", "outlook") for ending in ("com", "de", "jp", "com.br")),
        *((f"live.{ending}", "outlook") for ending in ("com", "cn", "co.uk", "nl")),
        ("msn.com", "outlook"),
        ("googlemail.com", "gmail"),
    ],
)
def test_another_name_of_a_provider_leads_to_its_guide(domain: str, like: str) -> None:
    row = for_address(f"me@{domain}")
    assert row is by_id(like)
    assert model.guide_for(row).steps


@pytest.mark.parametrize(
    ("exchanger", "like"),
    [
        ("aspmx.l.google.com", "gmail"),
        ("shop-example-com.mail.protection.outlook.com", "office365"),
        ("mxbiz1.qq.com", "exmail.qq"),
        ("qiye163mx01.mxmail.netease.com", "netease-qiye"),
        ("mx1.qiye.aliyun.com", "aliyun-qiye"),
    ],
)
def test_a_company_s_own_domain_leads_to_the_guide_of_who_keeps_its_mail(
    exchanger: str, like: str
) -> None:
    found = for_exchangers([exchanger])
    assert found is not None
    assert found[0] is by_id(like)
    assert model.guide_for(found[0]).steps


def test_an_unknown_server_wants_a_password_behind_dots() -> None:
    guide = model.guide_for(None)
    assert (guide.hidden, guide.sixteen) == (True, False)
    assert not any(step.url for step in guide.steps)


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
            "16 letters, as expected.",
            "success",
        ),
        (
            "a@qq.com",
            "\ufeffabcd\u00a0efgh ijkl mnop",
            "abcdefghijklmnop",
            "16 letters, as expected.",
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
    ("address", "mailbox"),
    [
        ("a@qq.com", "https://mail.qq.com/"),
        ("a@163.com", "https://mail.163.com/"),
        ("a@126.com", "https://mail.126.com/"),
        ("a@icloud.com", "https://account.apple.com/"),
    ],
)
def test_the_mailbox_and_the_page_about_the_code_have_a_link_each(
    address: str, mailbox: str
) -> None:
    row = for_address(address)
    assert row is not None
    opened = [step.url for step in model.guide_for(row).steps]
    assert opened[:2] == [mailbox, row.help_url]
    assert not any(opened[2:])


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("a@qq.com", "QQ Mail wants an authorization code, not your password."),
        ("a@gmail.com", "Gmail wants an app password, not your Google password."),
        ("a@outlook.com", "OAuth2"),
        ("a@x.example", None),
    ],
)
def test_what_a_provider_wants_is_said(address: str, words: str | None) -> None:
    told = model.wants(for_address(address))
    assert (told is None) if words is None else (words in str(told))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("smtp.gmail.com", ("Google",)),
        ("smtp.office365.com", ("Microsoft", "微软")),
        ("smtp.partner.outlook.cn", ("Microsoft", "微软")),
        ("smtp.yandex.com", ("Others", "其他")),
        ("smtp.company.example", ("Others", "其他")),
    ],
)
def test_the_guide_to_a_client_id_has_a_part_for_each_provider(
    language: str, host: str, names: tuple[str, ...]
) -> None:
    read = passages_of(guide_file(language).read_text("utf-8"))
    heads = [str(one.words) for one in read if one.tone == "head"]
    assert heads[section_for(host)].startswith(names)


def test_a_guide_is_read_without_its_marks() -> None:
    markdown = """# Title

[Other language](other.md)

Type `x`, see [a page](https://example.com/p)
or [a file](other.md).

1. Open it
   and `y`.
2. Go.

| what | do |
| --- | --- |
| a | b `c` |

```sh
run it
```
"""
    assert passages_of(markdown) == (
        Passage("Title", "head"),
        Passage("\n"),
        Passage("Type "),
        Passage("x", "mono"),
        Passage(", see "),
        Passage("a page", url="https://example.com/p"),
        Passage(" "),
        Passage("or "),
        Passage("a file"),
        Passage("."),
        Passage("\n"),
        Passage("\n"),
        Passage("1.\t", "value"),
        Passage("Open it", "value"),
        Passage(" ", "value"),
        Passage("and ", "value"),
        Passage("y", "code"),
        Passage(".", "value"),
        Passage("\n", "value"),
        Passage("2.\t", "value"),
        Passage("Go.", "value"),
        Passage("\n", "value"),
        Passage("\n"),
        Passage("a"),
        Passage("\n"),
        Passage("b "),
        Passage("c", "mono"),
        Passage("\n"),
        Passage("\n"),
        Passage("run it\n\n", "mono"),
    )
