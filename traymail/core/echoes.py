"""What a server says, without the secret that it was told.

Where this ends: a server that knows the secret can always tell it in a code of its own making, a
letter of it in each reply, or as the first letters of a poem. Nothing recognises that, and nothing
is lost by it that is not lost already, since that server has the secret. What is kept from is that
the secret is seen where replies are shown and kept: on the screen, in the log, in a report to
others, by whoever reads there with eyes or with common programs. So what goes is each form in
which people read it, and each code of a fixed list (`traymail.core.readings`), up to three in each
other; and nothing else: what merely looks like a code stays, since that is how the numbers look by
which a mail is found at its provider. A text that costs more to look through than any reply does
is not shown at all.
"""

from __future__ import annotations

import base64
import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache

from traymail.core.readings import WORD, Reading, TooMuch, Work, readings, smoothed

STRUCK_OUT = "***"
# Of what a server says, shorter pieces of a secret tell nothing, and would be found in any words.
SHORTEST_RUN = 6
# Not fewer letters than that are a run, however many blanks stand between them.
_FEWEST = 4
# A run so long is struck out of long tokens, though it is less than half of one.
LONGEST_RUN = 32
# The forms of a longer secret are not all made beforehand: codes are decoded all the same.
_LONG = 256
# With so many signs less one put behind each letter, people still read it.
_STRIDES = (2, 3)


