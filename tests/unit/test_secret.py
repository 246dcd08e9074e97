import base64
import binascii
import bz2
import codecs
import html
import json
import pickle
import quopri
import random
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import test_replies as replies
from traymail.core.readings import STEPS, Work, readings
from traymail.core.reply_rules import RULES
from traymail.core.secret import Secret, ToldSecrets, tidy_code


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("abcd efgh ijkl mnop", "abcdefghijklmnop"),
        (" abcd  efgh ijkl mnop ", "abcdefghijklmnop"),
        ("abcdefghijklmnop", "abcdefghijklmnop"),
        ("abcd efgh ijkl mno1", "abcd efgh ijkl mno1"),
        ("correct horse battery staple", "correct horse battery staple"),
        ("two word", "two word"),
        ("\ufeffabcd efgh ijkl mnop\u200b", "abcdefghijklmnop"),
        ("abcd\u00a0efgh\u3000ijkl\tmnop", "abcdefghijklmnop"),
        ("\ufeffsecret", "secret"),
        (" blank around ", " blank around "),
    ],
)
def test_only_the_blanks_of_a_code_in_groups_are_dropped(typed: str, kept: str) -> None:
    assert tidy_code(typed) == kept


def test_a_secret_is_not_shown() -> None:
    secret = Secret("canary-12")
    shown = f"{secret} {secret!r} {secret:>10} {[secret]} {secret}"
    assert "canary" not in shown
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)


def test_no_reading_of_a_text_shows_it() -> None:
    read = list(readings("canary-12 Y2FuYXJ5LTEy", Work("canary-12 Y2FuYXJ5LTEy")))
    assert sum("canary-12" in one.text for one in read) > 1
    assert "canary" not in repr(read)


def test_a_secret_echoed_by_a_server_is_struck_out() -> None:
    secret = Secret("canary-12")
    for echo in ("canary-12", "Y2FuYXJ5LTEy", "AG1lAGNhbmFyeS0xMg=="):
        assert secret.strike_out(f"535 {echo} refused", "me") == "535 *** refused"


def _spread(value: str) -> str:
    return "".join(f"%{byte:02x}" for byte in value.encode())


