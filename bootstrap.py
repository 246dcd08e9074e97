"""Set traymail up in this checkout and run it: `python3 bootstrap.py demo`, `test`, `bench` ...

Standard library only. The syntax stays that of Python 3.8, so that an old Python prints what to do.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import NamedTuple, NoReturn

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "traymail-stamp.json"
ON_WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if ON_WINDOWS else "bin")
USAGE = """\
usage: python3 bootstrap.py demo [ARGUMENT...]    try traymail here, without an account
       python3 bootstrap.py test [--fast] [--require-desktop] [PYTEST ARGUMENT...]
       python3 bootstrap.py bench [NAME...]       measure it side by side with its peers
       python3 bootstrap.py pictures [FOLDER [NAME...]]   take pictures of its windows
       python3 bootstrap.py pictures --readme     ... of those that the READMEs show

--fast leaves out tests/gui, tests/faults and tests/integration.
--require-desktop fails a test that misses a piece of the desktop, instead of skipping it.
"""
SLOW_TESTS = ("tests/gui", "tests/faults", "tests/integration")
CHECKS = (
    ("ruff check", ("ruff", "check", "--quiet", ".")),
    ("ruff format", ("ruff", "format", "--check", "--quiet", ".")),
    ("mypy", ("mypy",)),
    ("lint-imports", ("lint-imports", "--no-logo")),
)

# What the tests start, and the Debian packages that bring it. gnome-keyring wants some session
# bus; dbus-x11 is the one that does not bring systemd along.
TEST_PROGRAMS = {
    "dbus-daemon": ("dbus",),
    "gnome-keyring-daemon": ("gnome-keyring", "dbus-x11"),
    "Xvfb": ("xvfb",),
    "openbox": ("openbox",),
    "xfce4-panel": ("xfce4-panel",),
    "xdotool": ("xdotool",),
    "postfix": ("postfix",),
    "dovecot": ("dovecot-core",),
    "xauth": ("xauth",),
    "xprop": ("x11-utils",),
    "import": ("imagemagick",),
    "dunst": ("dunst",),
    "/usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd": ("xfce4-notifyd",),
    "desktop-file-validate": ("desktop-file-utils",),
}
TEST_FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"

# The mail servers are for the tests to start on ports of their own: none is configured, none runs.
APT = """\
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap "rm -f $policy" EXIT
    printf '#!/bin/sh\\nexit 101\\n' > $policy
    chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections || true
apt-get -qq update || true
told=$(apt-get -qq -y --no-install-recommends install "$@" 2>&1) || { echo "$told" >&2; exit 1; }
"""


class Key(NamedTuple):
    """What a set-up depends on: a new `python` asks for another, a new `project` for an install."""

    python: str
    project: str


def say(line: str) -> None:
    """Tell progress on standard error; standard output belongs to the program that follows."""
    print(line, file=sys.stderr, flush=True)


def fail(line: str) -> NoReturn:
    """End with one clear line."""
    say(line)
    raise SystemExit(1)


# --- Which Python -----------------------------------------------------------------------------


def old_python_hint(version: tuple[int, ...], newer: str | None) -> str | None:
    """Return what to tell the user of a Python that is too old, None for one that fits."""
    if version[:2] >= OLDEST:
        return None
    way_out = (
        f"Run it with the newer one that is here: {newer} bootstrap.py"
        if newer
        else "Install a newer one: apt, dnf or brew install python3.11 (or later), or python.org"
    )
    needs, found = (".".join(str(part) for part in which[:2]) for which in (OLDEST, version))
    return f"traymail needs Python {needs} or newer; this is {found}.\n{way_out}"


def newer_python() -> str | None:
    """Return the newest fitting Python on PATH by its usual name, None where there is none."""
    names = (f"python3.{minor}" for minor in range(20, OLDEST[1] - 1, -1))
    return next((name for name in names if shutil.which(name)), None)


def base_python() -> str:
    """Return the interpreter outside any virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


# --- The packages of the system ---------------------------------------------------------------


def python_packages(wanted: tuple[str, ...]) -> list[str]:
    """Return the Debian packages that this Python lacks of `wanted` ("venv", "tk")."""
    python = base_python()
    if sys.base_prefix != "/usr":  # one from elsewhere brings its own, or can't use Debian's
        return []
    is_default = python == os.path.realpath("/usr/bin/python3")
    name = "python3" if is_default else Path(python).name
    proofs = {"venv": "ensurepip", "tk": "tkinter"}
    return [f"{name}-{part}" for part in wanted if find_spec(proofs[part]) is None]


