"""The package for Debian: one file that apt installs on Debian 12 and 13, for amd64.

It has the form of a virtual environment, /usr/lib/traymail, whose Python is Debian's own: that
brings Tk with Debian's fonts, GTK for the icon in old panels, and the security updates of Python.
Wheels of the Python Package Index lie in it for the Python of either release; Python itself looks
into the folder of its version. What is the same for both stands once, named by a .pth file.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import format_datetime
from importlib.metadata import Distribution, distributions
from itertools import pairwise
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

import traymail
from installer import man, wheel
from traymail.cli.housekeeping import SHELLS

PYTHONS = {"3.11": "3.12", "3.13": "3.14"}
"""The Pythons of Debian 12 and 13, each with the first one that is too new for its wheels."""
GLIBC = "x86_64-manylinux_2_36"
"""Debian 12's; Debian 13 has a newer one, which takes the same wheels."""

HERE = Path(__file__).parent
DRAWN = wheel.ROOT / "icons" / "drawn"
HOME = "usr/lib/traymail"
COMPLETIONS = {
    "bash": "usr/share/bash-completion/completions/traymail",
    "zsh": "usr/share/zsh/vendor-completions/_traymail",
    "fish": "usr/share/fish/vendor_completions.d/traymail.fish",
}
# Debian forbids these texts in full where the system has them.
_COMMON_LICENSES = {
    "GNU LESSER GENERAL PUBLIC LICENSE": "LGPL-3",
    "GNU GENERAL PUBLIC LICENSE": "GPL-3",
    "Apache License": "Apache-2.0",
}
_LICENSE = re.compile("(?i)licen[sc]e|copying|notice")
_NOT_OURS = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json"}


def build(dist: Path, *, compressor: str = "xz") -> list[Path]:
    """Build the package into `dist`; return its path. Raises CalledProcessError.

    `compressor` is one of dpkg-deb's; gzip is quick.
    """
    moment = man.built_at(os.environ.get("SOURCE_DATE_EPOCH"))
    with TemporaryDirectory(prefix="traymail-deb-") as folder:
        root = Path(folder, "root")
        root.mkdir(mode=0o755)
        _programs(root, Path(folder, "wheel"))
        _shares(root, moment)
        _control(root)
        for path in [root, *root.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or _is_program(path) else 0o644)
        built = dist / f"traymail_{debian_version(traymail.__version__)}_amd64.deb"
        command = ["dpkg-deb", "--root-owner-group", f"-Z{compressor}"]
        command += ["--build", str(root), str(built)]
        environ = {**os.environ, "SOURCE_DATE_EPOCH": str(int(moment.timestamp()))}
        subprocess.run(command, check=True, env=environ, stdout=subprocess.DEVNULL)
    return [built]


def _is_program(path: Path) -> bool:
    return path.read_bytes()[:2] == b"#!" and os.access(path, os.X_OK)


def debian_version(version: str) -> str:
    """Return how Debian writes a version: what comes before a release sorts before it."""
    return re.sub(r"(a|b|rc)(?=\d)", r"~\1", version.replace(".dev", "~~dev"))


# --- /usr/lib/traymail and /usr/bin ---------------------------------------------------------------


def _programs(root: Path, wheels: Path) -> None:
    home = root / HOME
    wheels.mkdir()
    ours = wheel.build(wheels)[0]
    folders = {version: _packages(home / "lib", version, ours) for version in PYTHONS}
    for folder in folders.values():
        _prune(folder)
    shared = home / "lib" / "python3" / "site-packages"
    _share(list(folders.values()), shared)
    for folder in folders.values():
        (folder / "traymail.pth").write_text("../../python3/site-packages\n", "utf-8")
    # https://docs.python.org/3/library/venv.html: what makes it one.
    settings = "home = /usr/bin\ninclude-system-site-packages = true\n"
    (home / "pyvenv.cfg").write_text(settings, "utf-8")
    (home / "bin").mkdir()
    (home / "bin" / "python3").symlink_to("../../../bin/python3")
    (root / "usr/bin").mkdir()
    for name, module, function in _commands(shared):
        script = home / "bin" / name
        # -s: what a user installed for themselves stays out of it.
        lines = (f"#!/{HOME}/bin/python3 -s", "import sys", f"from {module} import {function}")
        script.write_text("\n".join([*lines, f"sys.exit({function}())", ""]), "utf-8")
        script.chmod(0o755)
        (root / "usr/bin" / name).symlink_to(f"../lib/traymail/bin/{name}")