ECHOES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "full width": lambda value: "".join(
        chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value
    ),
    "url": lambda value: quote(value, safe=""),
    "url, all of it": _spread,
    "url, twice": lambda value: quote(quote(value, safe=""), safe=""),
    "url, upper": lambda value: _spread(value).upper(),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64, upper": lambda value: base64.b64encode(value.encode()).decode().upper(),
    "base64 for urls": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "base64 after one": lambda value: base64.b64encode(b"x" + value.encode() + b"y").decode(),
    "base64 after two": lambda value: base64.b64encode(b"xy" + value.encode()).decode(),
    "login": lambda value: base64.b64encode(f"\0me\0{value}".encode()).decode(),
    "hexadecimal": lambda value: value.encode().hex(),
    "hexadecimal, dump": lambda value: value.encode().hex(" ").upper(),
    "quoted-printable": lambda value: quopri.encodestring(value.encode()).decode(),
    "html": html.escape,
    "html, numbers": lambda value: "".join(f"&#{ord(c)};" for c in value),
    "C": lambda value: "".join(f"\\x{byte:02x}" for byte in value.encode()),
    "quoted": lambda value: json.dumps(value)[1:-1],
    "JSON": lambda value: "".join(f"\\u{ord(c):04x}" for c in value),
    "C, octal": lambda value: "".join(f"\\{byte:03o}" for byte in value.encode()),
    "C, long": lambda value: "".join(f"\\U{ord(c):08x}" for c in value),
    "braces": lambda value: "".join(f"\\u{{{ord(c):x}}}" for c in value),
    "code points": lambda value: " ".join(f"U+{ord(c):04X}" for c in value),
    "html, bare": lambda value: "".join(f"&#x{ord(c):x}" for c in value),
    "hexadecimal, each": lambda value: ", ".join(f"0x{byte:02x}" for byte in value.encode()),
    "decimal": lambda value: " ".join(str(byte) for byte in value.encode()),
    "hexadecimal, wide": lambda value: value.encode("utf-16-be").hex(),
    "url, GB18030": lambda value: quote(value.encode("gb18030"), safe=""),
    "base64, GB18030": lambda value: base64.b64encode(value.encode("gb18030")).decode(),
    "base64, wide": lambda value: base64.b64encode(value.encode("utf-16-le")).decode(),
    "base64, twice": lambda value: base64.b64encode(base64.b64encode(value.encode())).decode(),
    "base64, name and secret": lambda value: base64.b64encode(f"me:{value}".encode()).decode(),
    "base32": lambda value: base64.b32encode(value.encode()).decode(),
    "misread": lambda value: value.encode().decode("latin-1"),
    "over two lines": lambda value: f"{value[:5]} \n {value[5:]}",
    "with marks between": "\u200b".join,
    "in groups": lambda value: ("-" if value.isalnum() else " ").join(
        value[at : at + 4] for at in range(0, len(value), 4)
    ),
    "base64 over two lines": lambda value: " ".join(
        base64.b64encode(value.encode()).decode().partition("Z")
    ),
}
# What a server does that means to show it to whoever reads there, with eyes or common programs.
HOSTILE: dict[str, Callable[[str], str]] = {
    "colours": lambda value: "".join(f"\x1b[0m{c}" for c in value),
    "colours, in brackets": lambda value: (
        "<" + "\x1b[0m".join(value[at : at + 3] for at in range(0, len(value), 3)) + ">"
    ),
    "marks, in brackets": lambda value: (
        "<" + "\u200b".join(value[at : at + 3] for at in range(0, len(value), 3)) + ">"
    ),
    "colours of many numbers": lambda value: "".join(
        f"\x1b[38;5;{at}m{c}" for at, c in enumerate(value)
    ),
    "colours in one octet": lambda value: "".join(f"\x9b1;31m{c}" for c in value),
    "colours, cleaned": lambda value: "".join(f"[{at % 7}m{c}" for at, c in enumerate(value)),
    "colours, spelled": lambda value: "".join(f"\\e[{at}m{c}" for at, c in enumerate(value)),
    "colours, in C": lambda value: "".join(f"\\033[{at}m{c}" for at, c in enumerate(value)),
    "titles of a window": lambda value: "".join(
        f"\x1b]0;x{at}\x07{c}" for at, c in enumerate(value)
    ),
    "links": lambda value: "".join(f"\x1b]8;;http://x\x1b\\{c}" for c in value),
    "character sets": lambda value: "".join(f"\x1b(B{c}" for c in value),
    "colours of IRC": lambda value: "".join(f"\x03{at % 10},4{c}" for at, c in enumerate(value)),
    "overstruck": lambda value: "".join(f"{c}\b{c}" for c in value),
    "markup": lambda value: "".join(f"<b>{c}</b>" for c in value),
    "a sign between": "-".join,
    "two signs between": "._".join,
    "many signs between": " -*- ".join,
    "a letter between": "x".join,
    "two letters between": "xy".join,
    "joined": "\u200d\u2060".join,
    "fillers": "\u3164".join,
    "accents": lambda value: "".join(c + "\u0301\u0327" for c in value),
    "soft hyphens": "\u00ad".join,
    "small capitals": lambda value: value.lower().translate(
        str.maketrans("abcdehijklmnoprtuwyz", "ᴀʙᴄᴅᴇʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴡʏᴢ")
    ),
    "Cyrillic": lambda value: value.translate(str.maketrans("aeopcyxsijh", "аеорсухѕіјһ")),
    "Cyrillic capitals": lambda value: value.upper().translate(
        str.maketrans("ABCEHKMOPTXY", "АВСЕНКМОРТХУ")
    ),
    "Greek": lambda value: value.translate(str.maketrans("aoinv", "αοιην")),
    "bold": lambda value: "".join(
        chr(ord(c) - ord("a") + 0x1D41A) if "a" <= c <= "z" else c for c in value
    ),
    "circled": lambda value: "".join(
        chr(ord(c) - ord("a") + 0x24D0) if "a" <= c <= "z" else c for c in value
    ),
    "flags": lambda value: "".join(
        chr(ord(c) - ord("a") + 0x1F1E6) if "a" <= c <= "z" else c for c in value
    ),
    "tags": lambda value: "".join(chr(0xE0000 + ord(c)) for c in value),
    "backwards": lambda value: value[::-1],
    "backwards, spaced": lambda value: " ".join(value[::-1]),
    "ROT13": lambda value: codecs.encode(value, "rot13"),
    "ROT13, backwards": lambda value: codecs.encode(value, "rot13")[::-1],
    "hexadecimal, backwards": lambda value: value.encode().hex()[::-1],
    "hexadecimal of it backwards": lambda value: value[::-1].encode().hex(),
    "hexadecimal, twice": lambda value: value.encode().hex().encode().hex(),
    "base64, backwards": lambda value: base64.b64encode(value.encode()).decode()[::-1],
    "base64 of it backwards": lambda value: base64.b64encode(value[::-1].encode()).decode(),
    "base64, spaced": lambda value: " ".join(base64.b64encode(value.encode()).decode()),
    "base64 of ROT13": lambda value: base64.b64encode(
        codecs.encode(value, "rot13").encode()
    ).decode(),
    "ROT13 of base64": lambda value: codecs.encode(
        base64.b64encode(value.encode()).decode(), "rot13"
    ),
    "base64, thrice": lambda value: base64.b64encode(
        base64.b64encode(base64.b64encode(value.encode()))
    ).decode(),
    "base64, thrice, lower": lambda value: (
        base64.b64encode(base64.b64encode(base64.b64encode(value.encode()))).decode().lower()
    ),
    "base64, thrice, over lines": lambda value: (
        codecs.encode(base64.b64encode(base64.b64encode(value.encode())), "base64")
        .decode()[:20]
        .join(["", "\n"])
        + codecs.encode(base64.b64encode(base64.b64encode(value.encode())), "base64").decode()[20:]
    ),
    "base64, thrice, in a sentence": lambda value: base64.b64encode(
        base64.b64encode(b"no: " + base64.b64encode(b"it is " + value.encode() + b", see"))
    ).decode(),
    "base64 of hexadecimal of base32": lambda value: base64.b64encode(
        base64.b32encode(value.encode()).hex().encode()
    ).decode(),
    "base64 with colours": lambda value: "".join(
        f"\x1b[0m{c}" for c in base64.b64encode(base64.b64encode(value.encode())).decode()
    ),
    "base32, twice": lambda value: base64.b32encode(base64.b32encode(value.encode())).decode(),
    "base32 of hexadecimals": lambda value: base64.b32hexencode(value.encode()).decode(),
    "base85": lambda value: base64.b85encode(value.encode()).decode(),
    "Ascii85": lambda value: base64.a85encode(value.encode(), adobe=True).decode(),
    "base85 of base64": lambda value: base64.b85encode(base64.b64encode(value.encode())).decode(),
    "uuencode": lambda value: binascii.b2a_uu(value.encode()).decode(),
    "uuencode, blanks as accents": lambda value: binascii.b2a_uu(
        value.encode(), backtick=True
    ).decode(),
    "octal": lambda value: " ".join(f"{byte:o}" for byte in value.encode()),
    "octal, in one": lambda value: "".join(f"{byte:03o}" for byte in value.encode()),
    "decimal, backwards": lambda value: ",".join(str(byte) for byte in value.encode()[::-1]),
    "decimal, in one": lambda value: "".join(f"{byte:03d}" for byte in value.encode()),
    "decimal, calls": lambda value: "+".join(f"chr({byte})" for byte in value.encode()),
    "decimal, numbered": lambda value: "; ".join(
        f"{at}. {byte}" for at, byte in enumerate(value.encode())
    ),
    "base64 of decimal": lambda value: base64.b64encode(
        " ".join(str(byte) for byte in value.encode()).encode()
    ).decode(),
    "bits": lambda value: " ".join(f"{byte:08b}" for byte in value.encode()),
    "bits, in one": lambda value: "".join(f"{byte:08b}" for byte in value.encode()),
    "quoted-printable, all of it": lambda value: "".join(f"={byte:02X}" for byte in value.encode()),
    "html in URL": lambda value: quote("".join(f"&#{ord(c)};" for c in value), safe=""),
    "base64 in URL": lambda value: quote(base64.b64encode(value.encode()).decode(), safe=""),
    "zlib": lambda value: base64.b64encode(zlib.compress(value.encode())).decode(),
    "gzip": lambda value: base64.b64encode(
        (packer := zlib.compressobj(wbits=31)).compress(value.encode()) + packer.flush()
    ).decode(),
    "bzip2": lambda value: base64.b64encode(bz2.compress(value.encode())).decode(),
    "colours, a sign between": lambda value: "-".join("".join(f"\x1b[1m{c}" for c in value)),
    "escapes, a sign between": lambda value: ".".join("".join(f"\\x{ord(c):02x}" for c in value)),
    "base85, marks between": lambda value: "\u200b".join(base64.b85encode(value.encode()).decode()),
    "full width in base64": lambda value: base64.b64encode(
        "".join(chr(ord(c) + 0xFEE0) for c in value).encode()
    ).decode(),
    "full width in decimal": lambda value: " ".join(
        map(str, "".join(chr(ord(c) + 0xFEE0) for c in value).encode())
    ),
    "uuencode of octal, in lines": lambda value: codecs.encode(
        " ".join(f"{byte:o}" for byte in value.encode()).encode(), "uu"
    ).decode(),
    "UTF-16": lambda value: value.encode("utf-16-be").hex(),
    "hexadecimal of UTF-32": lambda value: value.encode("utf-32-le").hex(),
    "base64 of UTF-32": lambda value: base64.b64encode(value.encode("utf-32-be")).decode(),
    "codes of replies between": " 535 ".join,
    "codes of replies between some": lambda value: " 535-5.7.8 ".join(
        value[at : at + 3] for at in range(0, len(value), 3)
    ),
    "codes of replies before each": lambda value: ", ".join(f"5.7.8 {c}" for c in value),
    "base64, codes of replies between": lambda value: " 535 5.7.8 ".join(
        re.findall("....", base64.b64encode(value.encode()).decode())
    ),
    "line breaks, spelled": "\\r\\n".join,
    "blanks, spelled": lambda value: "\\t".join(
        value[at : at + 3] for at in range(0, len(value), 3)
    ),
    "a word of a header": lambda value: f"=?utf-8?b?{base64.b64encode(value.encode()).decode()}?=",
}
SECRETS = ["canary-secret-42", "abcdefghijklmnop", "hunter2", "p@ss%41w0rd=3D!", "!!@@##$$%%^^&&"]


