"""What a text may stand for: each way to read it that people or common programs have.

Read are, also one in the other and up to `DEEP` codes deep:

- the text itself; without control sequences of terminals, markup, codes of replies and what is
  overstruck; with escapes undone (URL, quoted-printable, HTML, C, JSON, code points); with letters
  that look like those of ASCII as these;
- backwards; ROT13;
- the codes of RFC 4648 (hexadecimal, base32, base64) with whatever stands between their signs, at
  each place where an octet may begin; bits, uuencode, Ascii85, base85 (RFC 1924) and Z85;
- numbers in a row, decimal, octal, binary or hexadecimal, each for a character;
- what is packed by zlib, gzip or bzip2 inside of such a code.

It costs a fixed number of steps for each character (`STEPS`), however the text is made: more is
not read (`TooMuch`).
"""

from __future__ import annotations

import binascii
import codecs
import contextlib
import html
import itertools
import math
import re
import string
import sys
import unicodedata
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

Place = Callable[[int, int], tuple[int, int]]
"""Returns where in the words begins and ends what a part of a reading is read from."""

# Codes in codes; and what is made plain before and between them.
DEEP = 3
# Steps for each character of the words, and for the shortest words. A reply takes 250 a
# character, and 350 when it is made of nothing but codes.
STEPS, FEWEST_STEPS = 1000, 250_000
# Fewer characters in a row are no text that was in a code.
SHORTEST = 6
_MOST_UNPACKED = 4096
_MOST_PACKED = 4096


class TooMuch(Exception):
    """To look into this text costs more than any reply of a real server."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read some words; they may hold a secret, and are not in its repr.

    ``whole``: it is no code, all of the words are in it. ``edge``: the signs of the code; those
    around what was found belong to it.
    """

    text: str = field(repr=False)
    place: Place
    whole: bool = True
    edge: str = ""
    turned: bool = False
    deep: int = 0
    smoothed: int = 0


class Work:
    """The steps that may still be taken, and of how many letters a text is that is looked for."""

    def __init__(self, words: str, fewest: int = SHORTEST) -> None:
        self.fewest = fewest
        self.most = self.left = max(FEWEST_STEPS, STEPS * len(words))

    def spend(self, steps: int) -> None:
        """Take steps. Raises TooMuch."""
        self.left -= steps
        if self.left < 0:
            raise TooMuch


def readings(words: str, work: Work) -> Iterator[Reading]:
    """Yield the words and everything that they may stand for. Raises TooMuch."""
    first = Reading(words, lambda start, end: (start, end))
    waiting, seen = deque([first]), {(words, 0, len(words))}
    while waiting:
        reading = waiting.popleft()
        work.spend(8 * len(reading.text) + 20)
        yield reading
        for one in itertools.chain(smoothed(reading), _turned(reading), _decoded(reading, work)):
            if not one.text:
                continue
            known = (one.text, *one.place(0, len(one.text)))
            if known not in seen:
                seen.add(known)
                waiting.append(one)


# --- made plain -----------------------------------------------------------------------------------


def smoothed(reading: Reading) -> Iterator[Reading]:
    """Yield a reading without what hides it from a machine, and not from people."""
    if reading.smoothed == DEEP:
        return
    for kind, meant in _SMOOTHED:
        if kind.search(reading.text):
            text, spans, at = list[str](), list[tuple[int, int]](), 0
            for found in kind.finditer(reading.text):
                text.append(reading.text[at : found.start()])
                spans += [(one, one + 1) for one in range(at, found.start())]
                text.append(plain := meant(found))
                spans += _spans_of(found, plain)
                at = found.end()
            text.append(reading.text[at:])
            spans += [(one, one + 1) for one in range(at, len(reading.text))]
            yield replace(
                reading,
                text="".join(text),
                place=_by_spans(reading.place, spans),
                smoothed=reading.smoothed + 1,
            )


def _spans_of(found: re.Match[str], plain: str) -> list[tuple[int, int]]:
    """Return where each letter of what a match means comes from."""
    if found.re is _SPACED:
        return [(at, at + 1) for at in range(found.start(), found.end(), 2)]
    return [found.span()] * len(plain)


def _by_spans(place: Place, spans: Sequence[tuple[int, int]]) -> Place:
    def by_spans(start: int, end: int) -> tuple[int, int]:
        return place(spans[start][0], spans[end - 1][1])

    return by_spans


def _every_second(found: re.Match[str]) -> str:
    return found[0][::2]


