"""Set traymail up in this checkout and run it: `python3 bootstrap.py demo`, `test`, `bench` ...

Standard library only. The syntax stays that of Python 3.8, so that an old Python prints what to do.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import NamedTuple, NoReturn

OLDEST = (3, 11)
# <linux/prctl.h>
PR_SET_CHILD_SUBREAPER = 36
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "traymail-stamp.json"
ON_WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if ON_WINDOWS else "bin")
# What npm installs for the tests is kept here between runs.
NODE = ROOT / ".node"
NODE_PACKAGES = ROOT / "tests" / "support" / "node" / "package.json"
USAGE = """\
usage: python3 bootstrap.py demo [ARGUMENT...]    try traymail here, without an account
       python3 bootstrap.py test [--fast] [--require-desktop] [--packages] [--windows]
                                 [PYTEST ARGUMENT...]
       python3 bootstrap.py bench [NAME...]       measure it side by side with its peers
       python3 bootstrap.py pictures [FOLDER [NAME...]]   take pictures of all its windows
       python3 bootstrap.py pictures --readme     ... of those that the READMEs show
       python3 bootstrap.py pictures --windows [FOLDER [NAME...]]   ... of all, under Wine
       python3 bootstrap.py pictures --windows --readme   ... of the READMEs', under Wine
       python3 bootstrap.py package [NAME...]     build packages into dist/; all of them by default
       python3 bootstrap.py release [COMMAND]     a step to a release; alone, it lists them

--fast leaves out tests/gui, tests/faults and tests/integration.
--require-desktop fails a test that misses a piece of the desktop, instead of skipping it.
--packages also installs, uses and removes the packages, as root: in bare Debians and under Wine.
--windows also runs what is to run on Windows: under Wine, with Python for Windows, both in .wine/.
Several tests run at a time; given arguments, pytest runs them as it does by itself.
"""
RUNS_APART = {"--packages": "tests/packages", "--windows": "tests/windows"}
SLOW_TESTS = ("tests/gui", "tests/faults", "tests/integration")
CHECKS = (
    ("ruff check", ("ruff", "check", "--quiet", ".")),
    ("ruff format", ("ruff", "format", "--check", "--quiet", ".")),
    ("mypy", ("mypy",)),
    *(
        # What follows an early return for one system is not reached there: that is meant.
        (
            f"mypy {system}",
            (
                *("mypy", "--platform", system, "--no-warn-unreachable"),
                *("--cache-dir", f".mypy_cache/{system}", "traymail"),
            ),
        )
        for system in ("win32", "darwin")
    ),
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
    # What runs a service of OAuth2, and installs it.
    "node": ("nodejs",),
    "npm": ("npm",),
    "xauth": ("xauth",),
    "xprop": ("x11-utils",),
    "import": ("imagemagick",),
    "dunst": ("dunst",),
    "tint2": ("tint2",),
    "xrandr": ("x11-xserver-utils",),
    "/usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd": ("xfce4-notifyd",),
    "desktop-file-validate": ("desktop-file-utils",),
    "gio": ("libglib2.0-bin",),
    "xdg-mime": ("xdg-utils",),
    "man": ("man-db",),
    "mandoc": ("mandoc",),
    "zsh": ("zsh",),
    "fish": ("fish",),
    # What mails by sendmail.
    "git": ("git",),
    "cron": ("cron",),
    "bsd-mailx": ("bsd-mailx",),
    "mutt": ("mutt",),
    "sudo": ("sudo",),
}
# ... and what those of the packages start.
PACKAGE_PROGRAMS: dict[str, tuple[str, ...]] = {
    "debootstrap": ("debootstrap",),
    "lintian": ("lintian",),
    "nsenter": ("util-linux",),
    "makensis": ("nsis",),
    "ip": ("iproute2",),
}
TEST_FILES = {
    "/usr/lib/git-core/git-send-email": "git-email",
    "/usr/share/perl5/Mail/Address.pm": "libmailtools-perl",
    "/usr/lib/dovecot/submission": "dovecot-submissiond",
    # The font that Chinese windows are measured with.
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc": "fonts-noto-cjk",
    # GTK's icon, for panels that know no other.
    "/usr/lib/python3/dist-packages/gi/__init__.py": "python3-gi",
    "/usr/lib/x86_64-linux-gnu/girepository-1.0/Gtk-3.0.typelib": "gir1.2-gtk-3.0",
}
# What `test --windows` needs besides.
WINDOWS_PROGRAMS = {"wine": ("wine", "wine64"), "osslsigncode": ("osslsigncode",)}
WINDOWS_FILES = {
    "/usr/share/i18n/locales/zh_CN": "locales",
    # The signs on the buttons of title bars.
    "/usr/share/wine/fonts/marlett.ttf": "fonts-wine",
}

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
# Another apt may be at work, as that of the updates at night: it is waited for.
told=$(apt-get -o DPkg::Lock::Timeout=600 -qq -y --no-install-recommends install "$@" 2>&1) || {
    echo "$told" >&2
    exit 1
}
"""


