"""How the house is kept: counted in the sources themselves."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import traymail

PACKAGE = Path(traymail.__file__).parent
TESTS = Path(__file__).parents[1]
MOST_METHODS = 24
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


def trees() -> Iterator[ast.Module]:
    for file in sorted(TESTS.rglob("*.py")):
        yield ast.parse(file.read_text(encoding="utf-8"))