def _nothing(found: re.Match[str]) -> str:
    del found
    return ""


# Control sequences (ECMA-48), also what is left of them when the escape character was taken away
# or is spelled; what a printer strikes over; the colours of IRC.
_SEQUENCE = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]"
    r"|(?:\\e|\^\[|\u241b)?\[[0-9;:?]{0,16}[A-Za-z]"
    r"|.\x08|\x03[0-9]{1,2}(?:,[0-9]{1,2})?"
    r"|[\xad\u0300-\u036f\u115f\u1160\u180e\u200b-\u200f\u2060-\u2064\u3164\ufeff]"
)
# By itself: a secret between < and > is no markup, even when it holds one of those sequences.
_MARKUP = re.compile(r"</?[A-Za-z!][^<>]{0,200}>")
# One and the same sign between all others.
_SPACED = re.compile(r".([^0-9A-Za-z])(?:.\1){6,}.?", re.DOTALL)
# Where a line of uuencode ends, and the length of the next.
_UU_LINE = re.compile(r"(?<=[ -`]{60})\s{1,4}[!-M](?=[ -`]{4,60}(?:\s|$))")
# Codes of replies, but for the one that a reply begins with.
_REPLY_CODE = re.compile(
    r"(?<=[\s,;:|])(?<!\A[2-5][0-5][0-9] )"
    r"(?:(?:[2-5][0-5][0-9]-)?[245](?:\.[0-9]{1,3}){2}|[2-5][0-5][0-9]-?)(?![0-9.])"
)
# URL-encoded, also more than once, quoted-printable, escaped as in C or JSON, and as in HTML.
_ESCAPED = re.compile(
    r"((?:(?:[%=](?:25)*|\\x)[0-9a-f]{2})+)|((?:\\[0-3][0-7]{2})+)"
    r"|(?:\\u\{0*|(?-i:\\U00)|U\+(?=[0-9a-f]{4})|&#x0*)([0-9a-f]{1,6})[;}]?|\\u([0-9a-f]{4})"
    r"|&#0*([0-9]{1,7});?|(&[a-z]{2,24};)|\\([\"'/\\])|\\[abfnrtv]",
    re.IGNORECASE,
)
_BEFORE_OCTET = re.compile(r"[%=](?:25)*(?=[0-9a-f]{2})|\\x", re.IGNORECASE)


def _meant(escape: re.Match[str]) -> str:
    """Return what an escape stands for."""
    octets, octal, code, unit, decimal, name, sign = escape.groups()
    if sign:
        return sign
    if octets or octal:
        digits = _BEFORE_OCTET.sub("", octets or "")
        raw = bytes.fromhex(digits) or bytes(int(one, 8) for one in octal.split("\\")[1:])
        with contextlib.suppress(UnicodeDecodeError):
            return raw.decode()
        return raw.decode("gb18030", "replace")
    if name:
        return html.unescape(name)
    number = int(decimal or "0") or int(unit or code or "0", 16)  # 0: a line break or the like
    return chr(number) if 0 < number <= sys.maxunicode else ""


_FOREIGN = re.compile(r"[^\0-\x7f]")
# Unicode's names tell of most letters which of ours they look like (small capitals, flags, …).
_NAMED = re.compile(
    r"(?:LATIN (?:\S+ )*|INDICATOR SYMBOL )LETTER "
    r"(?:SMALL CAPITAL |SCRIPT |DOTLESS )?([A-Z])(?: WITH .*)?"
)
_ALIKE = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХԚԜЗаеѕіјһорсухԁԛԝкмтьпɑΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβεικνορτυχωη",
        "ABESIJKMHOPCTYXQW3aesijhopcyxdqwkmtbnaABEZHIKMNOPTYXabeikvoptuxwn",
        strict=True,
    )
)
_TAGS = range(0xE0020, 0xE007F)  # invisible twins of ASCII


def _alike(found: re.Match[str]) -> str:
    """Return the letter of ASCII that a sign looks like, or itself."""
    return _looks_like(found[0])


@lru_cache(4096)
def _looks_like(sign: str) -> str:
    if ord(sign) in _TAGS:
        return chr(ord(sign) - 0xE0000)
    if (plain := unicodedata.normalize("NFKC", sign)).isascii():
        return plain
    if sign in _ALIKE:
        return _ALIKE[sign]
    if (digit := unicodedata.digit(sign, None)) is not None:
        return str(digit)
    if named := _NAMED.search(unicodedata.name(sign, "")):
        return named[1]
    return sign


