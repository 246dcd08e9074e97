"""The file dialog of a Linux desktop: org.freedesktop.portal.FileChooser, over a `Bus`.

Follows the documentation of xdg-desktop-portal: a call returns the path of a request, whose signal
Response tells what the user has chosen. The path is known before the call, so that no signal is
missed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, new_method_call

from traymail.desktop.bus import PORTAL, PORTAL_PATH, Bus
from traymail.desktop.requests import Aim, WantedFile

_CHOOSER = DBusAddress(PORTAL_PATH, PORTAL, "org.freedesktop.portal.FileChooser")
_REQUEST = "org.freedesktop.portal.Request"
# A portal that has not even begun by then is none.
BEGIN_SECONDS = 5.0
_CHOSEN, _CANCELLED = 0, 1

Act = Callable[[], object]
After = Callable[[float, Act], Act]


OnAnswer = Callable[[tuple[Path, ...] | None], None]
"""Is given what was chosen, nothing when the user has cancelled; None: there is no such dialog."""


class FileChooser:
    """Asks the portal of one bus. ``after`` is the loop's: it calls once, later."""

    def __init__(self, bus: Bus, after: After) -> None:
        self._bus, self._after = bus, after
        self._numbers = count(1)
        self._waiting: dict[str, OnAnswer] = {}
        rule = MatchRule(type="signal", interface=_REQUEST, member="Response")
        bus.hear(rule, self._answered)

    def ask(self, wanted: WantedFile, on_answer: OnAnswer) -> None:
        """Show the dialog; ``on_answer`` is called once."""
        token = f"traymail{next(self._numbers)}"
        sender = self._bus.name.removeprefix(":").replace(".", "_")
        request = f"{PORTAL_PATH}/request/{sender}/{token}"
        self._waiting[request] = on_answer
        cancel = self._after(BEGIN_SECONDS, lambda: self._end(request, None))

        def begun(reply: tuple[Any, ...] | None) -> None:
            cancel()
            if reply is None:
                self._end(request, None)
            elif reply[0] != request and request in self._waiting:  # portals before version 0.9
                self._waiting[reply[0]] = self._waiting.pop(request)

        method = "SaveFile" if wanted.aim is Aim.SAVE else "OpenFile"
        body = (
            wanted.window,
            str(wanted.title),
            {"handle_token": ("s", token), **_options(wanted)},
        )
        self._bus.call(new_method_call(_CHOOSER, method, "ssa{sv}", body), begun)

    def close(self) -> None:
        """Tell whoever waits that nothing was chosen: the bus is gone."""
        for request in list(self._waiting):
            self._end(request, ())

    def _answered(self, signal: Message) -> None:
        response, results = signal.body
        chosen: tuple[Path, ...] | None = ()
        if response == _CHOSEN:
            chosen = tuple(map(_path_of, results.get("uris", ("as", []))[1]))
        elif response != _CANCELLED:
            chosen = None
        self._end(signal.header.fields.get(HeaderFields.path, ""), chosen)

    def _end(self, request: str, chosen: tuple[Path, ...] | None) -> None:
        on_answer = self._waiting.pop(request, None)
        if on_answer is not None:
            on_answer(chosen)


def _options(wanted: WantedFile) -> dict[str, tuple[str, object]]:
    options: dict[str, tuple[str, object]] = {"modal": ("b", True)}
    if wanted.aim is Aim.FILES:
        options["multiple"] = ("b", True)
    if wanted.aim is Aim.FOLDER:
        options["directory"] = ("b", True)
    if wanted.name:
        options["current_name"] = ("s", wanted.name)
    if wanted.folder is not None:
        # A path is bytes and a final NUL.
        options["current_folder"] = ("ay", os.fsencode(wanted.folder) + b"\0")
    if wanted.kind is not None:
        name, patterns = wanted.kind
        options["filters"] = ("a(sa(us))", [(name, [(0, pattern) for pattern in patterns])])
    return options


def _path_of(uri: str) -> Path:
    return Path(os.fsdecode(_bytes_of(urlsplit(uri).path)))


def _bytes_of(quoted: str) -> bytes:
    """Return a path's bytes: file names are not always UTF-8."""
    return unquote(quoted, "utf-8", "surrogateescape").encode("utf-8", "surrogateescape")