# So long an interrupted command may tidy up (pytest-xdist tells its workers after 5 s), and so long
# what it leaves may end by itself.
PATIENCE_SECONDS = 15.0
LAST_SECONDS = 2.0


class Interrupted(BaseException):
    """A signal asks for the end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


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


# --- Commands, and their end ------------------------------------------------------------------


def heed_signals() -> None:
    """Let signals that ask for the end raise Interrupted, and orphans become children of ours."""

    def interrupt(number: int, _frame: object) -> NoReturn:
        raise Interrupted(number)

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, interrupt)  # under nohup, it is not to end anything
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def call(command: list[str], cwd: Path | None = None, stdin: int | None = None) -> int:
    """Run a command and return its exit status; interrupted, end it and all that it started."""
    child = subprocess.Popen(command, cwd=cwd, stdin=stdin)
    try:
        return _status_of(child)
    except Interrupted as end:
        try:
            # Ctrl+C reaches the whole group; asked a second time, pytest would not tidy up.
            if not (end.number == signal.SIGINT and _in_foreground()):
                child.send_signal(signal.SIGTERM if ON_WINDOWS else signal.SIGINT)
            child.wait(PATIENCE_SECONDS)
        except (Interrupted, subprocess.TimeoutExpired):
            pass
        finally:
            _end_descendants()
        raise


def _status_of(child: subprocess.Popen[bytes]) -> int:
    """Wait for a child; of the orphans that have come to us, none stays a zombie meanwhile."""
    if ON_WINDOWS:
        return child.wait()
    while child.returncode is None:
        pid, status = os.waitpid(-1, 0)
        if pid == child.pid:
            child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode


def _in_foreground() -> bool:
    """Tell whether a terminal's keys come to us."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except (OSError, AttributeError):
        return False


def _end_descendants() -> None:
    """End all that was started from here and still runs, in whatever session or group it is."""
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        deadline = time.monotonic() + LAST_SECONDS
        while _descendants() and time.monotonic() < deadline:
            for pid in _descendants():
                with suppress(OSError):
                    os.kill(pid, number)
            Event().wait(0.05)
            _reap()