_SMOOTHED = (
    (_SEQUENCE, _nothing),
    (_MARKUP, _nothing),
    (_ESCAPED, _meant),
    (_FOREIGN, _alike),
    (_SPACED, _every_second),
    (_UU_LINE, _nothing),
    (_REPLY_CODE, _nothing),
)


# --- turned ---------------------------------------------------------------------------------------


def _turned(reading: Reading) -> Iterator[Reading]:
    """Yield a reading backwards and in ROT13."""
    text, place = reading.text, reading.place
    if reading.turned or reading.deep == DEEP:
        return
    for turned, placed in (
        (text[::-1], lambda start, end: place(len(text) - end, len(text) - start)),
        (codecs.encode(text, "rot13"), place),
    ):
        yield replace(
            reading,
            text=turned,
            place=placed,
            whole=False,
            turned=True,
            deep=reading.deep + 1,
            smoothed=DEEP,
        )


# --- decoded --------------------------------------------------------------------------------------

_OF_64 = 6
_OCTETS = 256
_BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
_URL = _BASE64[:-2] + "-_"
_BASE32 = string.ascii_lowercase + "234567"
_NUMERALS = "0123456789abcdefghijklmnopqrstuv"
_UU = "".join(map(chr, range(32, 97)))
_B85 = string.digits + string.ascii_uppercase + string.ascii_lowercase + "!#$%&()*+-;<=>?@^_`{|}~"
_A85 = "".join(map(chr, range(33, 118)))
_Z85 = string.digits + string.ascii_lowercase + string.ascii_uppercase + ".-:+=^!/*?&<>()[]{}@%$#"
# The signs around a find that belong to the same code.
WORD = _BASE64 + "=-_"
_VISIBLE = "".join(map(chr, range(33, 127)))


@dataclass(frozen=True, slots=True)
class _Code:
    """A code whose signs are so many bits each. ``blob``: signs, and what may stand between."""

    bits: int
    blob: re.Pattern[str]
    sign: re.Pattern[str]
    values: dict[int, str]
    edge: str
    needs: str


