"""Mail addresses as people write them, checked once; and words made fit for headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from traymail.core.errors import InputError
from traymail.core.texts import Text, text

if TYPE_CHECKING:
    from traymail.core.message import Address

# Octets: RFC 5321 section 4.5.3.1, with erratum 1690 for the whole.
LONGEST_MAILBOX = 254
LONGEST_LOCAL = 64
# Characters of an address with its display name.
LONGEST_WORDS = 2000
SEPARATORS = ",;，；、"

_SHOWN = 80
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Marks that turn the direction of what follows, and other invisible format characters. Joiners
# (U+200C, U+200D) stay: Persian words and many emoji are spelled with them.
_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# RFC 5322 atext and, by RFC 6531, all signs from U+00A1 on: told by what is left out, since a
# range so long takes `re` several milliseconds.
_ATOM = re.compile(r"""[^\x00-\x20"(),.:;<>@\[\\\]\x7f-\u00a0]+""")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
# RFC 2047 section 5 has none of these in an address; some programs decode them there all the same,
# and read another address in it.
_ENCODED = re.compile(r"=\?.*\?.*\?=")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_LITERAL = re.compile(r"\[(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|IPv6:[0-9A-Fa-f:.]{2,45})\]")
# IDNA 2003, which Python speaks, maps these to other letters: the mail would go to another domain.
_DEVIATIONS = re.compile("[ß\u1e9eς\u200c\u200d]")

# The full-width twins of ASCII, which Chinese and Japanese keyboards write. No mailbox means them:
# RFC 8265 section 3.3.2 makes them plain, too.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}

_EXAMPLE = text("Write it like name@example.com or Name <name@example.com>.")


def clean(words: str) -> str:
    """Return ``words`` fit for a header, a name or one line of an error.

    Control characters and line ends become a space each, direction marks and other invisible
    format characters go, halves of a character become U+FFFD.
    """
    if words.isascii() and words.isprintable():
        return words
    return _MARKS.sub("", _CONTROL.sub(" ", whole_characters(words)))


def whole_characters(words: str) -> str:
    """Return ``words`` so that UTF-8 can hold them: a lone surrogate becomes U+FFFD.

    Two halves that belong together (some toolkits hand them over so) become one character.
    """
    if not words.isascii() and _SURROGATE.search(words):
        return words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return words


def excerpt(words: str) -> str:
    """Return the beginning of ``words``, cleaned, to be quoted in an error."""
    shown = clean(words[: 2 * _SHOWN])
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"


def parse_address(words: str) -> Address:
    """Return the address in ``a@b``, ``<a@b>``, ``Name <a@b>`` or ``"Na, me" <a@b>``.

    The domain comes back in ASCII (A-labels); a local part beyond ASCII is kept and needs a
    server with SMTPUTF8. Raises InputError for anything that is no mailbox of RFC 5321.
    """
    stripped = words.strip(" \u3000")
    if len(stripped) > LONGEST_WORDS:
        raise _bad(stripped, text("The address “{address}” is too long"))
    name, mailbox, unquoted = "", stripped, _QUOTED.sub("", stripped)
    if '"' in unquoted:
        raise _bad(stripped, text("“{address}” has a quotation mark without its partner"))
    if stripped.endswith(">"):
        name, opened, mailbox = _before_angle(stripped[:-1])
        if not opened:
            raise _bad(stripped, text("“{address}” has a > without its <"))
    elif "<" in unquoted:
        raise _bad(stripped, text("“{address}” has a < without its >"))
    from traymail.core.message import Address  # not for who only cleans words

    return Address(_checked(mailbox, stripped), _plain_name(name))


def parse_addresses(words: str) -> tuple[Address, ...]:
    """Return the addresses of a list separated by commas or semicolons, Chinese ones too.

    Separators in quotes belong to the name; empty places are passed over.
    Raises InputError for the first address that is wrong.
    """
    return tuple(map(parse_address, split_addresses(words)))


def undotted(mailbox: str) -> bool:
    """Return whether the domain of a mailbox has no dot: hardly meant, but in intranets."""
    domain = mailbox.rpartition("@")[2].lower()
    return "." not in domain and not domain.startswith("[") and domain != "localhost"


