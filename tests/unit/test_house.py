"""How the house is kept: counted in the sources themselves."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import traymail

PACKAGE = Path(traymail.__file__).parent
TESTS = Path(__file__).parents[1]
MOST_METHODS = 24
# A rule of a checker is set aside, and the line ends without a word about why.
SUPPRESSED = re.compile(
    r"# (?:noqa(?:: [A-Z0-9]++(?:, [A-Z0-9]++)*+)?+|type: ignore(?:\[[^]]*\])?+)(?! [#–-] \w)"
)
# What tests may exchange in traymail, and why no parameter does it.
EXCHANGED = {
    "Automation.status": "notes the thread that asks, by whatever way",
    "Folder.link": "stands for a file system without links, which a test cannot mount",
    "Outbox.accounts_with_work": "stands for a disk that is full for a moment",
    "Outbox.get": "stands for a disk that is full for a moment",
    "SettingsFile.reload": "stands for a fault that nobody foresaw, which is nowhere to be had",
    "KINDS": "a kind of account more",
    "traymail.cli.desktop.sys.platform": "stands for another system",
    "traymail.desktop.autostart.os": "stands for another system",
}
# Private names of libraries, which give no other way.
OF_LIBRARIES = {
    "_asdict",
    "_base_executable",
    "_current_frames",
    "_exit",
    "_hwnd",
    "_icon_handle",
}


def classes() -> Iterator[tuple[str, ast.ClassDef]]:
    """Yield every class, also those inside of functions and classes, with its module."""
    for file in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield module.removesuffix(".__init__"), node


def is_port(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).split("[")[0] == "Protocol" for base in node.bases)


def test_no_class_is_wide() -> None:
    wide = {}
    for module, node in classes():
        methods = sum(isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) for one in node.body)
        if methods > MOST_METHODS:
            wide[f"{module}.{node.name}"] = methods
    assert wide == {}


def test_no_two_modules_import_each_other() -> None:
    """Nor in a circle of several, also where one imports the other only when it is called."""
    all_of = modules()
    asked = {name: set(modules_asked(tree, all_of.keys())) for name, tree in all_of.items()}
    try:
        TopologicalSorter(asked).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def modules() -> dict[str, ast.Module]:
    """Return what stands in each module of traymail, by its dotted name."""
    return {
        ".".join(("traymail", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): ast.parse(path.read_text("utf-8"))
        for path in PACKAGE.rglob("*.py")
    }


def modules_asked(tree: ast.AST, known: Collection[str]) -> Iterator[str]:
    """Yield which of the known ones is imported, but for what only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name("TYPE_CHECKING"), orelse=rest):
                for one in rest:
                    yield from modules_asked(one, known)
            case ast.ImportFrom(module=str(module), names=names):
                for name in names:
                    inner = f"{module}.{name.name}"
                    yield inner if inner in known else module
            case _:
                yield from modules_asked(node, known)


def test_only_a_port_and_what_fills_it_have_one_name() -> None:
    named: dict[str, dict[str, ast.ClassDef]] = defaultdict(dict)
    for module, node in classes():
        if not node.name.startswith("_"):
            named[node.name][module] = node
    twice = {
        name: sorted(found)
        for name, found in named.items()
        if len(found) > 1 and (len(found) > 2 or sum(is_port(node) for node in found.values()) != 1)
    }
    assert twice == {}


def test_what_tests_set_is_a_parameter() -> None:
    exchanged: set[str] = set()
    for tree in trees():
        ours = set(imported(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and len(node.args) > 1:
                exchanged |= set(exchanged_by(node, ours))
    assert exchanged == EXCHANGED.keys()


def exchanged_by(call: ast.Call, ours: set[str]) -> Iterator[str]:
    """Yield what a call exchanges in traymail while a test runs."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in {"setattr", "setitem"}:
        return
    target, name = call.args[:2]
    words = target.value if isinstance(target, ast.Constant) else ast.unparse(target)
    if isinstance(words, str) and words.split(".")[0] in ours:
        item = call.func.attr == "setitem" or isinstance(target, ast.Constant)
        yield words if item else f"{words}.{ast.literal_eval(name)}"


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a test has from traymail."""
    yield "traymail"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "traymail":
            yield from (one.asname or one.name for one in node.names)


def test_tests_reach_into_nothing_private() -> None:
    reached = {
        node.attr
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.endswith("__")
        and ast.unparse(node.value) not in {"self", "cls", "super()"}
    }
    assert reached == OF_LIBRARIES


def test_every_suppression_gives_its_reason() -> None:
    unreasoned = [
        f"{file.name}:{number}: {line.strip()}"
        for folder in (PACKAGE, TESTS)
        for file in sorted(folder.rglob("*.py"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if SUPPRESSED.search(line)
    ]
    assert unreasoned == []


def trees() -> Iterator[ast.Module]:
    for file in sorted(TESTS.rglob("*.py")):
        yield ast.parse(file.read_text(encoding="utf-8"))