class Echoes:
    """The forms of one secret, cut into the shortest runs that may not be shown.

    Words are read twice: their letters and digits alone, so that nothing put between hides them,
    and with every visible sign, for secrets that are made of such signs.
    """

    def __init__(self, value: str, username: str) -> None:
        # By whether signs count, and whether the form is a code of letters.
        self._runs: dict[tuple[bool, bool], _Runs] = {}
        # As it is, to the letter: whatever its letters are to the eye.
        self._exact = _Runs()
        self._exact.add(value, _run(value))
        self._add_letters(value, _half(value))
        for one in smoothed(Reading(value, lambda start, end: (start, end))):
            self._add_letters(one.text, _half(value), min(len(value), SHORTEST_RUN))
        if len(value) <= _LONG:
            self._add_letters(codecs.encode(value, "rot13"), _half(value), SHORTEST_RUN)
        raw, half = value.encode("utf-8", "surrogatepass"), _half(value)
        login = f"\0{username}\0{value}".encode("utf-8", "surrogatepass")
        for whole in (base64.b64encode(raw), base64.b64encode(login)):
            if len(form := _letters(whole)) >= SHORTEST_RUN:
                self._add(form, len(form), coded=True)
        self._add_code(raw, half, base64.b64encode, 6)
        if len(value) <= _LONG:
            self._add_codes(value, raw, login)
        plain = [self._exact, *(runs for (_, coded), runs in self._runs.items() if not coded)]
        self._fewest = max(SHORTEST_RUN, min(runs.shortest for runs in plain))

    def _add_codes(self, value: str, raw: bytes, login: bytes) -> None:
        """Add what codes make of it: without regard to upper and lower case, they are not read."""
        half = _half(value)
        wide = [value.encode(f"utf-16-{end}", "surrogatepass") for end in ("le", "be")]
        codes = [(raw, half), *((one, 2 * half) for one in wide)]
        if not value.isascii():
            # An answer with one odd octet in it is read so; and so programs misread each other.
            for encoding in ("gb18030", "latin-1", "cp1252"):
                misread = squeezed(raw.decode(encoding, "replace"), signs=False)
                self._add(misread, _half(misread))
            codes.append((value.encode("gb18030", "replace"), half))
        for code, most in codes:
            self._add(code.hex(), 2 * most, coded=True)
            self._add_code(code, most, base64.b64encode, 6)
            self._add_code(code, most, base64.b32encode, 5)
        for spelled in ("{}", "0x{:02x}", "{:03d}", "{:o}", "{:03o}", "{:08b}", "{:07b}"):
            octets = [spelled.format(octet) for octet in raw]
            self._add_numbers(octets, half)
            self._add_numbers(octets[::-1], half)
        for whole in (base64.b64encode(raw), base64.b64encode(login)):
            for _ in range(2):
                self._add_code(whole, len(whole) - 2, base64.b64encode, 6)
                whole = base64.b64encode(whole)  # noqa: PLW2901 # once more

    def _add_letters(self, value: str, half: int, fewest: int = 1) -> None:
        letters, seen = squeezed(value, signs=False), squeezed(value, signs=True)
        if len(letters) < len(seen) and len(seen) >= fewest:
            self._add(seen, min(half, _half(seen)), signs=True)
        if len(letters) >= (fewest if len(letters) == len(seen) else SHORTEST_RUN):
            self._add(letters, min(half, _half(letters)))

    def _add_code(self, raw: bytes, half: int, encode: Callable[[bytes], bytes], bits: int) -> None:
        """Add what a code of ``bits`` a sign makes of octets at each place they may begin at."""
        for before in range(bits if len(raw) >= SHORTEST_RUN else 0):
            encoded = encode(bytes(before) + raw).decode().lower()
            # The first and the last sign hold bits of what stands beside the secret.
            inner = encoded[-(-8 * before // bits) : 8 * (before + len(raw)) // bits]
            form = "".join(filter(str.isalnum, inner))
            size = (8 * half - 4) // bits - (len(inner) - len(form))
            self._add(form, min(len(form), max(size, SHORTEST_RUN)), coded=True)

    def _add_numbers(self, octets: list[str], half: int) -> None:
        """Add octets that are told one by one, in numbers that may differ in length."""
        windows = ["".join(octets[at : at + half]) for at in range(len(octets) - half + 1)]
        size = min(map(len, windows))
        for window in windows:
            for form in (window[:size], window[-size:]):
                self._add(form, size, coded=True)

    def _add(self, form: str, size: int, *, signs: bool = False, coded: bool = False) -> None:
        """Add a form, and the same backwards."""
        runs = self._runs.setdefault((signs, coded), _Runs())
        runs.add(form, size)
        if size >= SHORTEST_RUN:
            runs.add(form[::-1], size)

    def struck_out(self, words: str) -> str:
        """Return ``words`` with every run replaced; nothing of them when they cost too much."""
        try:
            places = sorted(set(self._places(words, Work(words, self._fewest))))
        except TooMuch:
            return STRUCK_OUT
        kept, done = list[str](), 0
        for start, end, edge in _joined(places):
            if end <= done:
                continue
            first, last = start, end
            while first > done and words[first - 1] in edge:
                first -= 1
            while last < len(words) and words[last] in edge:
                last += 1
            if first > done or not kept:
                kept += [words[done:first], STRUCK_OUT]
            done = last
        return "".join([*kept, words[done:]])

    def _places(self, words: str, work: Work) -> Iterator[tuple[int, int, str]]:
        """Yield where runs begin and end, and of a code which signs beside it belong to it."""
        for reading in readings(words, work):
            if reading.turned:
                continue  # each form is there backwards and in ROT13, too
            fewest = 1 if reading.whole else SHORTEST_RUN
            for start, end, coded in self._found(reading.text, fewest):
                edge = max(reading.edge, WORD if coded else "", key=len)
                yield (*reading.place(start, end), edge)

    def _found(self, text: str, fewest: int) -> Iterator[tuple[int, int, bool]]:
        for start, end in self._exact.found(text, fewest):
            yield start, end, False
        for signs in (False, True):
            letters, places = squeezed(text, signs=signs), list[int]()
            for coded in (False, True):
                if not (runs := self._runs.get((signs, coded))):
                    continue
                for stride in (1,) if coded or fewest > 1 else (1, *_STRIDES):
                    for offset in range(stride):
                        some = letters[offset::stride] if stride > 1 else letters
                        for at, end in runs.found(some, fewest if stride == 1 else SHORTEST_RUN):
                            places = places or _places_of(text, signs=signs)
                            first, last = offset + stride * at, offset + stride * (end - 1)
                            yield places[first], places[last] + 1, coded


class _Runs:
    """Runs of letters, found where they stand in a text."""

    def __init__(self) -> None:
        self._runs: dict[int, set[str]] = {}
        self._sizes: dict[str, tuple[int, ...]] = {}
        self._short = 1

    @property
    def shortest(self) -> int:
        """Return how long the shortest is."""
        return min(self._runs, default=1)

    def add(self, form: str, size: int) -> None:
        """Add each run of ``size`` of a form; blanks are none."""
        if size > 0:
            windows = (form[at : at + size] for at in range(len(form) - size + 1))
            self._runs.setdefault(size, set()).update(filter(str.strip, windows))
            self._sizes = {}

    def found(self, text: str, fewest: int) -> Iterator[tuple[int, int]]:
        """Yield where runs of at least ``fewest`` begin and end."""
        if not self._sizes:
            self._index()
        short, sizes = self._short, self._sizes
        for at in range(len(text) - short + 1):
            for size in sizes.get(text[at : at + short], ()):
                if size >= fewest and text[at : at + size] in self._runs[size]:
                    yield at, at + size

    def _index(self) -> None:
        """Note by what the runs begin with how long they are, so that a text is read once."""
        self._short = self.shortest
        for size, runs in self._runs.items():
            for begin in {run[: self._short] for run in runs}:
                self._sizes[begin] = (*self._sizes.get(begin, ()), size)


def _joined(places: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Yield places that do not overlap."""
    begin, until, signs = 0, 0, ""
    for start, end, edge in places:
        if start >= until:
            if until:
                yield begin, until, signs
            begin, until, signs = start, end, edge
        else:
            until, signs = max(until, end), max(signs, edge, key=len)
    if until:
        yield begin, until, signs


def _letters(code: bytes) -> str:
    """Return letters and digits of a code in lower case."""
    return "".join(filter(str.isalnum, code.decode().lower()))


def _run(words: str) -> int:
    """Return how many characters of a secret in a row may not be shown."""
    return min(len(words), max(SHORTEST_RUN, (len(words) + 1) // 2), LONGEST_RUN)


def _half(words: str) -> int:
    """Return how many visible signs of a secret in a row may not be shown."""
    size = _run(words)
    if " " not in words:
        return size
    blanks = max(words.count(" ", at, at + size) for at in range(len(words) - size + 1))
    return max(size - blanks, min(_FEWEST, size))


def squeezed(words: str, *, signs: bool) -> str:
    """Return letters and digits in lower case, with ``signs`` all that is visible."""
    if words.isascii():
        return (_UNSEEN if signs else _NO_LETTER).sub("", words).lower()
    return "".join([_squeezed(sign, signs=signs) for sign in words])


def _places_of(words: str, *, signs: bool) -> list[int]:
    """Return where each character of the squeezed words comes from."""
    return [at for at, sign in enumerate(words) for _ in _squeezed(sign, signs=signs)]


_NO_LETTER, _UNSEEN = re.compile(r"[^A-Za-z0-9]+"), re.compile(r"[^!-~]+")
# Letters that show nothing (Hangul's fillers).
_BLANK = "\u115f\u1160\u3164\uffa0\u2800"


@lru_cache(4096)
def _squeezed(sign: str, *, signs: bool) -> str:
    return "".join(
        one
        for one in unicodedata.normalize("NFKD", sign).casefold()
        if one not in _BLANK and (one.isalnum() or (signs and _is_sign(one)))
    )


def _is_sign(one: str) -> bool:
    return one.isprintable() and not one.isspace() and not unicodedata.combining(one)
