"""Header lines of a mail: cleaned, encoded and folded so that a value cannot add a header.

Sources: RFC 5322 (folding, addresses, dates), RFC 2047 (encoded words), RFC 2231 (file names).
Lines are returned without their last CRLF.
"""

from __future__ import annotations

import binascii
import re
from datetime import datetime

from traymail.core.address import clean
from traymail.core.message import Address

# RFC 5322 section 2.1.1: a line should have 78 characters at most and must not have over 998.
FOLD_AT = 78
LONGEST_LINE = 998
# It names the rule that made a mail; no mail that has it is mailed again.
RULE_HEADER = "X-Traymail-Rule"

_WORD_LINE = 76
_WORD_FRAME = len("=?utf-8?B??=")
_LONGEST_PLAIN_NAME = 60
# Percent-encoded octets of a file name, so that the line they stand on stays under 998.
_LONGEST_FILE_NAME = 960
_LONGEST_SUFFIX = 20
_FOLDS = re.compile(r"(?<=[^ ]) (?=[^ ])")
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PHRASE = re.compile(f"{_ATEXT}(?: {_ATEXT})*")
# RFC 5987's attr-char: what need not be percent-encoded.
_ATTRIBUTE = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&+-.^_`|~"
)
# Octets that continue a character in UTF-8.
_CONTINUED = range(0x80, 0xC0)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def date_line(date: datetime) -> str:
    """Return ``Date:`` for an aware time, in its own zone; English whatever the locale."""
    day, month = _DAYS[date.weekday()], _MONTHS[date.month - 1]
    # A zone of old has seconds too, which RFC 5322 does not know.
    zone = date.strftime("%z")[:5]
    return f"Date: {day}, {date.day:02} {month} {date.year:04} {date:%H:%M:%S} {zone}"


def words_line(header: str, words: str) -> str:
    """Return a header of free text, a subject for one."""
    value = clean(words).strip(" ")
    if _is_plain(value):
        if len(header) + 2 + len(value) <= FOLD_AT:
            return f"{header}: {value}"
        folded = _folded(f"{header}: {value}")
        if all(len(line) <= LONGEST_LINE for line in folded.split("\r\n")):
            return folded
    return f"{header}: {_encoded_words(value, len(header) + 2)}"


def addresses_line(header: str, addresses: tuple[Address, ...]) -> str:
    """Return a header of addresses, one on each line; only their names are ever encoded."""
    column = len(header) + 2
    return f"{header}: " + ",\r\n ".join([_shown_address(one, column) for one in addresses])


def file_lines(mime_type: str, name: str, disposition: str = "attachment") -> str:
    """Return ``Content-Type`` and ``Content-Disposition`` of a file.

    A name beyond ASCII is written twice: as encoded words in ``name=``, which is what QQ Mail and
    other old programs read, and as one unsplit ``filename*=``; they misread a split one.
    """
    fitting = _fitting(clean(name).strip(" ") or "attachment")
    if _is_plain(fitting):
        quoted = _quoted(fitting)
        shown, parameter = quoted, f"filename={quoted}"
    else:
        shown = f'"{_encoded_words(fitting, len(" name=") + 2)}"'
        parameter = f"filename*=UTF-8''{_percent_encoded(fitting)}"
    return (
        f"Content-Type: {mime_type};\r\n name={shown}\r\n"
        f"Content-Disposition: {disposition};\r\n {parameter}"
    )


def quoted_name(name: str) -> str:
    """Return a file's name as forms of HTTP have it: UTF-8 in quotes (RFC 7578 section 4.2)."""
    plain = _fitting(clean(name).strip(" ") or "attachment")
    return '"' + plain.replace("\\", "_").replace('"', "%22") + '"'


def _is_plain(value: str) -> bool:
    """Tell whether ``value`` may stand as it is: "=?" would be read as an encoded word."""
    return value.isascii() and "=?" not in value


def _folded(line: str) -> str:
    """Return the line broken before single spaces, where that makes it short."""
    lines, rest = [], line
    start = line.index(":") + 2
    while len(rest) > FOLD_AT:
        folds = [fold.start() for fold in _FOLDS.finditer(rest, start)]
        if not folds:
            break
        at = max((fold for fold in folds if fold <= FOLD_AT), default=folds[0])
        lines.append(rest[:at])
        rest, start = rest[at:], 1
    return "\r\n".join([*lines, rest])


def _encoded_words(value: str, column: int) -> str:
    """Return RFC 2047 words (UTF-8, B), cut between characters; the first begins at ``column``."""
    data, words, start = value.encode(), [], 0
    while start < len(data):
        room = (_WORD_LINE - column - _WORD_FRAME) // 4 * 3
        end = min(start + room, len(data))
        while end < len(data) and data[end] in _CONTINUED:
            end -= 1
        encoded = binascii.b2a_base64(data[start:end], newline=False).decode("ascii")
        words.append(f"=?utf-8?B?{encoded}?=")
        start, column = end, 1
    return "\r\n ".join(words)


def _shown_address(address: Address, column: int) -> str:
    """Return ``address`` as it stands in a header, its name quoted or encoded."""
    name = clean(address.name).strip(" ")
    if not name:
        return address.mailbox
    if _is_plain(name) and len(name) <= _LONGEST_PLAIN_NAME:
        shown = name if _PHRASE.fullmatch(name) else _quoted(name)
    else:
        shown = _encoded_words(name, column)
    last_line = len(shown) - (shown.rfind("\n") + 1)
    gap = " " if column + last_line + len(address.mailbox) + 3 <= FOLD_AT else "\r\n "
    return f"{shown}{gap}<{address.mailbox}>"


def _quoted(value: str) -> str:
    """Return a quoted string of RFC 5322."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _percent_encoded(value: str) -> str:
    """Return UTF-8 with percent signs, as RFC 2231 wants it."""
    return "".join([chr(c) if c in _ATTRIBUTE else f"%{c:02X}" for c in value.encode()])


def _fitting(name: str) -> str:
    """Return a file name whose header line stays under 998 octets, its suffix kept."""
    if len(_percent_encoded(name)) <= _LONGEST_FILE_NAME:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > _LONGEST_SUFFIX:
        stem, dot, suffix = name, "", ""
    room = _LONGEST_FILE_NAME - len(_percent_encoded(dot + suffix))
    for at, sign in enumerate(stem):
        room -= len(_percent_encoded(sign))
        if room < 0:
            return stem[:at] + dot + suffix
    return stem + dot + suffix
