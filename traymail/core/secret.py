"""A secret that cannot be shown by accident."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

STRUCK_OUT = "***"


class Secret:
    """A password, code or token: only `reveal` gives it away, never repr, str or format."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

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
        """Return ``words`` with the secret, and the forms a server may echo, replaced."""
        for form in self._forms(username):
            words = words.replace(form, STRUCK_OUT)
        return words

    def _forms(self, username: str) -> tuple[str, ...]:
        value = self._value
        if not value:
            return ()
        plain = base64.b64encode(value.encode()).decode()
        sasl = base64.b64encode(f"\0{username}\0{value}".encode()).decode()
        return tuple(sorted({value, plain, sasl, quote(value, safe="")}, key=len, reverse=True))


def tidy_code(words: str) -> str:
    """Return what was typed as a secret, without the blanks of a code shown in groups.

    Providers show codes as ``abcd efgh ijkl mnop``. In anything else than four groups of four
    letters, blanks are part of a password.
    """
    return words.replace(" ", "") if _GROUPS.fullmatch(words) else words


_GROUPS = re.compile(r" *[A-Za-z]{4}(?: +[A-Za-z]{4}){3} *", re.ASCII)
