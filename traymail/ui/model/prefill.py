"""What the quick-send window opens with: asked for on the command line, by a link, a clipboard."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from traymail.core.address import SEPARATORS, clean, parse_address, whole_characters
from traymail.core.errors import InputError
from traymail.core.texts import text

_SCHEME = "mailto:"
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Prefill:
    """Recipients as they were given, words, and the paths of files to attach.

    ``account`` is the one to send from, "" for the usual one. ``shown``: the paths of the pictures
    in ``body``, as a `SavedDraft` has them.
    """

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str = ""
    body: str = ""
    files: tuple[str, ...] = ()
    account: str = ""
    markdown: bool = False
    shown: tuple[str, ...] = ()


def parse_mailto(url: str) -> Prefill:
    """Return what a mailto: link asks for (RFC 6068); raises InputError for another link.

    Only recipients, subject and body are taken: whoever wrote the link must not choose files, or
    headers that nobody sees.
    """
    if not url.lower().startswith(_SCHEME):
        raise InputError(
            text("“{link}” is no mailto: link", link=clean(url)[:80]),
            text("Such a link looks like mailto:name@example.com?subject=Hello"),
        )
    path, _, query = url[len(_SCHEME) :].partition("#")[0].partition("?")
    lists: dict[str, list[str]] = {"to": _addresses(path), "cc": [], "bcc": []}
    words = {"subject": "", "body": ""}
    for field in query.split("&"):
        name, _, value = field.partition("=")
        name = unquote(name).lower()
        if name in lists:
            lists[name] += _addresses(value)
        elif name in words:
            words[name] = _decoded(value)
    return Prefill(
        to=_joined(lists["to"], ()),
        cc=_joined(lists["cc"], ()),
        bcc=_joined(lists["bcc"], ()),
        subject=clean(words["subject"]).strip(),
        body=_lines(words["body"]),
    )


def asked_for(request: Mapping[str, Any]) -> Prefill:
    """Return what another process asks for; what is of another kind than it should be is left out.

    The keys are those of `Prefill`, but for what only windows ask for.
    """

    def words(name: str) -> str:
        found = request.get(name)
        return found if isinstance(found, str) else ""

    def several(name: str) -> tuple[str, ...]:
        found = request.get(name)
        return tuple(map(str, found)) if isinstance(found, list) else ()

    return Prefill(
        to=several("to"),
        cc=several("cc"),
        bcc=several("bcc"),
        subject=words("subject"),
        body=words("body"),
        files=several("files"),
    )


def merged(asked: Prefill, more: Prefill) -> Prefill:
    """Return a request with ``more`` added: its words take the place of words, lists grow."""
    return Prefill(
        to=_joined(asked.to, more.to),
        cc=_joined(asked.cc, more.cc),
        bcc=_joined(asked.bcc, more.bcc),
        subject=more.subject or asked.subject,
        body=more.body or asked.body,
        files=_joined(asked.files, more.files),
        account=more.account or asked.account,
        markdown=more.markdown or asked.markdown,
        shown=more.shown if more.body else asked.shown,
    )


def _joined(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def _addresses(encoded: str) -> list[str]:
    """Return the addresses of a list; what cannot be an address stays, to be seen and mended."""
    found = []
    for piece in encoded.split(","):
        words = clean(_decoded(piece)).strip()
        found += [words] if _is_address(words) else _split(words)
    return [one for one in found if one]


def _is_address(words: str) -> bool:
    try:
        parse_address(words)
    except InputError:
        return False
    return True


def _split(words: str) -> list[str]:
    """Split a list whose commas were encoded too, as many programs write it."""
    for separator in SEPARATORS:
        words = words.replace(separator, ",")
    return [part.strip() for part in words.split(",")]


def _decoded(encoded: str) -> str:
    # A plus sign means itself in these links.
    return whole_characters(unquote(encoded, errors="replace"))


def _lines(words: str) -> str:
    return _CONTROL.sub("", words.replace("\r\n", "\n").replace("\r", "\n"))