def _code(
    bits: int, alphabet: str, meant: str, between: str, *, edge: str = WORD, needs: str = ""
) -> _Code:
    """Make a code of its signs in order, what they are to Python, and what may stand between.

    ``needs``: without one of these, another code reads the same.
    """
    signs, flags = f"[{re.escape(alphabet)}]", re.ASCII
    if bits != _OF_64:
        flags |= re.IGNORECASE
    fewest = -(-8 * SHORTEST // bits) - 1
    return _Code(
        bits,
        re.compile(f"{signs}(?:{between}{signs}){{{fewest},}}", flags),
        re.compile(f"{between}({signs})", flags),
        dict(zip(map(ord, alphabet), meant, strict=True)),
        edge,
        needs,
    )


_CODES = (
    _code(_OF_64, _BASE64, _BASE64, r"[^A-Za-z0-9+/]*"),
    _code(_OF_64, _URL, _BASE64, r"[^A-Za-z0-9\-_]*", needs="-_"),
    _code(5, _BASE32, _NUMERALS[:32], r"[^A-Za-z0-9]*"),
    _code(5, _NUMERALS, _NUMERALS, r"[^A-Za-z0-9]*"),
    _code(4, _NUMERALS[:16], _NUMERALS[:16], r"(?:[0\\]x|[^A-Za-z0-9])*"),
    _code(1, "01", "01", r"[^A-Za-z0-9]*"),
    _code(_OF_64, _UU[1:], _BASE64[1:] + "A", r"\s*", edge=_VISIBLE),
    _code(_OF_64, _UU, "A" + _BASE64[1:] + "A", "", edge=_VISIBLE, needs=" "),
)


def _decoded(reading: Reading, work: Work) -> Iterator[Reading]:
    """Yield every text that a reading may be a code of."""
    if reading.deep == DEEP:
        return
    yield from _numbers(reading, work)
    for code in _CODES:
        if code.needs and not any(sign in reading.text for sign in code.needs):
            continue
        for blob in code.blob.finditer(reading.text):
            signs = code.sign.findall(blob[0])
            if len(signs) * code.bits < 8 * work.fewest:
                continue
            digits = "".join(signs)
            if code.bits != _OF_64:
                digits = digits.lower()
            digits = digits.translate(code.values)
            where = _Where(blob, code.sign)
            offsets = math.lcm(8, code.bits) // code.bits
            work.spend(offsets * len(digits))
            for offset in range(offsets):
                octets = _octets(digits[offset:], code.bits)
                place = _by_bits(reading.place, where, code.bits, offset)
                yield from _texts(octets, place, code.edge, reading, work)
    for alphabet in _ALPHABETS_85:
        yield from _eighty_five(reading, alphabet, work)


def _octets(digits: str, bits: int) -> bytes:
    count = len(digits) * bits // 8
    if bits == _OF_64:
        return binascii.a2b_base64(digits + "A" * (-len(digits) % 4))[:count]
    return (int(digits, 1 << bits) >> (len(digits) * bits - 8 * count)).to_bytes(count)


def _by_bits(place: Place, where: _Where, bits: int, offset: int) -> Place:
    def by_bits(start: int, end: int) -> tuple[int, int]:
        return where.place(place, offset + 8 * start // bits, offset - (-8 * end // bits))

    return by_bits


class _Where:
    """Where the signs of a code stand: looked for when it holds anything, which few do."""

    def __init__(self, blob: re.Match[str], sign: re.Pattern[str]) -> None:
        self._blob, self._sign = blob, sign
        self._places = list[int]()

    def place(self, place: Place, first: int, last: int) -> tuple[int, int]:
        """Return where the signs from the first to before the last are."""
        if not self._places:
            signs = self._sign.finditer(self._blob[0])
            self._places = [self._blob.start() + sign.start(1) for sign in signs]
        last = min(last, len(self._places))
        return place(self._places[first], self._places[last - 1] + 1)


def _eighty_five(reading: Reading, code: _Code85, work: Work) -> Iterator[Reading]:
    """Yield what five signs for four octets hold, at each place where they may begin."""
    lead = code.lead(work.fewest)
    for stretch in code.stretches(reading.text):
        signs = "".join(stretch[0].split())
        work.spend(len(signs))
        if 4 * len(signs) < 5 * work.fewest:
            continue
        where = _Where(stretch, _NO_BLANK)
        padded = signs + code.alphabet[-1] * 4
        for offset in range(5):
            for run in lead.finditer(padded[offset : len(signs) : 5]):
                begin = offset + 5 * max(0, run.start() - 1)
                octets = code.octets(padded[begin : offset + 5 * (run.end() + 1)])
                work.spend(len(octets))
                place = _by_fives(reading.place, where, begin)
                yield from _texts(octets, place, _VISIBLE, reading, work)


def _by_fives(place: Place, where: _Where, begin: int) -> Place:
    def by_fives(start: int, end: int) -> tuple[int, int]:
        return where.place(place, begin + start // 4 * 5, begin - (-end // 4 * 5))

    return by_fives


_BLANK, _NO_BLANK = re.compile(r"\s"), re.compile(r"(\S)")


class _Code85:
    """A code of four octets in five signs."""

    def __init__(self, alphabet: str, *, wraps: bool = True) -> None:
        self.alphabet = alphabet
        signs = re.escape(alphabet)
        self.word = re.compile(f"[{signs}]{{7,}}")
        self.lines = re.compile(f"[{signs}](?:\\s*[{signs}]){{7,}}") if wraps else None
        self._values = dict(zip(alphabet, range(85), strict=True))
        # The first of five signs for ASCII: 85**4 times so much is between 0x1b… and 0x7e….
        self._leads = re.escape(alphabet[0x1B000000 // 85**4 : 0x7FFFFFFF // 85**4 + 1])

    def stretches(self, text: str) -> Iterator[re.Match[str]]:
        """Yield where a text may be such a code: its words, and what goes on over blanks."""
        yield from self.word.finditer(text)
        if self.lines:
            yield from (one for one in self.lines.finditer(text) if _BLANK.search(one[0]))

    @lru_cache(64)  # noqa: B019 # there are three of them
    def lead(self, fewest: int) -> re.Pattern[str]:
        """Return what the first signs are of so many characters."""
        return re.compile(f"[{self._leads}]{{{fewest // 4},}}")

    def octets(self, signs: str) -> bytes:
        """Return what whole groups of five hold."""
        found = bytearray()
        digits = [self._values[sign] for sign in signs]
        for at in range(0, len(digits) - 4, 5):
            a, b, c, d, e = digits[at : at + 5]
            group = (((a * 85 + b) * 85 + c) * 85 + d) * 85 + e
            found += (group & 0xFFFFFFFF).to_bytes(4)
        return bytes(found)


# In Z85, all that is written in small letters may be a code: it is looked for in words alone.
_ALPHABETS_85 = (_Code85(_A85), _Code85(_B85), _Code85(_Z85, wraps=False))


@lru_cache(64)
def _text_of(fewest: int) -> re.Pattern[bytes]:
    """Return what text looks like in octets."""
    return re.compile(
        rb"(?P<utf_8>(?:[\t\n\r\x1b -~]|[\xc2-\xdf][\x80-\xbf]|[\xe1-\xec][\x80-\xbf]{2}"
        rb"|\xef[\xbc\xbd][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}){%d,})"
        rb"|(?P<utf_16_le>(?:[\x1b -~]\0){%d,})"
        rb"|(?P<utf_16_be>(?:\0[\x1b -~]){%d,})"
        rb"|(?P<utf_32_le>(?:[\x1b -~]\0{3}){%d,})"
        rb"|(?P<utf_32_be>(?:\0{3}[\x1b -~]){%d,})" % ((fewest,) * 5)
    )


def _texts(
    octets: bytes,
    place: Place,
    edge: str,
    reading: Reading,
    work: Work,
    *,
    packed: bool = False,
) -> Iterator[Reading]:
    """Yield the texts that octets hold, also packed, but not ``packed`` twice."""
    edge = max(edge, reading.edge, key=len)
    for found in _text_of(work.fewest).finditer(octets):
        encoding = str(found.lastgroup)
        text = found[0].decode(encoding)
        inside = _by_letters(place, found.start(), text, encoding)
        yield Reading(text, inside, whole=False, edge=edge, deep=reading.deep + 1)
    for found in () if packed else _PACKED.finditer(octets):
        start = found.start()
        work.spend(len(octets[start : start + _MOST_PACKED]))
        unpacked, left = _unpacked(octets[start : start + _MOST_PACKED])
        end = min(len(octets), start + _MOST_PACKED) - left
        within = _all_of(place, start, end)
        yield from _texts(unpacked, within, edge, reading, work, packed=True)


_PACKED = re.compile(rb"\x1f\x8b\x08|x[\x01\x5e\x9c\xda]|BZh[1-9]1AY")


def _all_of(place: Place, start: int, end: int) -> Place:
    return lambda *_: place(start, end)


def _by_letters(place: Place, begins: int, text: str, encoding: str) -> Place:
    octets = list[int]()

    def by_letters(start: int, end: int) -> tuple[int, int]:
        if not octets:
            octets.append(begins)
            for letter in text:
                octets.append(octets[-1] + len(letter.encode(encoding)))
        return place(octets[start], octets[end])

    return by_letters


def _unpacked(packed: bytes) -> tuple[bytes, int]:
    """Return what is packed, as far as it is whole, and how many octets stand behind it."""
    if packed.startswith(b"BZh"):
        from bz2 import BZ2Decompressor

        one = BZ2Decompressor()
        with contextlib.suppress(OSError):
            return one.decompress(packed, _MOST_UNPACKED), len(one.unused_data)
        return b"", 0
    inner = zlib.decompressobj(zlib.MAX_WBITS | 32)
    with contextlib.suppress(zlib.error):
        return inner.decompress(packed, _MOST_UNPACKED), len(inner.unused_data)
    return b"", 0


_NUMBERS = tuple(
    (base, re.compile(pattern, re.IGNORECASE | re.ASCII))
    for base, pattern in (
        (10, r"(?<![0-9])([0-9]{1,7})(?![0-9])"),
        (8, r"(?<![0-9])([0-7]{1,7})(?![0-9])"),
        (2, r"(?<![0-9])([01]{5,16})(?![0-9])"),
        (16, r"(?<![0-9a-z])(?:0?x|u\+?)?([0-9a-f]{2,6})h?(?![0-9a-z])"),
    )
)


def _numbers(reading: Reading, work: Work) -> Iterator[Reading]:
    """Yield the characters that numbers in a row stand for."""
    for base, pattern in _NUMBERS:
        found = list(pattern.finditer(reading.text))
        if len(found) < work.fewest:
            continue
        codes = [int(one[1], base) for one in found]
        text = "".join(chr(one) if one <= sys.maxunicode else "\0" for one in codes)
        place = _by_spans(reading.place, [one.span() for one in found])
        yield Reading(text, place, whole=False, edge=reading.edge, deep=reading.deep + 1)
        octets = bytes(one if one < _OCTETS else 0 for one in codes)
        if not octets.isascii():
            yield from _texts(octets, place, "", reading, work)