def _packages(lib: Path, version: str, ours: Path) -> Path:
    """Install traymail and what it needs for one Python; return the folder."""
    folder = lib / f"python{version}" / "site-packages"
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-config"]
    command += ["--python", sys.executable, "--python-version", version]
    command += ["--python-platform", GLIBC, "--only-binary", ":all:", "--link-mode", "copy"]
    subprocess.run([*command, "--target", str(folder), str(ours)], check=True)
    return folder


def _prune(folder: Path) -> None:
    """Remove what other systems need, the commands of others, and documents."""
    libraries = set((folder / "tkinterdnd2" / "tkdnd").iterdir())
    others = libraries - {folder / "tkinterdnd2" / "tkdnd" / "linux-x64"}
    for unwanted in (folder / "bin", folder / "aiosmtpd" / "docs", *others):
        shutil.rmtree(unwanted)
    (folder / ".lock").unlink(missing_ok=True)


def _share(folders: list[Path], shared: Path) -> None:
    """Move each distribution that is the same in all `folders` to `shared`."""
    first, *others = folders
    shared.mkdir(parents=True)
    for distribution in distributions(path=[str(first)]):
        files = _files(distribution)
        if all(_same(first / file, other / file) for file in files for other in others):
            for file in files:
                (shared / file).parent.mkdir(parents=True, exist_ok=True)
                (first / file).rename(shared / file)
                for other in others:
                    (other / file).unlink()
    for folder in (shared, *folders):
        for info in folder.glob("*.dist-info"):
            for name in _NOT_OURS:
                (info / name).unlink(missing_ok=True)
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()


def _files(distribution: Distribution) -> list[str]:
    """Return the files of a distribution that are there, relative to its folder."""
    files = [str(file) for file in distribution.files or ()]
    return [file for file in files if Path(str(distribution.locate_file(file))).is_file()]


def _same(one: Path, other: Path) -> bool:
    # Where it came from and what was installed differs, and is not packed.
    if one.name in _NOT_OURS:
        return other.exists()
    return other.is_file() and one.read_bytes() == other.read_bytes()


def _commands(shared: Path) -> Iterator[tuple[str, str, str]]:
    """Yield each command of traymail: its name, and the function behind it."""
    (ours,) = distributions(name="traymail", path=[str(shared)])
    for entry in ours.entry_points.select(group="console_scripts"):
        yield entry.name, entry.module, entry.attr


# --- /usr/share -----------------------------------------------------------------------------------