def program_packages(search_path: str | None = None) -> list[str]:
    """Return the Debian packages of the programs the tests start and that are not on the path."""
    path = search_path or os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    missing = [name for name in TEST_PROGRAMS if shutil.which(name, path=path) is None]
    return [package for name in missing for package in TEST_PROGRAMS[name]]


def font_packages() -> list[str]:
    """Return the Debian package of the font that Chinese windows are measured with, if missing."""
    return [] if Path(TEST_FONT).exists() else ["fonts-noto-cjk"]


def packages_of_tests() -> list[str]:
    """Return the Debian packages that the tests need and that are missing."""
    return [*python_packages(("tk",)), *program_packages(), *font_packages()]


def apt_line(packages: list[str]) -> str:
    """Return the command with which the user installs `packages`."""
    return "sudo apt-get install --no-install-recommends " + " ".join(packages)


def install_packages(packages: list[str]) -> bool:
    """Install Debian `packages` as root or by a sudo that asks nothing, or say how to."""
    if not packages:
        return True
    may = _may_install()
    if may is None:
        say("Missing here; on Debian and Ubuntu install it with:\n  " + apt_line(packages))
        return False
    say("Installing with apt: " + " ".join(packages))
    if subprocess.call([*may, "sh", "-c", APT, "apt", *packages], stdin=subprocess.DEVNULL):
        say("apt could not; install it with:\n  " + apt_line(packages))
        return False
    return True


def _may_install() -> list[str] | None:
    """Return what to put before a command that installs; None for a user who may not."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    asks = not sudo or subprocess.call([sudo, "-n", "true"], stderr=subprocess.DEVNULL)
    return None if asks else ["sudo", "-n"]


# --- The virtual environment ------------------------------------------------------------------


def current_key(root: Path, python: str) -> Key:
    """Return what the set-up of `root` with the interpreter `python` depends on, hashed."""
    catalogues = sorted((root / "traymail" / "locale").rglob("*.po"))
    project = hashlib.sha256()
    for source in [root / "pyproject.toml", root / "hatch_build.py", *catalogues]:
        # The modules of an editable install need no new install, the compiled catalogues do.
        project.update(hashlib.sha256(source.read_bytes()).digest())
    # The scripts of a virtual environment hold the folder they were made in. It serves any build
    # of the same 3.x; python3-venv, installed on the way, may bring a newer one.
    identity = "\n".join([python, str(sys.implementation.cache_tag), str(root)])
    return Key(hashlib.sha256(identity.encode()).hexdigest(), project.hexdigest())


def read_stamp(stamp: Path) -> dict[str, object]:
    """Return what the last finished set-up left; {} where none was finished."""
    try:
        found = json.loads(stamp.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def fits(stamp: dict[str, object], key: Key, *, dev: bool) -> bool:
    """Tell whether a set-up with this stamp serves: same key, and the test tools when `dev`."""
    return (
        stamp.get("python") == key.python
        and stamp.get("project") == key.project
        and (stamp.get("dev") is True or not dev)
    )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`; wait for another set-up that has it."""
    with path.open("a+b") as file:
        waits = False
        while not _try_lock(file.fileno()):
            if not waits:
                say("Another set-up is at work here; waiting for it.")
            waits = True
            Event().wait(0.2)
        yield  # closing the file gives the lock back


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def dev_requirements(root: Path) -> list[str]:
    """Return the test tools named in pyproject.toml: the pip of Debian 12 can't read groups."""
    import tomllib

    with (root / "pyproject.toml").open("rb") as file:
        group = tomllib.load(file)["dependency-groups"]["dev"]
    return [str(requirement) for requirement in group]


def set_up(*, dev: bool) -> None:
    """Make the virtual environment fit: at once when it does, else made or installed anew."""
    key = current_key(ROOT, base_python())
    if fits(read_stamp(STAMP), key, dev=dev):
        return
    try:
        with locked(ROOT / ".venv.lock"):
            stamp = read_stamp(STAMP)  # another set-up may just have finished
            if not fits(stamp, key, dev=dev):
                keep = stamp.get("python") == key.python
                _build(key, dev=dev or (keep and stamp.get("dev") is True), keep=keep)
    except OSError as problem:
        fail(f"Setting up in {ROOT} failed: {problem}")


