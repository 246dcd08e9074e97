"""What the parts of the page tell the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from traymail.ui.model.account_buttons import AccountAct
from traymail.ui.sign_in_view import SignInHandlers


@dataclass(frozen=True, slots=True)
class AccountHandlers:
    """One for each thing the user can do."""

    choose: Callable[[str], object]
    move: Callable[[int], object]
    add: Callable[[], object]
    typed: Callable[[Mapping[str, str]], object]
    typed_code: Callable[[str], object]
    replace_code: Callable[[], object]
    keep_code: Callable[[], object]
    set_default: Callable[[], object]
    press: Callable[[AccountAct], object]
    guide: Callable[[str], object]
    sign_in: SignInHandlers
