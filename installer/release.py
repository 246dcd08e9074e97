"""`python3 bootstrap.py release COMMAND`: the steps to a release, each to be run by itself.

It becomes `.venv/bin/python -m installer.release COMMAND`, run in the checkout's folder. The
workflow files in .github/workflows/ run the same commands, and CONTRIBUTING.md tells their order.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import bootstrap
from installer import bill
from traymail import __version__

DIST = bootstrap.ROOT / "dist"
CHANGELOG = bootstrap.ROOT / "CHANGELOG.md"
USAGE = """\
usage: python3 bootstrap.py release check [TAG]      do changelog, version and tag agree?
       python3 bootstrap.py release notes            print the changelog of this version
       python3 bootstrap.py release sbom             write what it consists of into dist/
       python3 bootstrap.py release licences         write the licences of it all into dist/
       python3 bootstrap.py release audit [--offline]       look for known holes in it
       python3 bootstrap.py release publish test|real [--dry-run]   upload wheel and archive
       python3 bootstrap.py release page TAG [--dry-run]    make the forge's page, with packages

--offline and --dry-run do what can be done without the network, and say what would be done with it.
"""
UNRELEASED = "Unreleased"
_HEADING = re.compile(r"^## \[([^\]]+)\](?: - (\S+))?$", re.MULTILINE)
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)$")


class ReleaseTrouble(Exception):
    """Why there can be no release, in a line for each reason."""


@dataclass(frozen=True)
class Section:
    """What the changelog says of one version, or of what is not released."""

    title: str
    day: str
    words: str


@dataclass(frozen=True)
class Index:
    """A place that packages are uploaded to, and where it lists those that it has."""

    upload: str
    listing: str


# The steps name them; each has an environment of its name on the forge.
INDEXES = {
    "test": Index("https://test.pypi.org/legacy/", "https://test.pypi.org/simple/"),
    "real": Index("https://upload.pypi.org/legacy/", "https://pypi.org/simple/"),
}


# --- Changelog, version and tag -----------------------------------------------------------------


def sections(changelog: str) -> list[Section]:
    """Return the parts of the changelog, the newest first."""
    found = list(_HEADING.finditer(changelog))
    ends = [*(heading.start() for heading in found[1:]), len(changelog)]
    return [
        Section(heading[1], heading[2] or "", changelog[heading.end() : end].strip())
        for heading, end in zip(found, ends, strict=True)
    ]


def troubles(changelog: str, version: str, tag: str | None) -> list[str]:
    """Return what keeps changelog, version and ``tag`` from agreeing; None: no release is made."""
    parts = sections(changelog)
    released = [one for one in parts if one.title != UNRELEASED]
    found = [
        f"The changelog's [{one.title}] is no version with a date: [1.2.3] - 2026-11-30"
        for one in released
        if not (_VERSION.match(one.title) and _is_day(one.day))
    ]
    if not _VERSION.match(version):
        found.append(f"The version {version} in traymail/__init__.py is not like 1.2.3")
    if found:
        return found
    order = [_number(one.title) for one in released]
    if order != sorted(set(order), reverse=True):
        found.append("The versions in the changelog do not go down from the newest")
    if UNRELEASED in [one.title for one in parts[1:]]:
        found.append(f"[{UNRELEASED}] does not stand first in the changelog")
    if order and _number(version) < order[0]:
        found.append(f"The changelog has {released[0].title}, the version is but {version}")
    return found + (_troubles_of(tag, parts, version) if tag is not None else [])


def _troubles_of(tag: str, parts: Sequence[Section], version: str) -> list[str]:
    found = []
    if tag != f"v{version}":
        found.append(f"The tag {tag} is not that of the version: v{version}")
    waiting = [one for one in parts if one.title == UNRELEASED and one.words]
    if waiting:
        found.append(f"The changelog still has something under [{UNRELEASED}]")
    if version not in [one.title for one in parts]:
        found.append(f"The changelog has nothing under [{version}]")
    return found


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _is_day(words: str) -> bool:
    try:
        return date.fromisoformat(words).isoformat() == words
    except ValueError:
        return False


def check(arguments: list[str]) -> int:
    """Compare changelog and version, with the tag as well when one is given."""
    tag = arguments[0] if arguments else None
    found = troubles(CHANGELOG.read_text("utf-8"), __version__, tag)
    if found:
        raise ReleaseTrouble("\n".join(found))
    print(f"Changelog, version{' and tag' if tag else ''} agree: {__version__}")
    return 0


def notes(_arguments: list[str]) -> int:
    """Print what the changelog says of this version, of what is not released when it has none."""
    print(_notes())
    return 0


def _notes() -> str:
    words = {one.title: one.words for one in sections(CHANGELOG.read_text("utf-8"))}
    found = words.get(__version__) or words.get(UNRELEASED)
    if not found:
        raise ReleaseTrouble(f"The changelog has nothing under [{__version__}]")
    return found


# --- What it consists of ------------------------------------------------------------------------


def sbom(_arguments: list[str]) -> int:
    """Write the bill of materials of what is installed here."""
    return _write(f"{bill.system()}.cdx.json", bill.sbom(bill.parts(), _now()))


def licences(_arguments: list[str]) -> int:
    """Write the licences of what is installed here; every package has to name one."""
    found = bill.parts()
    _write(f"licences-{bill.system()}.txt", bill.licences(found))
    nameless = [one.name for one in found if not one.licence]
    if nameless:
        raise ReleaseTrouble(f"No licence is named by: {', '.join(nameless)}")
    return 0


def _write(name: str, content: str) -> int:
    DIST.mkdir(exist_ok=True)
    file = DIST / f"traymail-{__version__}-{name}"
    file.write_text(content, "utf-8", newline="\n")
    print(f"{DIST.name}/{file.name}")
    return 0


def _now() -> datetime:
    """Return the time of a build; https://reproducible-builds.org/specs/source-date-epoch/."""
    return datetime.fromtimestamp(float(os.environ.get("SOURCE_DATE_EPOCH") or time.time()), UTC)


