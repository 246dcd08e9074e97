"""A program that nobody asks anything: for windows that only show a state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, cast

from traymail.services.services import Services


class _Unasked:
    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        def never(*_: object, **__: object) -> NoReturn:
            raise AssertionError(f"{name} is asked")

        return never


_NOBODY = cast("Any", _Unasked())
UNASKED = Services(_NOBODY, _NOBODY, _NOBODY, _NOBODY, _NOBODY, _NOBODY, _NOBODY)
