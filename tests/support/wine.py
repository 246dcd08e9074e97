"""Wine with Python for Windows and the built traymail in it: set up once, kept in `.wine/`.

`python -m tests.support.wine` sets it up, or makes it fit what has changed since.
"""

from __future__ import annotations

import hashlib
import json
import os
import selectors
import shutil
import struct
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import bootstrap
from installer import wheel
from installer.windows import runtime

FOLDER = bootstrap.ROOT / ".wine"
STAMP = FOLDER / "stamp.json"
SIGNS = Path("/usr/share/wine/fonts/marlett.ttf")
"""The font with the signs on the buttons of title bars."""
PYTHON = r"C:\py\python.exe"
PYTHON_WITHOUT_CONSOLE = r"C:\py\pythonw.exe"
_TOOLS = ("babel", "hypothesis", "pytest>", "pytest-timeout")
_LONGEST_RUN_SECONDS = 120.0
# .NET and the browser engine, which Wine would offer to download; its menu of the desktop.
_WITHOUT = "mscoree,mshtml=;winemenubuilder.exe=d"


@dataclass(frozen=True)
class Wine:
    """One computer with Windows: its C: drive, and the X display that it is on."""

    prefix: Path
    display: Mapping[str, str] = field(default_factory=dict)
    """What programs need to be on an X display; without, they have no windows."""

    @property
    def drive(self) -> Path:
        """The folder that is C: there."""
        return self.prefix / "drive_c"

    def path(self, local: Path) -> str:
        r"""Return how Windows names a path of this computer: C:\ for its drive, Z:\ for others."""
        with suppress(ValueError):
            return "C:\\" + str(local.relative_to(self.drive)).replace("/", "\\")
        return "Z:" + str(local.absolute()).replace("/", "\\")

    def environment(self) -> dict[str, str]:
        """Return the whole environment of a program there."""
        own = {"PATH": os.environ["PATH"], "HOME": str(self.prefix), "LANG": "C.UTF-8"}
        own |= {"WINEPREFIX": str(self.prefix), "WINEARCH": "win64", "WINEDEBUG": "-all"}
        own |= {"WINEDLLOVERRIDES": _WITHOUT, "PYTHONDONTWRITEBYTECODE": ""}
        return own | dict(self.display)

    def start(
        self, *command: str | Path, env: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a program, in `folder`; its output comes through pipes.

        With a plain file for output, Python under Wine ends with "Invalid handle".
        """
        return subprocess.Popen(
            ["wine", *(self.path(one) if isinstance(one, Path) else one for one in command)],
            env={**self.environment(), **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder or self.drive,
        )

    def run(
        self,
        *command: str | Path,
        given: str = "",
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
        timeout: float = _LONGEST_RUN_SECONDS,
        encoding: str = "utf-8",
    ) -> subprocess.CompletedProcess[str]:
        """Run a program until it ends; what it has started may live on and hold its output."""
        with self.start(*command, env=env, folder=folder) as process:
            try:
                out, err = _outcome(process, given.encode(encoding), timeout)
            finally:
                process.kill()
        texts = (b.decode(encoding, "replace").replace("\r\n", "\n") for b in (out, err))
        return subprocess.CompletedProcess(
            [str(one) for one in command], process.returncode, *texts
        )

    def python(
        self,
        *arguments: str | Path,
        given: str = "",
        env: Mapping[str, str] | None = None,
        timeout: float = _LONGEST_RUN_SECONDS,
    ) -> subprocess.CompletedProcess[str]:
        """Run Python until it ends."""
        return self.run(PYTHON, *arguments, given=given, env=env, timeout=timeout)

    @contextmanager
    def switched_on(self) -> Iterator[Wine]:
        """Keep Windows running until the block ends: else each program would start it anew."""
        first = self.start(PYTHON, "-S", "-u", "-c", "print('on'); input()")
        try:
            # What starts meanwhile might start Windows' own services, which then hold its output.
            assert first.stdout is not None
            assert first.stdout.readline().strip() == b"on", "Windows does not start"
            yield self
        finally:
            self.switch_off()
            with first:
                first.kill()

    @contextmanager
    def desktop(
        self, display: Mapping[str, str], size: str, language: str = "", dpi: int = 96
    ) -> Iterator[Wine]:
        """Run the desktop with its panel and tray until the block ends; `size` as 1280x800.

        `language`, as zh_CN.UTF-8, is that of the system: Wine takes it from these variables.
        `dpi` 192 is 200 %.
        """
        variables = {"LC_ALL": language, "LOCPATH": str(FOLDER / "locale")} if language else {}
        here = replace(self, display={**display, **variables})
        key = r"HKCU\Software\Wine\Explorer"
        here.run("reg", "add", key, "/v", "Desktop", "/d", "shell", "/f")
        here.run("reg", "add", rf"{key}\Desktops", "/v", "shell", "/d", size, "/f")
        scale = r"HKCU\Control Panel\Desktop", "/v", "LogPixels"
        here.run("reg", "add", *scale, "/t", "REG_DWORD", "/d", str(dpi), "/f")
        here.switch_off()
        explorer = here.start("explorer", f"/desktop=shell,{size}")
        try:
            yield here
        finally:
            here.switch_off()
            with explorer:
                explorer.kill()
            self.run("reg", "delete", key, "/v", "Desktop", "/f")
            self.run("reg", "delete", *scale, "/f")
            self.switch_off()

    def switch_off(self) -> None:
        """End all programs of this computer, and no others."""
        for option in ("-k", "-w"):
            with suppress(subprocess.CalledProcessError):
                subprocess.run(["wineserver", option], env=self.environment(), check=True)


def _outcome(process: subprocess.Popen[bytes], given: bytes, timeout: float) -> tuple[bytes, bytes]:
    """Give a program its input, and return what it wrote until it ended.

    Raises TimeoutExpired.
    """
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as stdin:
        stdin.write(given)
    written = {process.stdout: b"", process.stderr: b""}
    deadline = time.monotonic() + timeout
    with selectors.DefaultSelector() as selector:
        for stream in written:
            assert stream is not None
            selector.register(stream, selectors.EVENT_READ, stream)
        ended = False
        while selector.get_map():
            if time.monotonic() > deadline:
                parts = [block.decode("utf-8", "replace") for block in written.values()]
                raise subprocess.TimeoutExpired(process.args, timeout, "\n".join(parts))
            ready = selector.select(0.1)
            if ended and not ready:
                break
            ended = process.poll() is not None
            for key, _ in ready:
                block = os.read(key.fd, 65536)
                written[key.data] += block
                if not block:
                    selector.unregister(key.fileobj)
    process.wait(max(deadline - time.monotonic(), 1.0))
    return written[process.stdout], written[process.stderr]


def copy_tests(computer: Wine) -> None:
    """Copy the tests to its C: drive; traymail itself is the installed one there."""
    copy = computer.drive / "checkout"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    left = shutil.ignore_patterns("__pycache__", "bench", "windows")
    shutil.copytree(bootstrap.ROOT / "tests", copy / "tests", ignore=left)
    words = (file.name for file in bootstrap.ROOT.glob("*.md"))  # tests read them, too
    for name in ("pyproject.toml", "bootstrap.py", *words):
        shutil.copy2(bootstrap.ROOT / name, copy)


# --- Setting up -------------------------------------------------------------------------------


def set_up() -> Wine:
    """Make `.wine/` fit this checkout, and return the computer in it. Raises RuntimeTrouble."""
    FOLDER.mkdir(exist_ok=True)
    computer = Wine(FOLDER / "prefix")
    with bootstrap.locked(FOLDER / "lock"):
        key = _key()
        if bootstrap.read_stamp(STAMP) != {"key": key}:
            bootstrap.say(f"Setting up Windows in {FOLDER} ...")
            STAMP.unlink(missing_ok=True)
            _make(computer)
            STAMP.write_text(json.dumps({"key": key}), "utf-8")
        _install_traymail()
    return computer


def _key() -> str:
    """Return what the set-up depends on, hashed: all but traymail's own modules."""
    digest = hashlib.sha256()
    told = subprocess.run(["wine", "--version"], capture_output=True, check=True).stdout
    for part in (
        told,
        *(Path(file).read_bytes() for file in (__file__, runtime.__file__)),
        (bootstrap.ROOT / "pyproject.toml").read_bytes(),
    ):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def boot(computer: Wine) -> None:
    """Make a computer anew: Windows 10, with nothing installed."""
    computer.switch_off()
    shutil.rmtree(computer.prefix, ignore_errors=True)
    computer.prefix.mkdir()
    for command in (
        ["wineboot", "--init"],
        _set(r"HKCU\Software\Wine", "Version", "win10"),
        # A program that crashes is to end, not to wait for somebody who reads about it.
        _set(r"HKCU\Software\Wine\WineDbg", "ShowCrashDialog", "0", "REG_DWORD"),
    ):
        subprocess.run(
            command,
            env=computer.environment(),
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    computer.switch_off()
    windows = computer.drive / "windows"
    # Debian's Wine finds none of the fonts where Debian's package puts them.
    shutil.copy(SIGNS, windows / "Fonts")
    (windows / "system32" / "bcryptprimitives.dll").write_bytes(
        forwarding_dll("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036")
    )


def _set(key: str, name: str, value: str, kind: str = "REG_SZ") -> list[str]:
    """Return the command that sets a value in the registry."""
    return ["wine", "reg", "add", key, "/v", name, "/t", kind, "/d", value, "/f"]


def _make(computer: Wine) -> None:
    boot(computer)
    runtime.make_runtime(
        computer.drive / "py", wheel.build(FOLDER / "dist")[0], FOLDER, _test_tools()
    )
    make_locale()


def make_locale() -> None:
    """Make the locale that a Chinese Windows begins with."""
    locale = FOLDER / "locale" / "zh_CN.UTF-8"
    locale.parent.mkdir(parents=True, exist_ok=True)
    command = ["localedef", "-i", "zh_CN", "-f", "UTF-8", "--no-archive", str(locale)]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _install_traymail() -> None:
    """Install what this checkout is now; what it requires is there."""
    folder = FOLDER / "dist"
    runtime.install(wheel.build(folder)[0], FOLDER / "prefix" / "drive_c" / "py", again="traymail")


def _test_tools() -> list[str]:
    """Return the requirements of the tests that run there, as pyproject.toml has them."""
    with (bootstrap.ROOT / "pyproject.toml").open("rb") as file:
        group = tomllib.load(file)["dependency-groups"]["dev"]
    return [one for one in group if one.startswith(_TOOLS)]


def forwarding_dll(name: str, function: str, target: str) -> bytes:
    """Return a DLL without code whose one function is another DLL's, as `advapi32.Function`.

    Wine 8 has no bcryptprimitives.dll, which the standard library of Rust takes its random numbers
    from. The layout is that of the specification "PE Format": headers of 512 bytes, and one
    section with the export directory.
    """
    section, alignment, tables = 0x1000, 0x200, 40 + 4 + 4 + 2
    strings = b"".join(text.encode() + b"\0" for text in (name, target, function))
    at = section + tables
    own, forward, label = at, at + len(name) + 1, at + len(name) + len(target) + 2
    directory = struct.pack(
        *("<IIHHIIIIIII", 0, 0, 0, 0, own, 1, 1, 1),
        *(section + 40, section + 44, section + 48),
    )
    exports = directory + struct.pack("<IIH", forward, label, 0) + strings
    machine, is_dll = 0x8664, 0x2022
    coff = struct.pack("<HHIIIHH", machine, 1, 0, 0, 0, 240, is_dll)
    optional = struct.pack(
        "<HBBIIIIIQIIHHHHHHIIIIHHQQQQII",
        *(0x20B, 14, 0, 0, alignment, 0, 0, section, 0x180000000, 0x1000, alignment),
        *(6, 0, 0, 0, 6, 0, 0, 0x2000, alignment, 0, 2, 0x100),
        *(0x100000, 0x1000, 0x100000, 0x1000, 0, 16),
    )
    optional += struct.pack("<II", section, len(exports)) + bytes(15 * 8)
    header = struct.pack(
        *("<8sIIIIIIHHI", b".edata", len(exports), section, alignment, alignment),
        *(0, 0, 0, 0, 0x40000040),
    )
    head = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + coff + optional + header
    return head.ljust(alignment, b"\0") + exports.ljust(alignment, b"\0")


if __name__ == "__main__":
    try:
        set_up()
    except (runtime.RuntimeTrouble, subprocess.CalledProcessError) as problem:
        bootstrap.fail(f"Windows could not be set up: {problem}")
    sys.exit(0)
