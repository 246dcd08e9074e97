"""A secret that cannot be shown by accident, and what a server echoes of it, struck out."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from traymail.core.echoes import Echoes

# Where a secret is that traymail cannot change: a credential file of systemd's, what a command
# prints.
FILE, COMMAND = "file", "command"
# A server says the same few words of every mail: looked through once, they cost nothing more.
_REMEMBERED = 64
_MOST_TOLD = 8


class Secret:
    """A password, code or token: only `reveal` gives it away, never repr, str or format.

    ``place`` is where it was found, if not in the keyring: `FILE` or `COMMAND`.
    """

    __slots__ = ("_echoes", "_struck_out", "_value", "place")

    def __init__(self, value: str, place: str = "") -> None:
        self._value = value
        self.place = place
        self._echoes: dict[str, Echoes] = {}
        self._struck_out: dict[tuple[str, str], str] = {}

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
        """Return ``words`` without the secret, in each form that `traymail.core.readings` lists.

        Any run of it goes that is at least half of it and six characters. ``username``: what
        stands before it in a login.
        """
        if not self._value:
            return words
        known = self._struck_out.get((words, username))
        if known is not None:
            return known
        if username not in self._echoes:
            self._echoes[username] = Echoes(self._value, username)
        if len(self._struck_out) >= _REMEMBERED:
            self._struck_out.clear()
        self._struck_out[words, username] = rest = self._echoes[username].struck_out(words)
        return rest


class ToldSecrets:
    """The secrets that servers were told in this run: no reply of any session shows one.

    A server may say in the session of one account what it was told in that of another, or before
    the secret was changed. Used from any thread.
    """

    def __init__(
        self, before: ToldSecrets | None = None, others: Callable[[str], str] = str
    ) -> None:
        """``before``: those that this goes on with. ``others`` strikes out what others told."""
        self._told: dict[tuple[Secret, str], None] = {} if before is None else before._told
        self._others = others

    def add(self, secret: Secret, username: str) -> None:
        """Know one more; the last ones are kept, since to look for each takes its time."""
        self._told.pop((secret, username), None)  # the last one again
        self._told[secret, username] = None
        for one in list(self._told)[:-_MOST_TOLD]:
            self._told.pop(one, None)

    def strike_out(self, words: str, *own: tuple[Secret, str]) -> str:
        """Return ``words`` without any of them, nor the session's own; see `Secret.strike_out`."""
        for secret, username in dict.fromkeys((*own, *list(self._told))):
            words = secret.strike_out(words, username)
        return self._others(words)


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
