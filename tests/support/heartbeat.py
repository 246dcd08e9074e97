"""Windows of the running program while it does what takes long, and the beat of Tk's own loop."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import open_dbus_connection

from tests.support.homes import Home
from tests.support.live import Live, live
from tests.support.running import ADDRESS
from tests.support.wait import PATIENCE_SECONDS
from traymail.ui.bridge import Background, Bridge
from traymail.ui.dialogs.add_account import AddAccountWindow
from traymail.ui.dialogs.quick_send import QuickSendNavigation, QuickSendWindow
from traymail.ui.model import add_account as model
from traymail.ui.model.add_buttons import AddAct
from traymail.ui.model.prefill import Prefill
from traymail.ui.theme import Root

BEAT_MS = 10
_BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")


class Heartbeat:
    """Beats in Tk's loop while that runs; `until` runs it."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self.count = 0
        self.worst = 0.0
        """The longest time between two beats, in seconds."""

    def until(self, condition: Callable[[], object], what: str, seconds: float = 60.0) -> None:
        """Run the loop until a condition holds, which is asked at each beat."""
        deadline = perf_counter() + seconds
        held: object = False
        last = perf_counter()

        def beat() -> None:
            nonlocal held, last
            now = perf_counter()
            self.count += 1
            self.worst, last = max(self.worst, now - last), now
            held = condition()
            if held or now > deadline:
                self._root.quit()
            else:
                self._root.after(BEAT_MS, beat)

        self._root.after(BEAT_MS, beat)
        self._root.mainloop()
        assert held, f"not within {seconds:g} s: {what}"

    def go_on(self, beats: int) -> None:
        """Run the loop for so many beats."""
        end = self.count + beats
        self.until(lambda: self.count >= end, f"{beats} beats")


@dataclass(frozen=True)
class Scene:
    """The program and two of its windows in sight."""

    live: Live
    quick: QuickSendWindow
    adding: AddAccountWindow
    heart: Heartbeat

    def send(self, *files: Path) -> None:
        """Write a mail with these files, and send it."""
        self.quick.open(
            Prefill(("you@example.com",), (), (), "Drawings", "Hi", tuple(map(str, files)))
        )
        self.heart.until(lambda: len(self.quick.screen.state.files) == len(files), "the files")
        self.heart.until(lambda: self.quick.screen.state.written.subject, "what is written")
        self.quick.sending.send()

    def try_account(self, port: int, ca_file: Path, code: str) -> None:
        """Give a new account's code, and press Test."""
        state = model.unfold(model.type_address(model.Adding(), ADDRESS))
        by_hand = {"host": "127.0.0.1", "port": str(port), "ca_file": str(ca_file)}
        state = model.edit(state, {**(state.by_hand or {}), **by_hand})
        account, problems = self.live.services.accounts.check("new", model.fields(state))
        assert account is not None, problems
        self.adding.screen.set_state(model.type_code(model.accepted(state, "new", account), code))
        self.adding.bar.buttons[AddAct.TEST].invoke()


@contextmanager
def scene(root: Root, folder: Path, config: str, secrets: Path | None = None) -> Iterator[Scene]:
    """Run the program with its windows open until the block ends."""
    with ExitStack() as ending:
        program = ending.enter_context(live(Home(folder / "home"), config, secrets))
        bridge = ending.enter_context(closing(Bridge(root)))
        background = ending.enter_context(closing(Background(bridge)))
        nowhere = QuickSendNavigation(lambda: None, lambda: None, lambda *_written: None)
        quick = QuickSendWindow(
            root,
            program.services,
            background,
            nowhere,
            lambda: datetime.now(UTC),  # noqa: TID251 - the test's clock is the machine's
        )
        program.services.program.listen(lambda event: bridge.post(lambda: quick.on_event(event)))
        adding = AddAccountWindow(
            root,
            program.services,
            background,
            lambda _asked: None,
            lambda: False,
            lambda _host: None,
        )
        heart = Heartbeat(root)
        for window in (adding, quick):
            window.reveal()
            heart.until(window.winfo_viewable, "the window")
        yield Scene(program, quick, adding, heart)


@contextmanager
def silent_keyring(address: str) -> Iterator[None]:
    """Let the keyring of a bus answer nobody until the block ends, as when it asks its user."""
    with open_dbus_connection(bus=address, auth_timeout=PATIENCE_SECONDS) as bus:
        asked = ("GetConnectionUnixProcessID", "s", ("org.freedesktop.secrets",))
        pid = bus.send_and_get_reply(new_method_call(_BUS, *asked)).body[0]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