def split_addresses(words: str) -> tuple[str, ...]:
    """Return the addresses of such a list as they are written, unchecked."""
    stripped = (piece.strip(" \u3000") for piece in _pieces(words))
    return tuple(piece for piece in stripped if piece)


def _pieces(words: str) -> list[str]:
    """Return what stands between the separators that are not in quotes."""
    pieces, start = [], 0
    for at in _outside_quotes(words):
        if words[at] in SEPARATORS:
            pieces.append(words[start:at])
            start = at + 1
    return [*pieces, words[start:]]


def _before_angle(words: str) -> tuple[str, bool, str]:
    """Split at the first < that is not in quotes: the name, whether there is one, the rest."""
    for at in _outside_quotes(words):
        if words[at] == "<":
            return words[:at], True, words[at + 1 :]
    return words, False, ""


def _outside_quotes(words: str) -> Iterator[int]:
    """Yield the places of ``words`` that are not in quotes; an open quote reaches to the end."""
    at = 0
    while at < len(words):
        if words[at] != '"':
            yield at
            at += 1
        elif quoted := _QUOTED.match(words, at):
            at = quoted.end()
        else:
            return


def _plain_name(name: str) -> str:
    """Return a display name without its quotes, cleaned."""
    stripped = name.strip(" \u3000")
    if quoted := _QUOTED.fullmatch(stripped):
        stripped = re.sub(r"\\(.)", r"\1", quoted[1])
    return clean(stripped).strip(" ")


def _checked(mailbox: str, shown: str) -> str:
    """Return ``mailbox`` with its domain in ASCII, or raise InputError."""
    if not mailbox:
        raise InputError(text("There is no address"), _EXAMPLE)
    if _CONTROL.search(mailbox) or _MARKS.search(mailbox) or _SURROGATE.search(mailbox):
        raise _bad(shown, text("The address “{address}” contains invisible characters"))
    local, at, domain = mailbox.translate(_NARROW).rpartition("@")
    if not at:
        raise _bad(shown, text("The address “{address}” has no @"))
    _check_local(local, shown)
    domain = _ascii_domain(domain, shown)
    octets = len(local.encode())
    if octets > LONGEST_LOCAL or octets + 1 + len(domain) > LONGEST_MAILBOX:
        raise _bad(shown, text("The address “{address}” is too long"))
    return f"{local}@{domain}"


def _check_local(local: str, shown: str) -> None:
    """Raise InputError unless ``local`` is a dot-string or a quoted string (RFC 5321 4.1.2)."""
    if not local:
        raise _bad(shown, text("The address “{address}” has nothing before the @"))
    if _ENCODED.search(local):
        raise _bad(shown, text("The part before the @ of “{address}” is not valid"))
    if _QUOTED.fullmatch(local):
        return
    if "@" in local:
        raise _bad(shown, text("The address “{address}” has more than one @"))
    if any(sign.isspace() for sign in local):
        raise _bad(shown, text("The address “{address}” contains a space"))
    if not all(_ATOM.fullmatch(atom) for atom in local.split(".")):
        raise _bad(shown, text("The part before the @ of “{address}” is not valid"))


def _ascii_domain(domain: str, shown: str) -> str:
    """Return the domain as DNS knows it, or raise InputError."""
    if _LITERAL.fullmatch(domain):
        return domain
    if any(sign.isspace() for sign in domain):
        raise _bad(shown, text("The address “{address}” contains a space"))
    known = domain
    if not domain.isascii() and len(domain) <= LONGEST_MAILBOX:
        try:
            known = "" if _DEVIATIONS.search(domain) else domain.encode("idna").decode("ascii")
        except UnicodeError:
            known = ""
        if not known:
            title = text("The domain of “{address}” cannot be written in ASCII")
            raise _bad(
                shown, title, text("Write it as DNS knows it: such a part begins with xn--.")
            )
    if not all(_LABEL.fullmatch(label) for label in known.split(".")):
        raise _bad(shown, text("The domain of the address “{address}” is not valid"))
    return known


def _bad(shown: str, title: Text, advice: Text = _EXAMPLE) -> InputError:
    """Return the error ``title`` with the address filled in."""
    return InputError(Text(title.msgid, (("address", excerpt(shown)),)), advice)
