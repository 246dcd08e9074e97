"""A Debian of its own below a folder. Its mounts end with its processes, being in a namespace."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.wait import until

ROOT = Path(__file__).parents[2]
# What debootstrap made, and the packages that apt fetched: kept from one run to the next.
CACHE = ROOT / ".chroots"
MIRROR = "http://deb.debian.org/debian"
NEEDED = ("debootstrap", "unshare", "nsenter", "setpriv")
# Where the authorities are, for machines that reach the network through one of their own.
_AUTHORITIES = os.environ.get("SSL_CERT_FILE", "")
_PROXIES = {name: os.environ[name] for name in ("http_proxy", "https_proxy") if name in os.environ}
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Less than a test may take, so that what it said is shown: one builds all, on a busy machine.
_LONGEST_COMMAND_SECONDS = 3000.0

# The first process of the namespace: it mounts, tells that it is ready, and buries the dead.
_FIRST = """\
set -e
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
echo ready
while :; do sleep 3600 & wait $!; done
"""


@dataclass
class Chroot:
    """A running one; every path is one inside of it unless it begins with `root`."""

    root: Path
    first: int
    """The process, seen from outside, whose namespaces commands enter."""

    def command(
        self, *words: str, user: str = "root", env: Mapping[str, str] | None = None
    ) -> list[str]:
        """Return the command line that runs `words` in there."""
        home = "/root" if user == "root" else f"/home/{user}"
        environ = {
            "HOME": home,
            "USER": user,
            "PATH": f"{home}/.local/bin:{_PATH}",
            "LANG": "C.UTF-8",
            "DEBIAN_FRONTEND": "noninteractive",
            **_PROXIES,
            **self._authorities(),
            **(env or {}),
        }
        return [
            *("nsenter", "--target", str(self.first), "--mount", "--pid"),
            *("chroot", str(self.root), "setpriv", "--reuid", user, "--regid", user),
            *("--init-groups", "env", "--ignore-environment", "--chdir", home),
            *(f"{name}={value}" for name, value in environ.items()),
            *words,
        ]

    def run(
        self,
        *words: str,
        user: str = "root",
        env: Mapping[str, str] | None = None,
        status: int = 0,
    ) -> str:
        """Run a command to its end and return what it printed; another `status` fails the test."""
        ended = subprocess.run(
            self.command(*words, user=user, env=env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=_LONGEST_COMMAND_SECONDS,
            check=False,
        )
        assert ended.returncode == status, f"{' '.join(words)}: {ended.returncode}\n{ended.stdout}"
        return ended.stdout

    def install(self, *packages: str) -> str:
        """Install packages or files with apt, without what they only recommend."""
        options = ("-q", "-y", "--no-install-recommends", "--allow-downgrades")
        return self.run("apt-get", *options, "install", *packages)

    def put(self, file: Path, folder: str = "/srv") -> str:
        """Copy a file in for all to read; return its path there."""
        shutil.copyfile(file, self.root / folder.lstrip("/") / file.name)
        return f"{folder}/{file.name}"

    def path(self, inside: str) -> Path:
        """Return the path from outside."""
        return self.root / inside.lstrip("/")

    def _authorities(self) -> dict[str, str]:
        if not _AUTHORITIES:
            return {}
        names = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")
        return dict.fromkeys(names, "/srv/authorities.pem")


@contextmanager
def debian(suite: str) -> Iterator[Chroot]:
    """Run a bare Debian until the block ends, with a user mary; nothing of it is left then."""
    fetched = CACHE / "archives" / suite
    fetched.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"traymail-{suite}-") as folder:
        root = Path(folder, "root")
        _unpack(_base(suite), root)
        archives = root / "var/cache/apt/archives"
        _copy_new(fetched, archives)
        with _namespace(root) as first:
            chroot = Chroot(root, first)
            shutil.copyfile("/etc/resolv.conf", root / "etc/resolv.conf")
            if _AUTHORITIES:
                shutil.copyfile(_AUTHORITIES, chroot.path("/srv/authorities.pem"))
            chroot.run("apt-get", "-q", "update")
            chroot.run("useradd", "--create-home", "--shell", "/bin/bash", "mary")
            yield chroot
        _copy_new(archives, fetched)


def _copy_new(source: Path, target: Path) -> None:
    """Copy Debian packages that are not there yet; another run may do the same at that time."""
    for package in source.glob("*.deb"):
        if not (target / package.name).exists():
            half = target / f"{package.name}.{os.getpid()}"
            shutil.copyfile(package, half)
            half.rename(target / package.name)


def _base(suite: str) -> Path:
    """Return the archive of a bare Debian, made by debootstrap when there is none."""
    archive = CACHE / f"{suite}.tar"
    if not archive.exists():
        with TemporaryDirectory(prefix=f"traymail-{suite}-") as folder:
            command = ["debootstrap", "--variant=minbase", suite, f"{folder}/root", MIRROR]
            made = subprocess.run(command, capture_output=True, text=True, check=False)
            assert made.returncode == 0, made.stdout + made.stderr
            whole = archive.with_suffix(f".{os.getpid()}")
            tar = ["tar", "--numeric-owner", "-C", f"{folder}/root", "-cf", str(whole), "."]
            subprocess.run(tar, check=True)
            whole.rename(archive)
    return archive


def _unpack(archive: Path, root: Path) -> None:
    root.mkdir()
    subprocess.run(["tar", "--numeric-owner", "-C", root, "-xpf", archive], check=True)
    # It need not outlive a power cut; dpkg would wait for the disk, file by file.
    (root / "etc/dpkg/dpkg.cfg.d/quick").write_text("force-unsafe-io\n", "ascii")


@contextmanager
def _namespace(root: Path) -> Iterator[int]:
    """Run the first process of namespaces with the mounts; both end with it, whatever happens."""
    # It dies with us, and all in its namespace of processes with it.
    command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork"]
    command += ["--kill-child", "--propagation", "private"]
    command += ["sh", "-c", _FIRST, "first", str(root)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as outer:
        try:
            assert outer.stdout is not None
            assert outer.stdout.readline() == b"ready\n"
            children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
            yield int(until(lambda: children.read_text("ascii").split())[0])
        finally:
            outer.kill()
