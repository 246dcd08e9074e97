"""What linters do not catch: encryption without checking, logins that are printed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import traymail

PACKAGE = Path(traymail.__file__).parent
FORBIDDEN = {
    "_create_unverified_context": "checks nothing",
    "_create_stdlib_context": "checks nothing",
    "CERT_NONE": "checks nothing",
    "CERT_OPTIONAL": "checks nothing",
    "set_debuglevel": "prints the credential",
    "smtplib": "logs in over plain text if asked; the senders speak for themselves",
    "PROTOCOL_TLS": "checks nothing",
    "PROTOCOL_TLS_CLIENT": "ssl.create_default_context is the only way to a client's context",
}
# Called on a context, or with one in hand.
NEEDS_CONTEXT = {"starttls", "SMTP_SSL", "HTTPSConnection", "urlopen"}


def findings(source: str) -> list[str]:
    found = ((node, _wrong_with(node)) for node in ast.walk(ast.parse(source)))
    return [f"{getattr(node, 'lineno', 0)}: {wrong}" for node, wrong in found if wrong]


def _wrong_with(node: ast.AST) -> str:
    wrong = ""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name) if name in FORBIDDEN:
            wrong = f"{name} {FORBIDDEN[name]}"
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            module = getattr(node, "module", None) or ""
            imported = {module, *(one.name for one in names)} & FORBIDDEN.keys()
            wrong = ", ".join(f"{name} {FORBIDDEN[name]}" for name in sorted(imported))
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in NEEDS_CONTEXT:
            if not any(word.arg in {"context", "ssl_context"} for word in node.keywords):
                wrong = f"{name} without a context"
        case ast.Call(func=ast.Attribute(attr="wrap_socket", value=ast.Name(id="ssl"))):
            wrong = "ssl.wrap_socket checks nothing"
        case ast.Call(func=ast.Attribute(attr="wrap_socket")):
            if not {word.arg for word in node.keywords} & {"server_hostname", "server_side"}:
                wrong = "wrap_socket without the server's name"
        case ast.Assign(targets=[ast.Attribute(attr="check_hostname" | "verify_mode")]):
            wrong = "the default is the right one"
        case _:
            pass
    return wrong


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_a_module_checks_certificates_and_prints_no_login(path: Path) -> None:
    assert findings(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "smtp.starttls()",
        "import smtplib",
        "from smtplib import SMTP",
        "from ssl import CERT_NONE",
        "context.verify_mode = ssl.CERT_NONE",
        "context.check_hostname = False",
        "ssl._create_unverified_context()",
        "ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)",
        "ssl.wrap_socket(sock)",
        "context.wrap_socket(sock)",
        "smtp.set_debuglevel(1)",
        "urlopen(url)",
    ],
)
def test_the_test_finds_what_it_looks_for(source: str) -> None:
    assert findings(source)


@pytest.mark.parametrize(
    "source",
    [
        "context.wrap_socket(sock, server_hostname=host)",
        "ssl.create_default_context()",
        "urlopen(url, context=context)",
    ],
)
def test_the_test_leaves_the_right_ways_alone(source: str) -> None:
    assert not findings(source)
