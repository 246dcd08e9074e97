"""What the documents for those who carry on name is there: files, modules, classes, functions."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "traymail"
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
_QUOTED = re.compile(r"`([^`\n]+)`")
_FILE = re.compile(r"[\w./-]+/[\w.-]*|[\w./-]+\.(?:py|md|toml)")
_DOTTED = re.compile(r"(?:traymail\.)?([a-z_]+(?:\.\w+)+)")
_ROOTS = {"traymail": ROOT, "tests": ROOT, "installer": ROOT, "docs": ROOT, "icons": ROOT}
_PACKAGES = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}


def _files(document: str) -> set[str]:
    words = {word for quoted in _QUOTED.findall(document) for word in quoted.split()}
    return {word for word in words if _FILE.fullmatch(word) and word.split("/")[0] in _ROOTS}


def _names(document: str) -> set[str]:
    found = {found[1] for one in _QUOTED.findall(document) if (found := _DOTTED.fullmatch(one))}
    return {name for name in found if name.split(".")[0] in _PACKAGES}


def _is_there(name: str) -> bool:
    """Tell whether a dotted name leads to a module, or to what one defines."""
    path, parts = PACKAGE, name.split(".")
    while parts and (path / parts[0]).is_dir():
        path /= parts.pop(0)
    if not parts:
        return True
    module = path / f"{parts[0]}.py"
    if not module.exists():
        return False
    defined = module.read_text("utf-8")
    return all(re.search(rf"\b(?:class|def) {one}\b|^{one}\b", defined, re.M) for one in parts[1:])


@pytest.mark.parametrize("file", sorted(_files(ARCHITECTURE) | _files(CONTRIBUTING)))
def test_files_are_there(file: str) -> None:
    assert (ROOT / file).exists()


@pytest.mark.parametrize("name", sorted(_names(ARCHITECTURE)))
def test_what_the_architecture_names_is_there(name: str) -> None:
    assert _is_there(name)


def test_a_name_that_is_nowhere_is_found_out() -> None:
    assert _is_there("watch.root.WatchRoot.scan")
    assert not _is_there("watch.root.WatchRoot.scanned")
    assert not _is_there("watch.roots")
    assert "tests/contract/test_senders.py" in _files(ARCHITECTURE)


def test_modules_of_the_rooms_are_there() -> None:
    rooms = ARCHITECTURE.split("```")[1]
    named = set(re.findall(r"[\w/]*\w+\.py\b", rooms))
    known = {path.name for path in [*ROOT.glob("*.py"), *PACKAGE.rglob("*.py")]}
    assert {name for name in named if name.rsplit("/")[-1] not in known} == set()
