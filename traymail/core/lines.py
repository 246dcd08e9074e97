r"""From a log's raw bytes to whole lines of UTF-8.

Raw bytes are cut at line breaks of the file's own encoding, so what is decoded is always whole
lines: byte 0x0A inside a UTF-16 character is no line break. The lines that come out are UTF-8,
end with ``\n`` alone, and have no NULs at their ends (the hole that a truncated file or a power cut
leaves) and none of the sequences that colour a terminal.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

LONGEST_LINE = 256 << 10
CUT_MARK = " […]"
AUTO = "auto"
_SAMPLE = 512
# Of UTF-16 text in most scripts, one byte of each pair is far more often NUL than the other.
_MANY = 0.4
# What terminals take as colours, titles, links and the like; of a title whose end is missing only
# the beginning, so that no words go with it.
_ESCAPE = re.compile(
    rb"""
    \x1b(?:
        \[[0-?]*[ -/]*[@-~]
        | []PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)
        | [ -/]*[0-~]
    )?
    """,
    re.VERBOSE,
)
# As printers once made bold letters: the sign, a step back, the sign again.
_STRUCK = re.compile(r"[^\n]\x08")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# What was added to a log from a file of its own may begin with its own mark.
_MARK = re.compile(rb"^\xef\xbb\xbf", re.MULTILINE)
_ESCAPE_IN_8_BITS = re.compile(rb"\xc2\x9b[0-?]*[ -/]*[@-~]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file is decoded: a codec's name, its line break, the bytes of the mark at its start.

    ``codec`` "" is the automatic one: UTF-8, and where that is not valid, GB 18030.
    """

    codec: str = ""
    newline: bytes = b"\n"
    mark: int = 0


def encoding_of(head: bytes, wanted: str) -> Encoding:
    """Return the encoding of a file that begins with ``head``; ``wanted`` is the rule's choice.

    Raises LookupError for a codec Python does not know.
    """
    if wanted.lower() != AUTO:
        return _named(head, wanted)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _utf16(head)
    if head.startswith(codecs.BOM_UTF8):
        return Encoding(mark=len(codecs.BOM_UTF8))
    sample = head[:_SAMPLE]
    sample = sample[(len(sample) - len(sample.lstrip(b"\0"))) // 2 * 2 :]
    pairs = len(sample) // 2
    even, odd = sample[: pairs * 2 : 2].count(0), sample[1::2].count(0)
    if pairs and odd >= _MANY * pairs and even == 0:
        return Encoding("utf-16-le", b"\n\0")
    if pairs and even >= _MANY * pairs and odd == 0:
        return Encoding("utf-16-be", b"\0\n")
    return Encoding()


def lines_end(raw: bytes, encoding: Encoding) -> int:
    """Return where the last line break of ``raw`` ends, 0 when there is none."""
    newline = encoding.newline
    if len(newline) == 1:
        return raw.rfind(newline) + 1
    at = raw.rfind(newline)
    while at >= 0 and at % len(newline):
        at = raw.rfind(newline, 0, at + len(newline) - 1)
    return at + len(newline) if at >= 0 else 0


def last_lines(raw: bytes, encoding: Encoding, count: int) -> tuple[int, int]:
    """Return where the last ``count`` lines of ``raw`` (whole lines) begin, and how many they are.

    Fewer than ``count`` begin at 0.
    """
    at, found = len(raw), 0
    while found < count and at > 0:
        at = lines_end(raw[: at - len(encoding.newline)], encoding)
        found += 1
    return at, found


def last_line(raw: bytes, encoding: Encoding) -> bytes:
    """Return the last line of what ends with one; all of it when that does not begin in it."""
    newline = encoding.newline
    return raw[lines_end(raw[: max(0, len(raw) - len(newline))], encoding) :]


def to_utf8(raw: bytes, encoding: Encoding) -> bytes:
    """Return whole lines as UTF-8; what cannot be decoded becomes U+FFFD."""
    if encoding.codec:
        lines = raw.decode(encoding.codec, "replace").encode("utf-8", "replace")
    elif raw.isascii() or _is_utf8(raw):
        lines = raw
    else:
        lines = b"".join(_guessed(line) for line in raw.splitlines(keepends=True))
    if b"\x1b" in lines:
        lines = _ESCAPE.sub(b"", lines)
    if b"\xc2" in lines and b"\xc2\x9b" in lines:  # the first is far quicker to look for
        lines = _ESCAPE_IN_8_BITS.sub(b"", lines)
    if b"\r" in lines:
        lines = lines.replace(b"\r\n", b"\n")
    if b"\0" in lines:
        lines = b"\n".join(line.strip(b"\0") for line in lines.split(b"\n"))
    if b"\xef" in lines and codecs.BOM_UTF8 in lines:
        lines = _MARK.sub(b"", lines)
    return lines


def printed(raw: bytes) -> str:
    """Return what a program printed as a text: no colours, no overstriking, no other controls."""
    encoding = encoding_of(raw, AUTO)
    words = to_utf8(raw[encoding.mark :], encoding).decode("utf-8", "replace")
    return _CONTROL.sub("", _STRUCK.sub("", words.replace("\r", "\n")))


def cut_line(raw: bytes, encoding: Encoding) -> int:
    """Return how much of the beginning of an endless line to take: whole characters, if can be."""
    size = min(len(raw), LONGEST_LINE)
    size -= size % len(encoding.newline)
    if not encoding.codec:
        for back in range(1, min(4, size)):
            if raw[size - back] >= 0xC0:  # noqa: PLR2004 # a character's first byte in UTF-8
                return size - back
            if raw[size - back] < 0x80:  # noqa: PLR2004 # ASCII
                break
    return size


def shown(line: bytes, longest: int) -> str:
    """Return a line as a mail shows it; a longer one is cut and marked."""
    if len(line) <= longest:
        return line.decode("utf-8", "replace")
    return line[:longest].decode("utf-8", "ignore") + CUT_MARK


def _named(head: bytes, wanted: str) -> Encoding:
    codec = codecs.lookup(wanted).name
    if codec == "utf-16":
        return _utf16(head)
    if codec in {"utf-8", "utf-8-sig"}:
        mark = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
        return Encoding("utf-8", mark=mark)
    newline = "\n".encode(codec)
    bom = "".encode(codec)
    newline = newline.removeprefix(bom)
    return Encoding(codec, newline, len(bom) if bom and head.startswith(bom) else 0)


def _utf16(head: bytes) -> Encoding:
    if head.startswith(codecs.BOM_UTF16_BE):
        return Encoding("utf-16-be", b"\0\n", 2)
    return Encoding("utf-16-le", b"\n\0", 2 if head.startswith(codecs.BOM_UTF16_LE) else 0)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _guessed(line: bytes) -> bytes:
    if _is_utf8(line):
        return line
    words = line.decode("utf-8", "replace")
    lost = words.count("\ufffd")
    if sum(sign > "\x7f" for sign in words) <= 2 * lost:  # little of it was meant as UTF-8
        words = line.decode("gb18030", "replace")
    return words.encode("utf-8")
