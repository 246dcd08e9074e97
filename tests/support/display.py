"""A display of one's own: Xvfb with a cookie, a D-Bus session, a window manager, a panel."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from jeepney import DBusAddress, Properties, new_method_call
from jeepney.io.blocking import open_dbus_connection

from tests.support.wait import PATIENCE_SECONDS, until
from traymail.desktop.screens import has_other_trays

NEEDED = ("Xvfb", "openbox", "dbus-daemon", "xauth", "xprop")
OLD_PANEL_NEEDED = ("tint2",)
GTK_FOLDER = Path("/usr/lib/python3/dist-packages/gi")
PANEL_NEEDED = ("xfce4-panel", "xfconf-query")
_BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
_WATCHER = "org.kde.StatusNotifierWatcher"
_PANEL_CONFIG = """\
<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="32"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray"/>
  </property>
</channel>
"""


@dataclass(frozen=True)
class Display:
    """A running display: `env` is a whole environment for programs on it."""

    env: dict[str, str]
    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """What this process needs to be on the display."""
        names = ("DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")
        return {name: self.env[name] for name in names}


def missing_programs(*, panel: bool = False) -> list[str]:
    """Name the programs a display needs and this machine lacks."""
    wanted = (*NEEDED, *PANEL_NEEDED) if panel else NEEDED
    return [name for name in wanted if shutil.which(name) is None]


@contextmanager
def display(folder: Path, size: str = "1600x1200") -> Iterator[Display]:
    """Run a display whose every file is below `folder`; its processes end with the block."""
    env = _environment(folder)
    with ExitStack() as ending:
        env["DISPLAY"] = f":{_start_screen(folder, size, env, ending)}"
        bus = _start(["dbus-daemon", "--session", "--nofork", "--print-address=1"], env, ending)
        assert bus.stdout is not None
        env["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().decode().strip()
        _start(["openbox", "--sm-disable"], env, ending)
        until(lambda: _has_window_manager(env), what="a window manager")
        yield Display(env, folder)


@contextmanager
def entered(on: Display) -> Iterator[None]:
    """Bring this process onto a display until the block ends."""
    before = {name: os.environ.get(name) for name in on.variables}
    os.environ.update(on.variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def panel(on: Display) -> Iterator[subprocess.Popen[bytes]]:
    """Run a panel with a tray until the block ends; it is there when the block begins."""
    config = Path(on.env["XDG_CONFIG_HOME"]) / "xfce4/xfconf/xfce-perchannel-xml/xfce4-panel.xml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(_PANEL_CONFIG)
    with ExitStack() as ending:
        process = _start(["xfce4-panel", "--disable-wm-check"], on.env, ending)
        until(lambda: _has_tray(on), what="a panel with a tray")
        yield process


@contextmanager
def old_panel(on: Display) -> Iterator[None]:
    """Run a panel that knows icons by XEmbed only; it is there when the block begins."""
    config = on.folder / "tint2rc"
    config.write_text("panel_items = S\npanel_size = 100% 30\nsystray_padding = 2 2 2\n")
    with ExitStack() as ending:
        _start(["tint2", "-c", str(config)], on.env, ending)
        with entered(on):
            until(has_other_trays, what="a panel with a tray")
        yield


def _environment(folder: Path) -> dict[str, str]:
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    folders = {
        "HOME": "home",
        "XDG_DATA_HOME": "data",
        "XDG_CONFIG_HOME": "config",
        "XDG_CACHE_HOME": "cache",
        "XDG_STATE_HOME": "state",
        "XDG_RUNTIME_DIR": "run",
    }
    for variable, name in folders.items():
        path = folder / name
        path.mkdir(mode=0o700)
        env[variable] = str(path)
    return env


def _start_screen(folder: Path, size: str, env: dict[str, str], ending: ExitStack) -> str:
    cookie = folder / "cookie"
    env["XAUTHORITY"] = str(cookie)
    # The number is not known yet; the server asks for a cookie of any name.
    key = secrets.token_hex(16)
    _add_cookie(cookie, ":0", key, env)
    reader, writer = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writer),
        "-auth",
        str(cookie),
        "-nolisten",
        "tcp",
        "-noreset",
    ]
    _start([*command, "-screen", "0", f"{size}x24", "-dpi", "96"], env, ending, keep=writer)
    os.close(writer)
    with os.fdopen(reader) as told:
        # Up to the newline: a pipe that is closed earlier kills the server.
        number = told.readline().strip()
    assert number, "Xvfb did not start"
    _add_cookie(cookie, f":{number}", key, env)
    return number


def _add_cookie(cookie: Path, name: str, key: str, env: dict[str, str]) -> None:
    command = ["xauth", "-q", "-f", str(cookie), "add", name, ".", key]
    subprocess.run(command, env=env, check=True, stderr=subprocess.DEVNULL)


def _start(
    command: list[str], env: dict[str, str], ending: ExitStack, keep: int | None = None
) -> subprocess.Popen[bytes]:
    # Each leads a process group, so that what it starts ends with it.
    process = subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=() if keep is None else (keep,),
    )
    ending.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    with process:
        try:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(5)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _has_window_manager(env: dict[str, str]) -> bool:
    asked = ["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"]
    answer = subprocess.run(asked, env=env, capture_output=True, text=True, check=False)
    return "window id" in answer.stdout


def _has_tray(on: Display) -> bool:
    watcher = DBusAddress("/StatusNotifierWatcher", _WATCHER, _WATCHER)
    with open_dbus_connection(
        bus=on.env["DBUS_SESSION_BUS_ADDRESS"], auth_timeout=PATIENCE_SECONDS
    ) as bus:
        owned = bus.send_and_get_reply(new_method_call(_BUS, "NameHasOwner", "s", (_WATCHER,)))
        if not owned.body[0]:
            return False
        asked = Properties(watcher).get("IsStatusNotifierHostRegistered")
        reply = bus.send_and_get_reply(asked)
        return reply.header.message_type.name == "method_return" and bool(reply.body[0][1])
