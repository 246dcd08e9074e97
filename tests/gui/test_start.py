"""What the ways to the icon and the first popup do not load; how long they take is the bench's."""

import subprocess
import sys
from collections.abc import Sequence

from tests.support.display import Display
from tests.support.homes import Home
from tests.support.running import account

# Each of them is needed only later, by some, or in a command of its own.
AFTER_POPUP = (
    "Xlib",
    "aiosmtpd",
    "keyring",
    "pystray",
    "six",
    "smtplib",
    "ssl",
    "tomlkit",
    "traymail.core.markdown",
    "traymail.demo",
    "traymail.senders.detect",
    "traymail.senders.probe",
    "traymail.ui.model.general",
    "urllib.request",
)
AFTER_ICON = (*AFTER_POPUP, "traymail.ui.dialogs")
POPUP = "traymail.ui.dialogs.quick_send.window"
SCRIPT = """
import sys
from traymail.app import App
from traymail.desktop import paths
from traymail.windowed import run

def at_icon(shell):
    print(*sys.modules)
    shell.root.after_idle({"popup": popup, "rest": rest}[sys.argv[2]], shell)

def popup(shell):
    before = set(sys.modules)  # a panel that was slow to answer made the tray try other ways
    shell.windows.quick_send()
    print(*set(sys.modules) - before)
    shell.root.quit()

def rest(shell):
    if sys.argv[3] not in sys.modules:
        shell.root.after(20, rest, shell)
        return
    print(*sys.modules)
    shell.root.quit()

sys.exit(run(App(paths.home(sys.argv[1], {}), {}), login=False, on_shell=at_icon))
"""


def test_what_is_needed_later_is_loaded_later(desktop: Display, home: Home) -> None:
    home.configure(account(465, auth="none"))
    at_icon, at_popup = _loaded(desktop, home, "popup")
    assert "traymail.ui.tray.linux" in at_icon
    assert POPUP in at_popup
    assert _of(AFTER_ICON, at_icon) == []
    assert _of(AFTER_POPUP, at_popup) == []


def test_the_code_of_the_popup_is_read_before_anybody_asks(desktop: Display, home: Home) -> None:
    home.configure(account(465, auth="none"))
    assert POPUP in _loaded(desktop, home, "rest")[1]


def _loaded(desktop: Display, home: Home, then: str) -> list[list[str]]:
    """Return what is loaded at the icon, and what is then."""
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(home.path), then, POPUP],
        env=desktop.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return [line.split() for line in ended.stdout.splitlines()]


def _of(names: Sequence[str], loaded: Sequence[str]) -> list[str]:
    """Return the modules that have these names, or are within them."""
    packages = tuple(f"{name}." for name in names)
    return [one for one in loaded if one in names or one.startswith(packages)]