def _descendants() -> list[int]:
    """Return the processes that come from this one, dead ones left out; Linux tells them."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = stat.read_text("ascii", "replace").rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(stat.parent.name)] = int(parent)
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found - {os.getpid()})


def _reap() -> None:
    with suppress(OSError, AttributeError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


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


def program_packages(
    search_path: str | None = None, programs: dict[str, tuple[str, ...]] = TEST_PROGRAMS
) -> list[str]:
    """Return the Debian packages of the `programs` that are not on the path."""
    path = search_path or os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    missing = [name for name in programs if shutil.which(name, path=path) is None]
    return [package for name in missing for package in programs[name]]


def packages_of_windows() -> list[str]:
    """Return the Debian packages that the tests of Windows need and that are missing."""
    return [*program_packages(programs=WINDOWS_PROGRAMS), *file_packages(WINDOWS_FILES)]


def file_packages(files: dict[str, str] = TEST_FILES) -> list[str]:
    """Return the Debian packages of the `files` that are missing."""
    return [package for file, package in files.items() if not Path(file).exists()]


def packages_of_tests() -> list[str]:
    """Return the Debian packages that the tests need and that are missing."""
    return [*python_packages(("tk",)), *program_packages(), *file_packages()]


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
    if call([*may, "sh", "-c", APT, "apt", *packages], stdin=subprocess.DEVNULL):
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


def install_node_packages(folder: Path = NODE, wanted: Path = NODE_PACKAGES) -> bool:
    """Let npm install what the tests want of it, unless that is there; or say what is missing."""
    stamp = folder / "package.json"
    if stamp.exists() and stamp.read_bytes() == wanted.read_bytes():
        return True
    npm = shutil.which("npm")
    if npm is None:
        say("Missing here: npm, which brings a service of OAuth2 for the tests.")
        return False
    say(f"Installing into {folder} with npm ...")
    making = folder.with_name(folder.name + ".part")  # so that an interrupted one is none
    for old in (folder, making):
        shutil.rmtree(old, ignore_errors=True)
    making.mkdir()
    shutil.copyfile(str(wanted), str(making / "package.json"))
    options = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--silent"]
    if call([npm, "install", *options, "--prefix", str(making)], stdin=subprocess.DEVNULL):
        say(f"npm could not install what {wanted} names.")
        return False
    making.rename(folder)
    return True


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
    made = VENV.exists() or not call(
        [uv, "venv", "--quiet", "--no-project", "--python", base_python(), str(VENV)]
    )
    pip = [uv, "pip", "install", "--quiet", "--python", str(VENV)]
    return made and not call([*pip, *wanted])


def _install_with_pip(wanted: list[str]) -> bool:
    has_pip = any(BIN.glob("pip*"))  # uv makes environments without it
    if not has_pip and not install_packages(python_packages(("venv",))):
        return False
    if not has_pip and call([base_python(), "-m", "venv", str(VENV)]):
        return False
    python = str(BIN / "python")
    pip = [python, "-m", "pip", "-qq", "--disable-pip-version-check", "install"]
    return not call([*pip, *wanted])


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
    if "--windows" in arguments:
        install_packages(packages_of_windows())
    arguments = picture_arguments(arguments)
    install_packages(packages_of_tests())
    set_up(dev=True)
    os.chdir(ROOT)
    return _become([str(BIN / "python"), "-m", "tests.gui.pictures", *arguments])


def package(arguments: list[str]) -> int:
    """Build packages into dist/."""
    set_up(dev=True)
    os.chdir(ROOT)
    return _become([str(BIN / "python"), "-m", "installer", *arguments])


def release(arguments: list[str]) -> int:
    """Do one of the steps to a release."""
    set_up(dev=True)
    os.chdir(ROOT)
    return _become([str(BIN / "python"), "-m", "installer.release", *arguments])


def picture_arguments(arguments: list[str]) -> list[str]:
    """Return them with a folder that means the same in another folder."""
    at = int(arguments[:1] == ["--windows"])
    if not arguments[at:] or arguments[at].startswith("-"):
        return arguments
    return [*arguments[:at], str(Path(arguments[at]).resolve()), *arguments[at + 1 :]]


def test(arguments: list[str]) -> int:
    """Run every check and the tests, also after one has failed; pytest speaks last."""
    if "--fast" not in arguments:
        of_packages = program_packages(programs=PACKAGE_PROGRAMS)
        wanted = of_packages if "--packages" in arguments else []
        with_wine = {"--packages", "--windows"} & set(arguments)
        wanted += packages_of_windows() if with_wine else []
        install_packages([*packages_of_tests(), *wanted])
        install_node_packages()
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
    if "--windows" in arguments and not packages_of_windows():
        failed += ["setting Windows up"] * bool(_run(("python", "-m", "tests.support.wine")))
    statuses = [_run(("pytest", *run)) for run in pytest_runs(arguments)]
    status = next(filter(None, statuses), 0)
    if failed:
        say("Failed before the tests: " + ", ".join(failed))
    return status or bool(failed)


def pytest_runs(arguments: list[str]) -> list[list[str]]:
    """Return the arguments of each pytest that `test` runs."""
    own = {"--fast", "--require-desktop", *RUNS_APART}
    given = [argument for argument in arguments if argument not in own]
    more = [argument for argument in arguments if argument == "--require-desktop"]
    left_out = [f"--ignore={folder}" for folder in SLOW_TESTS] if "--fast" in arguments else []
    runs = [[*(given or shared_out()), *more, *left_out]]
    for option in (one for one in RUNS_APART if one in arguments):
        if given:
            runs[0].append(option)
        else:  # these follow one another, and are not shared out
            runs.append([RUNS_APART[option], *more, option])
    return runs


def shared_out() -> list[str]:
    """Return pytest's arguments that share the tests out to several processes: most only wait."""
    return [f"--numprocesses={min((os.cpu_count() or 1) + 1, 4)}", "--dist=worksteal"]


def _run(command: tuple[str, ...]) -> int:
    return call([str(BIN / command[0]), *command[1:]], cwd=ROOT)


def _become(command: list[str]) -> int:
    if not ON_WINDOWS:  # exec there returns to the prompt at once
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    return subprocess.call(command)


def main(arguments: list[str]) -> int:
    """Run the named command."""
    hint = old_python_hint(sys.version_info[:2], newer_python())
    if hint:
        fail(hint)
    commands = {
        "demo": demo,
        "test": test,
        "bench": bench,
        "pictures": pictures,
        "package": package,
        "release": release,
    }
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(USAGE, end="")
        return 0 if arguments else 64
    if arguments[0] not in commands:
        say(f"Unknown command: {arguments[0]}\n{USAGE}")
        return 64
    heed_signals()
    try:
        return commands[arguments[0]](arguments[1:])
    except Interrupted as end:
        _end_descendants()
        return 128 + end.number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
