"""The message that a WeCom robot makes of a mail, and the key in what was pasted."""

import pytest

from tests.support.robot import ADDRESS, KEY
from traymail.core.errors import InputError
from traymail.core.robots import (
    CUT,
    GROUP,
    MOST_BYTES,
    MessageFormat,
    key_in,
    mention,
    mentions_of,
    message_of,
)

MARKDOWN, TEXT = MessageFormat.MARKDOWN, MessageFormat.TEXT


@pytest.mark.parametrize(
    ("pasted", "key"),
    [
        (KEY, KEY),
        (f"  {KEY}\n", KEY),
        (ADDRESS, KEY),
        (f"{ADDRESS}&debug=1", KEY),
        (ADDRESS.removeprefix("https://"), KEY),
    ],
)
def test_the_key_is_found_alone_and_in_the_address(pasted: str, key: str) -> None:
    assert key_in(pasted) == key


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "two words",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
        "https://qyapi.weixin.qq.com/?key=a%20b",
        "http://[/?key=a",
        "键",
    ],
)
def test_what_has_no_key_in_it_is_refused(pasted: str) -> None:
    with pytest.raises(InputError):
        key_in(pasted)


@pytest.mark.parametrize(
    ("kind", "subject", "body", "words"),
    [
        (TEXT, "Disk", "full", "Disk\n\nfull"),
        (TEXT, "Disk", "", "Disk"),
        (TEXT, " ", "full\n", "full"),
        (MARKDOWN, "Disk", "**full**", "**Disk**\n\n**full**"),
        (MARKDOWN, "", "full", "full"),
        (MARKDOWN, "<@all>", "<@ming> look", "**<\u200b@all>**\n\n<\u200b@ming> look"),
        (TEXT, "", "<@ming>", "<@ming>"),
    ],
)
def test_subject_and_body_become_the_message(
    kind: MessageFormat, subject: str, body: str, words: str
) -> None:
    assert message_of(kind, subject, body) == (words, True)


@pytest.mark.parametrize("kind", MessageFormat)
@pytest.mark.parametrize("letter", ["a", "é", "小", "😀"])
def test_bytes_are_counted_and_no_character_is_cut_in_two(kind: MessageFormat, letter: str) -> None:
    most = MOST_BYTES[kind]
    fits = letter * (most // len(letter.encode()))
    assert message_of(kind, "", fits) == (fits, True)
    words, whole = message_of(kind, "", fits + letter)
    assert not whole
    assert words.endswith(CUT)
    assert words.removesuffix(CUT) == letter * words.count(letter, 0, len(words) - len(CUT))
    assert most - 4 < len(words.encode()) <= most


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (" wangqing ", "wangqing"),
        ("@all", "@all"),
        ("13800001111", "13800001111"),
        ("+8613800001111", "+8613800001111"),
        ("a.b-c_1", "a.b-c_1"),
        ("boss@example.com", None),
        ("two words", None),
        ("@everybody", None),
        ("王", None),
        ("-x", None),
        ("", None),
    ],
)
def test_whom_words_mention(words: str, named: str | None) -> None:
    found = mention(words)
    assert (found.mailbox if found else None) == named


def test_mobile_numbers_stand_apart() -> None:
    assert mentions_of((GROUP.mailbox,)) == {}
    assert mentions_of(("a", "13800001111", "138")) == {
        "mentioned_list": ["a", "138"],
        "mentioned_mobile_list": ["13800001111"],
    }