def _build(key: Key, *, dev: bool, keep: bool) -> None:
    STAMP.unlink(missing_ok=True)  # so that an interrupted set-up is known for one
    started = time.monotonic()
    say(f"Setting up {VENV} ...")
    if not keep and VENV.exists():
        shutil.rmtree(VENV)
    wanted = ["--editable", str(ROOT), *(dev_requirements(ROOT) if dev else [])]
    if not (_install_with_uv(wanted) or _install_with_pip(wanted)):
        fail("Setting up failed for the reason above. Once it is gone, run the same command again.")
    STAMP.write_text(json.dumps({**key._asdict(), "dev": dev}), "utf-8")
    say(f"Set up in {time.monotonic() - started:.1f} s.")


def _install_with_uv(wanted: list[str]) -> bool:
    uv = shutil.which("uv")
    if uv is None:
        return False
    made = VENV.exists() or not subprocess.call(
        [uv, "venv", "--quiet", "--no-project", "--python", base_python(), str(VENV)]
    )
    pip = [uv, "pip", "install", "--quiet", "--python", str(VENV)]
    return made and not subprocess.call([*pip, *wanted])


def _install_with_pip(wanted: list[str]) -> bool:
    has_pip = any(BIN.glob("pip*"))  # uv makes environments without it
    if not has_pip and not install_packages(python_packages(("venv",))):
        return False
    if not has_pip and subprocess.call([base_python(), "-m", "venv", str(VENV)]):
        return False
    python = str(BIN / "python")
    pip = [python, "-m", "pip", "-qq", "--disable-pip-version-check", "install"]
    return not subprocess.call([*pip, *wanted])


# --- The commands -----------------------------------------------------------------------------


def demo(arguments: list[str]) -> int:
    """Run the demonstration."""
    set_up(dev=False)
    return _become([str(BIN / "traymail"), "demo", *arguments])


def bench(arguments: list[str]) -> int:
    """Measure, and print the table."""
    install_packages(packages_of_tests())
    set_up(dev=True)
    os.chdir(ROOT)
    return _become([str(BIN / "python"), "-m", "tests.bench", *arguments])


def pictures(arguments: list[str]) -> int:
    """Take pictures of the windows, on a display of their own."""
    arguments = picture_arguments(arguments)
    install_packages(packages_of_tests())
    set_up(dev=True)
    os.chdir(ROOT)
    return _become([str(BIN / "python"), "-m", "tests.gui.pictures", *arguments])


def picture_arguments(arguments: list[str]) -> list[str]:
    """Return them with a folder that means the same in another folder."""
    if not arguments or arguments[0].startswith("-"):
        return arguments
    return [str(Path(arguments[0]).resolve()), *arguments[1:]]


def test(arguments: list[str]) -> int:
    """Run every check and the tests, also after one has failed; pytest speaks last."""
    own = {"--fast", "--require-desktop"}
    fast = "--fast" in arguments
    passed_on = [argument for argument in arguments if argument not in own]
    if "--require-desktop" in arguments:
        passed_on.append("--require-desktop")
    if fast:
        passed_on += [f"--ignore={folder}" for folder in SLOW_TESTS]
    else:
        install_packages(packages_of_tests())
    set_up(dev=True)
    failed = []
    table = []
    for name, command in CHECKS:
        started = time.monotonic()
        status = _run(command)
        word = "failed" if status else "ok"
        table.append(f"{name:14} {word:8} {time.monotonic() - started:5.1f} s")
        failed += [name] * bool(status)
    print("\n".join(["", *table, ""]), flush=True)
    status = _run(("pytest", *passed_on))
    if failed:
        say("Failed before the tests: " + ", ".join(failed))
    return status or bool(failed)


def _run(command: tuple[str, ...]) -> int:
    return subprocess.call([str(BIN / command[0]), *command[1:]], cwd=ROOT)


def _become(command: list[str]) -> int:
    if not ON_WINDOWS:  # exec there returns to the prompt at once
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    return subprocess.call(command)


def main(arguments: list[str]) -> int:
    """Run the named command."""
    hint = old_python_hint(sys.version_info[:2], newer_python())
    if hint:
        fail(hint)
    commands = {"demo": demo, "test": test, "bench": bench, "pictures": pictures}
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(USAGE, end="")
        return 0 if arguments else 64
    if arguments[0] not in commands:
        say(f"Unknown command: {arguments[0]}\n{USAGE}")
        return 64
    try:
        return commands[arguments[0]](arguments[1:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