def _shares(root: Path, moment: datetime) -> None:
    share = root / "usr/share"
    for entry in (wheel.ROOT / "traymail/desktop/traymail.desktop", HERE / "zz-traymail.desktop"):
        _copy(entry, share / "applications")
    for icon in sorted(DRAWN.glob("traymail-*.png")):
        size = icon.stem.removeprefix("traymail-")
        _copy(icon, share / f"icons/hicolor/{size}x{size}/apps", "traymail.png")
    _copy(wheel.ROOT / "icons/traymail.svg", share / "icons/hicolor/scalable/apps")
    _copy(HERE / "traymail.service", root / "usr/lib/systemd/system")
    _copy(HERE / "debian/rtupdate", share / "python3/runtime.d", "traymail.rtupdate").chmod(0o755)
    _copy(HERE / "debian/lintian-overrides", share / "lintian/overrides", "traymail")
    _copy(HERE / "sendmail", root / HOME).chmod(0o755)
    for page in man.write(share / "man", moment.date()):
        _pack(page)
        page.with_name("traymail-sendmail.1.gz").symlink_to(f"{page.name}.gz")
    for shell in SHELLS:
        file = root / COMPLETIONS[shell]
        file.parent.mkdir(parents=True)
        command = [sys.executable, "-m", "traymail", "completion", shell]
        file.write_bytes(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    documents = share / "doc/traymail"
    _copy(wheel.ROOT / "README.md", documents)
    _copy(wheel.ROOT / "README.zh-CN.md", documents)
    for name in ("oauth.md", "oauth.zh-CN.md"):
        _copy(wheel.ROOT / "docs" / name, documents / "docs")
    _copy(HERE / "README.md", documents, "README.Debian")
    _pack(_copy(wheel.ROOT / "CHANGELOG.md", documents, "NEWS.upstream"))
    version = (
        f"traymail ({debian_version(traymail.__version__)}) unstable; urgency=medium\n\n"
        "  * What is new: NEWS.upstream.gz beside this file.\n\n"
        f" -- {_maintainer()}  {format_datetime(moment)}\n"
    )
    (documents / "changelog").write_text(version, "utf-8")
    _pack(documents / "changelog")
    folders = sorted((root / HOME / "lib").glob("*/site-packages"))
    (documents / "copyright").write_text("\n".join(_copyright(folders)), "utf-8")


def _copy(source: Path, folder: Path, name: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(source, folder / (name or source.name)))


def _pack(file: Path) -> None:
    """Compress a document as Debian wants it, without the hour."""
    file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
    file.unlink()


def _copyright(folders: Iterable[Path]) -> Iterator[str]:
    """Yield the licenses of all that the package brings, ours first."""
    yield "traymail, and what it needs of the Python Package Index.\n"
    yield (wheel.ROOT / "LICENSE").read_text("utf-8")
    infos = {info.name: info for folder in folders for info in folder.glob("*.dist-info")}
    for name in sorted(infos, key=str.lower):
        metadata = Distribution.at(infos[name]).metadata
        if metadata["Name"] == "traymail":
            continue
        fields = ("License-Expression", "License")
        license_ = next((metadata[one] for one in fields if one in metadata), "see below")
        yield f"{'-' * 78}\n{metadata['Name']} {metadata['Version']}: {license_.splitlines()[0]}\n"
        for file in sorted(infos[name].rglob("*")):
            if file.is_file() and _LICENSE.match(file.name):
                yield _license(file.read_text("utf-8", "replace"))


def _license(words: str) -> str:
    for title, name in _COMMON_LICENSES.items():
        if title in words and "TERMS AND CONDITIONS" in words.upper():
            return f"{title}: /usr/share/common-licenses/{name}\n"
    return words


# --- /DEBIAN --------------------------------------------------------------------------------------


def _control(root: Path) -> None:
    size = sum(path.lstat().st_size for path in root.rglob("*") if path.is_file())
    control = root / "DEBIAN"
    control.mkdir()
    facts = {
        "version": debian_version(traymail.__version__),
        "maintainer": _maintainer(),
        "size": str(size // 1024),
        "depends": ", ".join(_depends()),
    }
    template = Template((HERE / "debian/control").read_text("utf-8"))
    (control / "control").write_text(template.substitute(facts), "utf-8")
    for name in ("postinst", "prerm", "postrm"):
        _copy(HERE / "debian" / name, control).chmod(0o755)


def _depends() -> Iterator[str]:
    """Yield what it needs of Debian: a Python between the first and the last, none in a gap."""
    versions = list(PYTHONS)
    yield f"python3 (>= {versions[0]})"
    for lower, upper in pairwise(versions):
        yield f"python3 (<< {PYTHONS[lower]}) | python3 (>= {upper})"
    yield f"python3 (<< {PYTHONS[versions[-1]]})"
    yield "python3-tk"
    # Of the libraries in the wheels: manylinux promises no more than these.
    yield from (
        "libc6 (>= 2.36)",
        "libgcc-s1",
        "libstdc++6 (>= 12)",
        "libx11-6",
        "libxcursor1",
        "passwd",
    )


def _maintainer() -> str:
    name = os.environ.get("DEBFULLNAME", "The traymail authors")
    return f"{name} <{os.environ.get('DEBEMAIL', 'nobody@traymail.invalid')}>"