@pytest.mark.parametrize("value", SECRETS)
@pytest.mark.parametrize("echo", ECHOES)
def test_no_way_to_write_a_secret_shows_it(echo: str, value: str) -> None:
    said = f"535 5.7.8 Error: {ECHOES[echo](value)} authentication refused"
    shown = Secret(value).strike_out(said, "me")
    if shown != "535 5.7.8 Error: *** authentication refused":
        assert shown.startswith("535 5.7.8 Error: ***")
        assert shown.endswith("authentication refused")
        assert len(shown) < len("535 5.7.8 Error: *** authentication refused") + 3


@pytest.mark.parametrize("value", ["canary-secret-42", "abcdefghijklmnop", "hunter2"])
@pytest.mark.parametrize("echo", HOSTILE)
def test_no_server_that_means_to_can_show_a_secret(echo: str, value: str) -> None:
    hidden = HOSTILE[echo](value)
    shown = Secret(value).strike_out(f"535 5.7.8 Error: {hidden} refused", "me")
    assert "***" in shown
    left = shown.removeprefix("535 5.7.8 Error: ").removesuffix(" refused").replace("***", "")
    assert sum(map(str.isalnum, left)) <= max(len(hidden) // 4, 5)


FOREIGN = [
    *("as it is", "url", "base64", "login", "hexadecimal", "upper", "C, octal", "C, long"),
    *("braces", "hexadecimal, wide", "base64, GB18030", "base64, wide", "base64, twice", "base32"),
]


@pytest.mark.parametrize("value", ["密码密码密码", "pässwörd", "密码abc123"])
@pytest.mark.parametrize("echo", FOREIGN)
def test_letters_of_any_language_are_struck_out(echo: str, value: str) -> None:
    said = f"535 {ECHOES[echo](value)} refused"
    assert Secret(value).strike_out(said, "me") == "535 *** refused"


@pytest.mark.parametrize("echo", ["url, GB18030", "misread"])
def test_letters_in_another_encoding_are_struck_out(echo: str) -> None:
    shown = Secret("密码密码密码").strike_out(f"535 {ECHOES[echo]('密码密码密码')}")
    assert shown.rstrip("\x80\x81\xa0") == "535 ***"


def test_a_run_of_half_of_it_is_struck_out() -> None:
    secret = Secret("canary-secret-42")
    assert secret.strike_out("its beginning canary-s, its end ecret-42") == (
        "its beginning ***, its end ***"
    )
    assert secret.strike_out("a canary is no secret") == "a canary is no secret"


@pytest.mark.parametrize("value", ["", "pw", "abc", "hunter"])
def test_a_short_secret_is_struck_out_whole(value: str) -> None:
    said = f"no {value} here" if value else "nothing"
    assert Secret(value).strike_out(said) == ("no *** here" if value else "nothing")
    login = base64.b64encode(f"\0me@example.com\0{value}".encode()).decode()
    if value:
        assert Secret(value).strike_out(f"no {login} here", "me@example.com") == "no *** here"


# What providers really say, from public transcripts: by these numbers a mail is found again.
REPLIES = (Path(__file__).parents[1] / "data" / "replies.txt").read_text("utf-8").splitlines()
ADVISED = [str(row) for rule in RULES for row in (rule.advice, rule.cause, rule.title) if row]


@pytest.mark.parametrize(
    "value", [*SECRETS, "gmsmtpqueuedasokx", "9C1E7D0B55A2F38E", "密码密码密码"]
)
def test_what_real_servers_say_stays(value: str) -> None:
    secret = Secret(value)
    for said in (*REPLIES, *(row[2] for row in replies.REPLIES), *ADVISED):
        assert secret.strike_out(said, "me@example.com") == said


def test_to_look_into_a_reply_takes_steps_for_each_letter_and_no_more() -> None:
    """Also of 64 KB, of whatever they are made; a real reply takes a fraction of what it may."""
    for said in REPLIES:
        work = Work(said)
        assert list(readings(said, work))
        assert work.left > 0.5 * work.most
    noise = random.Random(1).randbytes  # noqa: S311 # only what has no meaning
    for made in (
        lambda size: "abcdefgh" * (size // 8),
        lambda size: "(<[{%41" * (size // 7),
        lambda size: "Some words of a server. " * (size // 24),
        lambda size: base64.b64encode(noise(size // 4 * 3)).decode(),
        lambda size: "99 97 110 " * (size // 10),
        lambda size: "<b>\x1b[0m" * (size // 7),
    ):
        for size in (8192, 65536):
            work = Work(words := made(size), fewest=8)
            for _ in readings(words, work):
                pass
            assert work.most - work.left < 0.5 * STEPS * size


def test_what_costs_more_than_any_reply_is_not_shown_at_all() -> None:
    bombs = base64.b64encode(b"x\x9c" * 2000).decode()
    assert Secret("canary-secret-42").strike_out(f"see {bombs} and canary-secret-42") == "***"


SIGNS = st.characters(categories=["L", "N", "P", "S"], include_characters=" ")


@given(st.text(SIGNS, min_size=1, max_size=40), st.text(SIGNS, max_size=60), st.integers(0, 39))
def test_no_run_of_half_survives(value: str, around: str, at: int) -> None:
    half = max(6, (len(value) + 1) // 2)
    run = value[at : at + half]
    if len(run) == half:
        shown = Secret(value).strike_out(around + run + around)
        assert run not in shown or not run.strip()


def test_a_token_of_any_length_is_struck_out() -> None:
    token = base64.b64encode(bytes(range(256)) * 100).decode()
    assert Secret(token).strike_out(f"534 {token} refused") == "534 *** refused"


def test_the_secrets_that_were_told_last_are_known_by_when_they_were_told_again() -> None:
    told, first = ToldSecrets(), Secret("quite-a-secret-0")
    told.add(first, "me")
    for number in range(1, 8):
        told.add(Secret(f"{number}-another-one-{number}"), "me")
    told.add(first, "me")
    told.add(Secret("8-the-ninth-of-them-8"), "me")
    assert told.strike_out("you said quite-a-secret-0") == "you said ***"


def test_a_long_run_of_blanks_costs_no_more_for_each_the_longer_it_is() -> None:
    """What costs as the square of its length takes longer here than any test may."""
    code = "abcdefghijklmnop"
    assert code not in Secret(code).strike_out(" " * 250_000 + code, "me")
