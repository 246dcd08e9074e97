"""Asking the running program of a home for one of its windows."""

from __future__ import annotations

from typing import Any

from traymail.core.errors import DesktopError
from traymail.core.texts import text
from traymail.desktop.instance import Instance
from traymail.winapi import let_others_come_forward

# What to ask for; "compose" also takes what `ui.model.prefill.Prefill` holds.
COMPOSE = "compose"
ADD_ACCOUNT = "add_account"


def activate_running(instance: Instance, command: str, **more: Any) -> None:  # noqa: ANN401 - JSON values
    """Have it show a window.

    Raises NotRunning, InputError for a request that is too long, and DesktopError where the
    running program has no windows.
    """
    let_others_come_forward()
    answer = instance.ask({"command": command, **more})
    if not answer.get("windows"):
        raise DesktopError(
            text("traymail runs here without windows (pid {pid}).", pid=answer.get("pid")),
            text("End it with “traymail quit” to use the tray, or send with: traymail send"),
        )
