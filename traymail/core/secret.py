"""A secret that cannot be shown by accident, and what a server echoes of it, struck out."""

from __future__ import annotations

import base64
import codecs
import contextlib
import itertools
import re
import string
import sys
import unicodedata
from collections.abc import Callable, Iterator

# Where a secret is that traymail cannot change: a credential file of systemd's, what a command
# prints.
FILE, COMMAND = "file", "command"
STRUCK_OUT = "***"
# Of what a server says, shorter pieces of a secret tell nothing, and would be found in any words.
SHORTEST_RUN = 6
# Not fewer letters than that are a run, however many blanks stand between them.
_FEWEST = 4
# A run so long is struck out of long tokens, though it is less than half of one.
LONGEST_RUN = 32


class Secret:
    """A password, code or token: only `reveal` gives it away, never repr, str or format.

    ``place`` is where it was found, if not in the keyring: `FILE` or `COMMAND`.
    """

    __slots__ = ("_echoes", "_value", "place")

    def __init__(self, value: str, place: str = "") -> None:
        self._value = value
        self.place = place
        self._echoes: dict[str, _Echoes] = {}

    def reveal(self) -> str:
        """Return the secret itself, to hand to a server or a keyring."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        del spec
        return repr(self)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is not pickled")

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def strike_out(self, words: str, username: str = "") -> str:
        """Return ``words`` without the secret, in whatever form they hold it.

        As it is, in base64 or base32, in numbers, URL-encoded or escaped, in upper or lower case,
        with blanks and signs between its letters. Any run of it goes that is at least half of it
        and six characters. ``username``: what stands before it in a login.
        """
        if not self._value:
            return words
        if username not in self._echoes:
            self._echoes[username] = _Echoes(self._value, username)
        return self._echoes[username].struck_out(words)


class _Echoes:
    """The forms of one secret, cut into the shortest runs that may not be shown.

    Words are read twice: their letters and digits alone, so that nothing put between hides them,
    and with every visible sign, for secrets that are made of such signs.
    """

    def __init__(self, value: str, username: str) -> None:
        # By whether signs count, the length of a run, and whether the form is a code of letters.
        self._runs: dict[tuple[bool, int, bool], set[str]] = {}
        for decoded in (False, True):
            letters = _read(value, decoded=decoded, signs=False)[0]
            seen = _read(value, decoded=decoded, signs=True)[0]
            if len(letters) < len(seen):
                self._add(seen, min(_half(value), _half(seen)), signs=True)
            if len(letters) == len(seen) or len(letters) >= SHORTEST_RUN:
                self._add(letters, min(_half(value), _half(letters)))
        raw, half = value.encode("utf-8", "surrogatepass"), _half(value)
        wide = [value.encode(f"utf-16-{end}", "surrogatepass") for end in ("le", "be")]
        codes = [(raw, half), *((one, 2 * half) for one in wide)]
        if not value.isascii():
            # An answer with one odd octet in it is read so; and so programs misread each other.
            for encoding in ("gb18030", "latin-1", "cp1252"):
                misread = _read(raw.decode(encoding, "replace"), decoded=False, signs=False)[0]
                self._add(misread, _half(misread))
            codes.append((value.encode("gb18030", "replace"), half))
        for code, size in codes:
            self._add(code.hex(), 2 * size, coded=True)
            self._add_code(code, size, base64.b64encode, 6)
            self._add_code(code, size, base64.b32encode, 5)
        for spelled in (str, "0x{:02x}".format):
            self._add_numbers([spelled(octet) for octet in raw], half)
        login = f"\0{username}\0{value}".encode("utf-8", "surrogatepass")
        for whole in (base64.b64encode(raw), base64.b64encode(login)):
            if len(form := _plain(whole)) >= SHORTEST_RUN:
                self._add(form, len(form), coded=True)
            self._add_code(whole, len(whole) - 2, base64.b64encode, 6)

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
        runs = self._runs.setdefault((signs, size, coded), set())
        runs.update(form[at : at + size] for at in range(len(form) - size + 1))

    def struck_out(self, words: str) -> str:
        """Return ``words`` with every run replaced."""
        kept, done = list[str](), 0
        for start, end in sorted(self._places(words)):
            if start >= done:
                kept += [words[done:start], STRUCK_OUT]
            done = max(done, end)
        return "".join([*kept, words[done:]])

    def _places(self, words: str) -> Iterator[tuple[int, int]]:
        """Yield where runs begin and end."""
        for decoded, signs in itertools.product((False, True), repeat=2):
            if decoded and not _ESCAPED.search(words):
                continue
            wanted = [(size, coded) for kept, size, coded in self._runs if kept is signs]
            if not wanted:
                continue
            letters, places = _read(words, decoded=decoded, signs=signs)
            for size, coded in wanted:
                runs = self._runs[signs, size, coded]
                for at in range(len(letters) - size + 1):
                    if letters[at : at + size] in runs:
                        start, end = places[at][0], places[at + size - 1][1]
                        if coded:  # what is left of the word holds bits of the secret
                            start = len(words[:start].rstrip(_BASE64))
                            end = len(words) - len(words[end:].lstrip(_BASE64))
                        yield start, end


def _plain(code: bytes) -> str:
    """Return letters and digits of a code in lower case."""
    return "".join(filter(str.isalnum, code.decode().lower()))


def _half(words: str) -> int:
    """Return how many visible signs of a secret in a row may not be shown."""
    size = min(len(words), max(SHORTEST_RUN, (len(words) + 1) // 2), LONGEST_RUN)
    if " " not in words:
        return size
    blanks = max(words.count(" ", at, at + size) for at in range(len(words) - size + 1))
    return max(size - blanks, min(_FEWEST, size))


def _read(words: str, *, decoded: bool, signs: bool) -> tuple[str, list[tuple[int, int]]]:
    """Return letters and digits in lower case, with ``signs`` all that is visible; and places.

    ``decoded``: escapes count as the characters that they stand for. A place is where what a
    letter comes from begins and ends.
    """
    if words.isascii() and not decoded:
        kept = [
            at for at, sign in enumerate(words) if sign.isalnum() or (signs and "!" <= sign <= "~")
        ]
        return "".join([words[at] for at in kept]).lower(), [(at, at + 1) for at in kept]
    letters, places, at = list[str](), list[tuple[int, int]](), 0
    while at < len(words):
        escape = _ESCAPED.match(words, at) if decoded else None
        end = escape.end() if escape else at + 1
        meant = _meant(escape) if escape else words[at]
        for sign in unicodedata.normalize("NFKD", meant).lower():
            if sign.isalnum() or (signs and sign.isprintable() and not sign.isspace()):
                letters.append(sign)
                places.append((at, end))
        at = end
    return "".join(letters), places


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
        return _NAMED[name.lower()]
    number = int(decimal) if decimal else int(unit or code, 16)
    return chr(number) if number <= sys.maxunicode else ""


# URL-encoded, also more than once, quoted-printable, escaped as in C or JSON, and as in HTML.
_ESCAPED = re.compile(
    r"((?:(?:[%=](?:25)*|\\x)[0-9a-f]{2})+)|((?:\\[0-3][0-7]{2})+)"
    r"|(?:\\u\{0*|(?-i:\\U00)|U\+|&#x0*)([0-9a-f]{1,6})[;}]?|\\u([0-9a-f]{4})"
    r"|&#0*([0-9]{1,7});?|&(amp|lt|gt|quot|apos);|\\([\"'/\\])",
    re.IGNORECASE,
)
_BEFORE_OCTET = re.compile(r"[%=](?:25)*(?=[0-9a-f]{2})|\\x", re.IGNORECASE)
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_BASE64 = string.ascii_letters + string.digits + "+/=-_"


def tidy_code(words: str) -> str:
    """Return a secret as it is meant: without invisible marks around it, and the blanks of a code.

    Providers show codes as ``abcd efgh ijkl mnop``. In anything else than four groups of four
    letters, blanks are part of a password.
    """
    words = words.strip(_UNSEEN)
    return "".join(words.split()) if _GROUPS.fullmatch(words) else words


def first_line(content: bytes) -> str:
    """Return the secret in the first line of a file, or of what a command prints.

    Raises UnicodeDecodeError for what is no text.
    """
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8-sig")
    line = content.decode(encoding).split("\n", 1)[0].rstrip("\r")
    return tidy_code(line)


# A byte order mark, and what is copied along from web pages.
_UNSEEN = "\ufeff\u200b\u200e\u200f\u2060"
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_GROUPS = re.compile(r"\s*[A-Za-z]{4}(?:\s*[A-Za-z]{4}){3}\s*")
