"""The manual page, made of the commands' own help, so that the two cannot drift apart.

It is written in the macros of man(7), for groff and mandoc.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from textwrap import TextWrapper

import click

from traymail import __version__
from traymail.cli import endings
from traymail.cli.main import NAME, SECTIONS, traymail
from traymail.cli.session import Session
from traymail.cli.words import speak, translated
from traymail.core.texts import Text, text

# In running text, troff makes typographic signs of these; what is shown is meant to be copied.
_SIGNS = str.maketrans(
    {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"}
)
# mandoc wants a sentence to begin a line.
_SENTENCE_END = re.compile(r"(?<=[.:;])\s+(?=[A-Z“])")
# The lines of the page's source; what is escaped in them makes them longer.
_WIDTH = TextWrapper(64, break_long_words=False, break_on_hyphens=False)
# Chinese has no spaces; a line may break before and after any of its signs, but for these.
_CHINESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")
_NOT_AT_THE_START = "，。；：、！？）》”"
_NOT_AT_THE_END = "（《“"

STATUS: dict[int, Text] = {
    endings.OK: text("The mail is delivered, or stored with --queue; the command did its work."),
    endings.USAGE: text("The command line is wrong."),
    endings.DATA: text("What was given cannot be used: an address, a name, a text."),
    endings.NO_INPUT: text("A file cannot be read."),
    endings.UNAVAILABLE: text("The server refuses for good, or traymail does not run."),
    endings.INTERNAL: text("An internal error; -v writes it to the log in full."),
    endings.CANNOT_CREATE: text("What traymail keeps, or its output, cannot be written."),
    endings.LATER: text("Not now: the mail is kept in the outbox and tried again."),
    endings.NO_PERMISSION: text("The login is refused, or there is no secret for it."),
    endings.CONFIG: text("The configuration is wrong."),
    endings.INTERRUPTED: text("Interrupted with Ctrl+C."),
}
ENVIRONMENT: dict[str, Text] = {
    "TRAYMAIL_HOME": text("Keep everything in this folder; --home goes first."),
    "TRAYMAIL_SENDMAIL_HOME": text("The home of traymail sendmail, before TRAYMAIL_HOME."),
    "CREDENTIALS_DIRECTORY": text(
        "Where systemd puts credentials: the secret of an account is the first line of the file "
        "“traymail.” and its name."
    ),
    "LANGUAGE, LC_ALL, LC_MESSAGES, LANG": text("The language, if none is configured."),
}
FILES: dict[str, Text] = {
    "~/.config/traymail/config.toml": text("The configuration: accounts and rules."),
    "~/.local/state/traymail/": text("The outbox, and how far folders and logs were read."),
    "~/.local/state/traymail/log/traymail.log": text("The log of traymail itself."),
}
EXAMPLES: dict[str, Text] = {
    "traymail account add me@example.com": text("Add an account; the code is asked for."),
    "traymail send --to boss@example.com --subject Scan --attach scan.pdf": text("Mail a file."),
    "df -h | traymail send --to me@example.com --subject Disks --body -": text(
        "Mail what another command prints."
    ),
    "traymail rule test Scans": text("Show what a rule would mail."),
    "traymail outbox retry --all": text("Try again at once whatever waits or failed."),
}


def page(language: str, day: date) -> str:
    """Return the manual page in ``language``; ``day`` stands at its foot.

    All of click speaks that language from then on.
    """
    speak(language)
    session = Session({"LANG": language})
    context = click.Context(traymail, info_name=NAME, obj=session, **traymail.context_settings)
    return "\n".join([*_head(day), *_program(context), *_commands(context), *_rest(), ""])


def _head(day: date) -> Iterator[str]:
    yield r"'\" -*- coding: utf-8 -*-"
    yield r".\" Made of the help of the commands; do not edit."
    yield f'.TH {NAME.upper()} 1 {day.isoformat()} "{NAME} {__version__}"'
    if _CHINESE.search(translated(traymail.help)):
        yield ".na"  # without spaces, a line cannot be stretched to the margin
    yield _title(text("NAME"))
    what = translated(traymail.help).rstrip(".。")
    # The indexes of manual pages want it in one line, and know no leave to break it.
    yield rf"{NAME} \- {what[:1].lower()}{what[1:]}"


def _program(context: click.Context) -> Iterator[str]:
    yield _title(text("SYNOPSIS"))
    yield rf".B {NAME}"
    yield _pieces(traymail.collect_usage_pieces(context))
    yield _title(text("DESCRIPTION"))
    yield from _sentences(
        text(
            "Without a command, it starts the tray program in the background, or shows the window "
            "for a new mail when it runs already."
        ).translated(translated)
    )
    yield _title(text("OPTIONS"))
    yield from _options(traymail, context)


def _commands(context: click.Context) -> Iterator[str]:
    yield _title(text("COMMANDS"))
    for title, names in SECTIONS:
        yield f".SS {_quoted(translated(title.msgid))}"
        for name in names:
            command = traymail.require_command(context, name)
            inner = click.Context(command, context, info_name=name)
            yield from _command(command, inner)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    """Describe a command, or those of a group."""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            one = command.get_command(context, name)
            if one is not None:
                yield from _command(one, click.Context(one, context, info_name=name))
        return
    yield ".TP"
    options = list(_options(command, context))
    usage = command.collect_usage_pieces(context)[not options :]  # without [OPTIONS]
    yield rf"\fB{_shown(context.command_path)}\fR {_pieces(usage)}".rstrip()
    yield from _paragraphs(translated(command.help))
    if options:
        yield from (".RS", *options, ".RE")


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    """Describe the options; that there is a help is said once, with those of the program."""
    help_option = command.get_help_option(context) if context.parent else None
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if isinstance(parameter, click.Option) and parameter is not help_option and record:
            names, what = record
            yield ".TP"
            yield ", ".join(map(_option, names.split(", ")))
            yield from _sentences(what)


def _option(words: str) -> str:
    """Return ``--to ADDRESS`` with its name in bold, what is given to it in italics."""
    name, _, given = words.partition(" ")
    return rf"\fB{_shown(name)}\fR" + (rf" \fI{_shown(given)}\fR" if given else "")


def _pieces(pieces: Iterable[str]) -> str:
    return " ".join(rf"\fI{_shown(piece)}\fR" for piece in pieces)


def _rest() -> Iterator[str]:
    yield _title(text("EXIT STATUS"))
    yield from _table({str(status): what for status, what in STATUS.items()})
    yield _title(text("ENVIRONMENT"))
    yield from _table(ENVIRONMENT)
    yield _title(text("FILES"))
    yield from _table(FILES)
    yield _title(text("EXAMPLES"))
    for number, (command, what) in enumerate(EXAMPLES.items()):
        if number:
            yield ".PP"
        yield from _sentences(translated(what.msgid))
        yield from (".PP", ".nf", ".RS", _shown(command), ".RE", ".fi")


def _table(rows: dict[str, Text]) -> Iterator[str]:
    for name, what in rows.items():
        yield ".TP"
        yield rf"\fB{_shown(name)}\fR"
        yield from _sentences(translated(what.msgid))


def _title(words: Text) -> str:
    return f".SH {_quoted(translated(words.msgid))}"


def _quoted(words: str) -> str:
    escaped = words.translate(_SIGNS)  # titles are looked for; they hold no leave to break them
    return f'"{escaped}"' if " " in escaped else escaped


def _paragraphs(words: str) -> Iterator[str]:
    """Return the help of a command; what stands after click's sign for it keeps its lines."""
    for number, paragraph in enumerate(words.split("\n\n")):
        if number:
            yield ".IP"
        if paragraph.startswith("\b\n"):
            yield ".nf"
            yield from map(_shown, paragraph.splitlines()[1:])
            yield ".fi"
        else:
            yield from _sentences(paragraph)


def _sentences(words: str) -> Iterator[str]:
    for sentence in _SENTENCE_END.split(" ".join(words.split())):
        yield from map(_shown, _WIDTH.wrap(sentence))


def _shown(words: str) -> str:
    """Return words that troff prints as they are."""
    escaped = "".join(map(_sign, words, words[1:] + " "))
    return rf"\&{escaped}" if escaped.startswith(".") else escaped


def _sign(sign: str, following: str) -> str:
    """Return a sign, with leave to end the line after it where Chinese gives it."""
    breaks = (
        (_CHINESE.match(sign) or _CHINESE.match(following))
        and not (sign.isspace() or following.isspace())
        and sign not in _NOT_AT_THE_END
        and following not in _NOT_AT_THE_START
    )
    return sign.translate(_SIGNS) + (r"\:" if breaks else "")