def audit(arguments: list[str]) -> int:
    """Ask whether holes are known in what traymail needs here."""
    offline = "--offline" in arguments
    with tempfile.TemporaryDirectory(prefix="traymail-audit-") as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text(bill.requirements(bill.parts()), "utf-8")
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(file)]
        # They are those that are installed; nothing is to be resolved anew.
        command += ["--no-deps", "--disable-pip", "--strict", "--progress-spinner", "off"]
        status = subprocess.call([*command, "--dry-run"] if offline else command)
    if offline and not status:
        print("Nobody was asked about holes: that takes the network.")
    return status


# --- Publishing ---------------------------------------------------------------------------------

_UV = (sys.executable, "-m", "uv", "--no-config")


def publish(arguments: list[str]) -> int:
    """Upload wheel and archive to an index, as the publisher that the index trusts."""
    if not arguments or arguments[0] not in INDEXES:
        raise ReleaseTrouble(f"Name the index: {' or '.join(INDEXES)}")
    command = upload(INDEXES[arguments[0]], _built("-*.whl", ".tar.gz"))
    return _run(command, dry="--dry-run" in arguments)


def upload(index: Index, files: Sequence[Path]) -> list[str]:
    """Return the command that uploads ``files``; one that is there with this content is left.

    The forge vouches for who runs it, so there is no secret to keep:
    https://docs.pypi.org/trusted-publishers/
    """
    command = [*_UV, "publish", "--trusted-publishing", "always"]
    return [
        *(*command, "--publish-url", index.upload, "--check-url", index.listing),
        *map(str, files),
    ]


def page(arguments: list[str]) -> int:
    """Make the release's page on the forge, with the packages that nobody can get elsewhere."""
    if not arguments or arguments[0].startswith("-"):
        raise ReleaseTrouble("Name the tag")
    files = _built("-*.whl", ".tar.gz", "*.deb", "-setup.exe", "-*.cdx.json", "-licences-*.txt")
    command = ["gh", "release", "create", arguments[0], "--verify-tag", "--title", __version__]
    return _run([*command, "--notes", _notes(), *map(str, files)], dry="--dry-run" in arguments)


def _built(*patterns: str) -> list[Path]:
    """Return the files of this version in dist/; raises ReleaseTrouble for a kind that is not."""
    found = {
        pattern: sorted(DIST.glob(f"traymail[-_]{__version__}{pattern}")) for pattern in patterns
    }
    missing = [pattern for pattern, files in found.items() if not files]
    if missing:
        raise ReleaseTrouble(f"Not in dist/, and to be built first: {' '.join(missing)}")
    return [file for files in found.values() for file in files]


def _run(command: list[str], *, dry: bool) -> int:
    if dry:
        print(shlex.join(command))
        return 0
    try:
        return subprocess.call(command)
    except FileNotFoundError as error:
        raise ReleaseTrouble(f"Not here, and to be installed first: {command[0]}") from error


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "check": check,
    "notes": notes,
    "sbom": sbom,
    "licences": licences,
    "audit": audit,
    "publish": publish,
    "page": page,
}


def main(arguments: list[str]) -> int:
    """Run a command; return the exit status."""
    if not arguments or arguments[0] not in COMMANDS:
        bootstrap.say(USAGE)
        return 64
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except ReleaseTrouble as trouble:
        bootstrap.say(str(trouble))
        return 65


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
