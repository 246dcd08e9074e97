"""How the house is kept: counted in the sources themselves."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import traymail

PACKAGE = Path(traymail.__file__).parent
MOST_METHODS = 24


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
