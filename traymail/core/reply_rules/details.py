"""What happened instead of an answer, in a few words: kept in English, read in any language."""

from __future__ import annotations

import re

from traymail.core.texts import Text, text

TIMED_OUT = text("timed out")
REFUSED = text("connection refused")
CLOSED = text("connection closed")
RESET = text("connection reset")
UNREACHABLE = text("not reachable from here")
BLOCKED = text("blocked on this computer")
NO_NAME = text("no such name")
NO_NAME_SERVER = text("the name servers do not answer")
NO_ADDRESS = text("the name has no address")
BAD_NAME = text("not a name that a server can have")
ENDLESS = text("a line without an end")
UNREADABLE = text("an answer that cannot be read")
NOT_TLS = text("it does not speak TLS there")
OLD_TLS = text("its TLS is too old")
TLS_BROKE = text("TLS broke off")
INJECTED = text("plain text after the go-ahead for TLS")
NO_STARTTLS = text("STARTTLS is not offered")
UNPROTECTED = text("not encrypted, and not to this computer")
NO_AUTH = text("AUTH is not offered")
NO_SMTPUTF8 = text("SMTPUTF8 is not offered")
EXPIRED = text("it has expired")
NOT_YET = text("it is not valid yet")
OTHER_NAME = text("it is for another name")
SELF_SIGNED = text("it is self-signed")
UNKNOWN_ISSUER = text("its issuer is not trusted")
LOST = text("the text of the mail is lost")
OWN_FILES = text("its own files cannot be used")
SCARCE = text("it lacks memory, files, room or a permission")

_KNOWN = {one.msgid: one for one in list(globals().values()) if isinstance(one, Text)}


_ENDED = re.compile(r"exit status (-?[0-9]+)(?:: (.*))?")


def command_ended(status: int, said: str) -> str:
    """Return how a command failed, to be kept: its exit status, and its last complaint."""
    return f"exit status {status}: {said}" if said else f"exit status {status}"


def reply_told(code: int | None, reply: str | None) -> Text | str:
    """Return a stored reply as people read it: the server's line, or what happened."""
    if code is not None:
        return f"{code} {reply or ''}".rstrip()
    ended = _ENDED.fullmatch(reply or "")
    if ended is None:
        return _KNOWN.get(reply or "", reply or "")
    status, said = ended.groups()
    if said is None:
        return text("exit status {status}", status=status)
    return text("exit status {status}: {said}", status=status, said=said)
