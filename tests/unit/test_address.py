"""Addresses as people write them, and words made fit for headers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traymail.core.address import (
    clean,
    excerpt,
    parse_address,
    parse_addresses,
    split_addresses,
)
from traymail.core.errors import InputError
from traymail.core.message import Address


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("a@b", Address("a@b")),
        (" a@b ", Address("a@b")),
        ("<a@b>", Address("a@b")),
        ("Name <a@b>", Address("a@b", "Name")),
        ("Name<a@b>", Address("a@b", "Name")),
        ('"Na, me" <a@b>', Address("a@b", "Na, me")),
        (r'"He \"is\" \\ here" <a@b>', Address("a@b", r'He "is" \ here')),
        ('"<not@this>" <a@b>', Address("a@b", "<not@this>")),
        ("x@y <a@b>", Address("a@b", "x@y")),
        ("小明 <123456@qq.com>", Address("123456@qq.com", "小明")),
        ("Na\r\nme <a@b>", Address("a@b", "Na  me")),
        ("\u202ename\u200f <a@b>", Address("a@b", "name")),
        ("first.last+tag@sub.example.com", Address("first.last+tag@sub.example.com")),
        ('"a b"@c.d', Address('"a b"@c.d')),
        ('"a@b"@c.d', Address('"a@b"@c.d')),
        ('Name <"a<b>"@c.d>', Address('"a<b>"@c.d', "Name")),
        ("me@[127.0.0.1]", Address("me@[127.0.0.1]")),
        ("me@[IPv6:::1]", Address("me@[IPv6:::1]")),
        ("用户@例子.测试", Address("用户@xn--fsqu00a.xn--0zwm56d")),
        ("me@bücher.example", Address("me@xn--bcher-kva.example")),
        ("me@qq。com", Address("me@qq.com")),
        ("１２３＠ｑｑ．ｃｏｍ", Address("123@qq.com")),
        ("Ｗａｎｇ <wang＠qq.com>", Address("wang@qq.com", "Ｗａｎｇ")),
        ("a" * 64 + "@b", Address("a" * 64 + "@b")),
    ],
)
def test_reads(words: str, address: Address) -> None:
    assert parse_address(words) == address


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("", "There is no address"),
        ("   ", "There is no address"),
        ("Name <>", "There is no address"),
        ("nobody", "has no @"),
        ("@b", "nothing before the @"),
        ("a@", "domain"),
        ("a@b@c", "more than one @"),
        ("a b@c", "contains a space"),
        ("a@b c", "contains a space"),
        ("a\u3000b@c", "contains a space"),
        ("a@b\n", "invisible"),
        ("a@b\r\nBcc: c@d", "invisible"),
        ("Name <a@b\r\n>", "invisible"),
        ("a\x00@b", "invisible"),
        ("a\u202e@b", "invisible"),
        ("a@b\u200f", "invisible"),
        ("a@b\u2028", "invisible"),
        ('"a\nb"@c', "invisible"),
        ("a\ud800@b", "invisible"),
        ("Name <a@b", "< without its >"),
        ("a@b>", "> without its <"),
        ("<a@b> <c@d>", "more than one @"),
        ('"Name <a@b>', "quotation mark"),
        ("a@b" * 1000, "too long"),
        ("a..b@c", "before the @"),
        ("=?utf-8?Q?evil=40x.example=3E?=@good.example", "before the @"),
        ('"=?x?B?QGV2aWwueA==?="@good.example', "before the @"),
        (".a@b", "before the @"),
        ("a(b)@c", "before the @"),
        ("a@b..c", "domain"),
        ("a@.b", "domain"),
        ("a@b.", "domain"),
        ("a@-b", "domain"),
        ("a@b_c", "domain"),
        ("a@" + "b" * 64, "domain"),
        ("a@[1.2.3.4", "domain"),
        ("a@faß.de", "cannot be written in ASCII"),
        ("a@😀😀" + "x" * 70 + ".de", "cannot be written in ASCII"),
        ("a" * 65 + "@b", "too long"),
        ("界" * 22 + "@b", "too long"),
        ("a@" + ".".join(["b" * 60] * 5), "too long"),
        ("a@" + "界" * 300, "domain"),
        ('"' * 1999 + ",", "quotation mark"),
    ],
)
def test_refuses_and_says_why(words: str, title: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_address(words)
    shown = str(caught.value.title)
    assert title in shown
    assert clean(shown) == shown
    assert len(shown) < 160
    assert caught.value.advice is not None


@pytest.mark.parametrize(
    ("words", "mailboxes"),
    [
        ("", []),
        (" , ;", []),
        ("a@b", ["a@b"]),
        ("a@b, c@d; e@f，g@h；i@j、k@l", ["a@b", "c@d", "e@f", "g@h", "i@j", "k@l"]),
        ('"Na, me; x" <a@b>, c@d,', ["a@b", "c@d"]),
        (r'"Say \", no" <a@b>,c@d', ["a@b", "c@d"]),
        ('"a,b"@c, d@e', ['"a,b"@c', "d@e"]),
    ],
)
def test_reads_lists(words: str, mailboxes: list[str]) -> None:
    assert [address.mailbox for address in parse_addresses(words)] == mailboxes


@pytest.mark.parametrize("words", ["a@b, c", "Doe, John <a@b>", '"open <a@b>, c@d', "a@b\nc@d"])
def test_a_list_is_taken_whole_or_not_at_all(words: str) -> None:
    with pytest.raises(InputError):
        parse_addresses(words)


@pytest.mark.parametrize(
    ("words", "cleaned"),
    [
        ("plain words", "plain words"),
        ("扫描件 ①", "扫描件 ①"),
        ("a\r\nb\tc\x00d\x7fe\x85f\u2028g\u2029h", "a  b c d e f g h"),
        ("\u202a\u202b\u202c\u202d\u202ea\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeffb", "ab"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("caf\udce9", "caf\ufffd"),
        ("\ud83d\ude00", "😀"),
    ],
)
def test_cleans(words: str, cleaned: str) -> None:
    assert clean(words) == cleaned


def test_an_excerpt_is_short() -> None:
    assert excerpt("x" * 80) == "x" * 80
    assert excerpt("x\n" * 1000) == "x " * 39 + "x…"


@given(st.text(st.characters(), max_size=40))
def test_what_is_cleaned_is_clean(words: str) -> None:
    cleaned = clean(words)
    assert clean(cleaned) == cleaned
    assert len(cleaned.splitlines()) <= 1
    cleaned.encode()


@given(st.text(st.sampled_from('ab@.<>", ;\\\r\n\x00界\u202e'), max_size=20))
def test_an_address_is_safe_or_refused(words: str) -> None:
    try:
        addresses = parse_addresses(words)
    except InputError:
        return
    for address in addresses:
        assert clean(str(address)) == str(address)
        assert parse_address(address.mailbox) == Address(address.mailbox)


def test_a_list_is_split_as_it_is_written() -> None:
    written = '"Doe, Ann" <ann@b.example>, no address；, c@d.example '
    assert split_addresses(written) == ('"Doe, Ann" <ann@b.example>', "no address", "c@d.example")
