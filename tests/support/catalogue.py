"""The words of the program and their translation: what is said, and what the catalogue knows.

`python -m tests.support.catalogue` brings the catalogue up to date: new words come in without a
translation, those no longer said go.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import traymail

PACKAGE = Path(traymail.__file__).parent
PO = PACKAGE / "locale" / "zh_CN" / "LC_MESSAGES" / "traymail.po"

# A header without dates: the file changes only when a word does.
HEAD = """\
# Simplified Chinese for traymail.
msgid ""
msgstr ""
"Project-Id-Version: traymail\\n"
"Language: zh_CN\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""

Said = str | tuple[str, str]
"""A sentence, or its singular and plural."""

# What click itself says to our users; it looks the words up in our catalogue.
CLICK: tuple[Said, ...] = (
    "Usage:",
    "Options",
    "Commands",
    "required",
    "default: {default}",
    "env var: {var}",
    "Show this message and exit.",
    "Error: {message}",
    "Aborted!",
    "Missing command.",
    "Missing argument",
    "Missing option",
    "Missing parameter",
    "Invalid value: {message}",
    "Invalid value for {param_hint}: {message}",
    "No such option {name!r}.",
    "No such command {name!r}.",
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    "Option {name!r} does not take a value.",
    "Argument {name!r} takes {nargs} values.",
    "Choose from:\n\t{choices}",
    "{value!r} is not a valid {number_type}.",
    "{value} is not in the range {range}.",
)


@dataclass(frozen=True)
class Entry:
    """An entry of the catalogue; singular and plural are two ids with one or more strings."""

    ids: tuple[str, ...]
    strings: tuple[str, ...]
    fuzzy: bool = False

    @property
    def said(self) -> Said:
        """What the program says."""
        return self.ids[0] if len(self.ids) == 1 else (self.ids[0], self.ids[1])


def said() -> dict[Said, tuple[str, ...]]:
    """Return every msgid with the files that say it."""
    found: dict[Said, tuple[str, ...]] = dict.fromkeys(CLICK, ())
    extracted = extract_from_dir(PACKAGE, keywords={"text": None})
    for name, _line, words, _comments, _context in extracted:
        if isinstance(words, str) and words:
            files = {*found.get(words, ()), f"traymail/{name}"}
            found[words] = tuple(sorted(files))
    return found


def entries() -> list[Entry]:
    """Return what the Chinese catalogue of this checkout holds."""
    return [
        Entry(_words(message.id), _words(message.string), message.fuzzy)
        for message in _catalogue()
        if message.id
    ]


def update(translations: Mapping[Said, Sequence[str]]) -> None:
    """Write the catalogue anew: as it was, with ``translations``, without what nobody says."""
    known: dict[Said, Sequence[str]] = {}
    if PO.exists():
        known = {entry.said: entry.strings for entry in entries()}
    known.update(translations)
    fresh = Catalog(locale="zh_CN")
    for words, files in sorted(said().items(), key=lambda one: (one[1], str(one[0]))):
        strings = known.get(words) or ("",)
        string = tuple(strings) if isinstance(words, tuple) else strings[0]
        # Without line numbers, which change with every edit.
        fresh.add(words, string, locations=[(file, 0) for file in files])
    with PO.open("wb") as target:
        target.write(HEAD.encode())
        write_po(target, fresh, width=100, omit_header=True, include_lineno=False)


def compile_catalogue() -> None:
    """Make the file that gettext reads, as an installation does."""
    with PO.with_suffix(".mo").open("wb") as target:
        write_mo(target, _catalogue())


def _catalogue() -> Catalog:
    with PO.open("rb") as source:
        return read_po(source, locale="zh_CN")


def _words(given: object) -> tuple[str, ...]:
    return tuple(given) if isinstance(given, list | tuple) else (str(given or ""),)


if __name__ == "__main__":
    update({})
    compile_catalogue()
    missing = [entry.said for entry in entries() if not all(entry.strings)]
    sys.stdout.write("".join(f"no translation: {words}\n" for words in missing))
